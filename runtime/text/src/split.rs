//! Where a text is cut into words.
//!
//! The patterns are regular expressions in the files of tokenizers. None runs here: each that is known is a function,
//! with options where the known ones differ.

use crate::Tokenizer;
use crate::classes::Class;
use crate::format::{flags, isolate, splitter};
use crate::segment::Segment;

const ANY: usize = usize::MAX;

impl Tokenizer<'_> {
    /// The end of the part that starts at `start` and that words do not cross: digits or what is between them.
    pub(crate) fn part_end(&self, text: &Segment<'_>, start: usize) -> usize {
        let most = match self.header.isolate {
            isolate::NONE => return text.len(),
            isolate::EACH => 1,
            _ => ANY,
        };
        let mut end = self.run(text, start, Class::Number, most);
        if end > start {
            return end;
        }
        while let Some((class, next)) = self.class_at(text, end)
            && class != Class::Number
        {
            end = next;
        }
        end
    }

    /// The end of the word that starts at `start`; after it, where `start` is before the text's end.
    pub(crate) fn word_end(&self, text: &Segment<'_>, start: usize) -> usize {
        match self.header.splitter {
            splitter::SPACE_RUNS => self.end_before_space(text, start, true),
            splitter::SPACES => self.end_before_space(text, start, false),
            splitter::GPT2 => self.gpt2_word(text, start),
            splitter::CL100K => self.cl100k_word(text, start),
            _ => text.len(),
        }
    }

    fn end_before_space(&self, text: &Segment<'_>, start: usize, keep_runs: bool) -> usize {
        let marks = self.header.flags & flags::SPACE_MARKS != 0;
        let after = |place| match text.space(place, marks) {
            Some(bytes) => (true, bytes),
            None => (false, 1),
        };
        let (mut was_space, first) = after(start);
        let mut place = start.saturating_add(first);
        while place < text.len() {
            let (is_space, bytes) = after(place);
            if is_space && !(keep_runs && was_space) {
                return place;
            }
            was_space = is_space;
            place = place.saturating_add(bytes);
        }
        text.len()
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    fn gpt2_word(&self, text: &Segment<'_>, start: usize) -> usize {
        if let Some(end) = contraction(text, start, false) {
            return end;
        }
        let first = match text.byte(start) {
            Some(b' ') => start.saturating_add(1),
            _ => start,
        };
        match self.class_at(text, first) {
            Some((class, _)) if class != Class::Space => self.run(text, first, class, ANY),
            _ => self.white_space(text, start),
        }
    }

    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    /// and the same with `\p{N}` or `\p{N}+`.
    fn cl100k_word(&self, text: &Segment<'_>, start: usize) -> usize {
        if let Some(end) = contraction(text, start, true) {
            return end;
        }
        let Some((class, next)) = self.class_at(text, start) else {
            return text.len();
        };
        let is_newline = matches!(text.byte(start), Some(b'\r' | b'\n'));
        match class {
            Class::Letter => return self.run(text, next, Class::Letter, ANY),
            Class::Number => {
                let most = match self.header.digits {
                    0 => ANY,
                    digits => usize::from(digits),
                };
                return self.run(text, start, Class::Number, most);
            }
            _ if is_newline => {}
            _ => {
                let end = self.run(text, next, Class::Letter, ANY);
                if end > next {
                    return end;
                }
            }
        }
        let first = match text.byte(start) {
            Some(b' ') => next,
            _ => start,
        };
        let end = self.run(text, first, Class::Other, ANY);
        if end > first {
            return newlines(text, end);
        }
        let end = self.run(text, start, Class::Space, ANY);
        let last_newline = (start..end)
            .rev()
            .find(|&place| matches!(text.byte(place), Some(b'\r' | b'\n')));
        match last_newline {
            Some(place) => place.saturating_add(1),
            None => self.white_space(text, start),
        }
    }

    /// `\s+(?!\S)|\s+`: what follows white space keeps the last of several.
    fn white_space(&self, text: &Segment<'_>, start: usize) -> usize {
        let (mut last, mut end) = (start, start);
        while let Some((Class::Space, next)) = self.class_at(text, end) {
            (last, end) = (end, next);
        }
        match end >= text.len() || last == start {
            // Nothing is nothing of what is above: a word has a character at least.
            true => end.max(start.saturating_add(1)),
            false => last,
        }
    }
}

/// The end of an English ending after an apostrophe.
fn contraction(text: &Segment<'_>, start: usize, any_case: bool) -> Option<usize> {
    if text.byte(start)? != b'\'' {
        return None;
    }
    let letter = |offset: usize| {
        let byte = text.byte(start.saturating_add(offset))?;
        Some(if any_case {
            byte.to_ascii_lowercase()
        } else {
            byte
        })
    };
    let bytes = match (letter(1)?, letter(2)) {
        (b's' | b't' | b'm' | b'd', _) => 2,
        (b'r' | b'v', Some(b'e')) | (b'l', Some(b'l')) => 3,
        // U+017F, the long s, is an s of another case.
        (0xC5, Some(0xBF)) if any_case => 3,
        _ => return None,
    };
    Some(start.saturating_add(bytes))
}

fn newlines(text: &Segment<'_>, start: usize) -> usize {
    let mut end = start;
    while let Some(b'\r' | b'\n') = text.byte(end) {
        end = end.saturating_add(1);
    }
    end
}
