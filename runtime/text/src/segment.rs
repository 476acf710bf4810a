use core::ops::Range;

use crate::format::SPACE_MARK;

/// A part of a text between special tokens, with or without a space in front that the text does not have. Places are
/// bytes from that space on.
#[derive(Clone, Copy)]
pub(crate) struct Segment<'t> {
    text: &'t [u8],
    prefix: &'static [u8],
}

/// A character: its bytes are those of the text, right UTF-8 or not.
#[derive(Clone, Copy)]
pub(crate) struct Character {
    /// Its code, where the bytes are UTF-8.
    pub(crate) code: u32,
    pub(crate) bytes: usize,
}

impl<'t> Segment<'t> {
    pub(crate) fn new(text: &'t [u8], is_prefixed: bool) -> Segment<'t> {
        let prefix: &[u8] = if is_prefixed { b" " } else { b"" };
        Segment { text, prefix }
    }

    pub(crate) fn len(&self) -> usize {
        self.prefix.len().saturating_add(self.text.len())
    }

    /// The first `end` bytes.
    pub(crate) fn until(&self, end: usize) -> Segment<'t> {
        let text = self.text.get(..end.saturating_sub(self.prefix.len()));
        Segment {
            text: text.unwrap_or(self.text),
            prefix: self.prefix,
        }
    }

    /// The place in the text of a place here.
    pub(crate) fn in_text(&self, place: usize) -> usize {
        place.saturating_sub(self.prefix.len())
    }

    pub(crate) fn byte(&self, place: usize) -> Option<u8> {
        match self.prefix.get(place) {
            Some(&byte) => Some(byte),
            None => self.text.get(self.in_text(place)).copied(),
        }
    }

    /// The bytes of a range: those of the space in front, and those of the text.
    pub(crate) fn parts(&self, range: Range<usize>) -> [&'t [u8]; 2] {
        let prefix = self.prefix.len();
        let front = range.start.min(prefix)..range.end.min(prefix);
        let text = self.in_text(range.start)..self.in_text(range.end);
        [
            self.prefix.get(front).unwrap_or_default(),
            self.text.get(text).unwrap_or_default(),
        ]
    }

    /// The character at a place: a byte and the continuation bytes after it, four bytes at most, which is how llama2.c
    /// cuts text that is not UTF-8 too.
    pub(crate) fn character(&self, place: usize) -> Option<Character> {
        let first = u32::from(self.byte(place)?);
        if first < 0x80 && self.continuation(place.saturating_add(1)).is_none() {
            return Some(Character {
                code: first,
                bytes: 1,
            });
        }
        let mut bytes = 1;
        let mut code = 0;
        while bytes < 4 {
            let Some(bits) = self.continuation(place.saturating_add(bytes)) else {
                break;
            };
            code = code << 6 | bits;
            bytes += 1;
        }
        let lead = match bytes {
            1 => first,
            2 => (first & 0x1f) << 6,
            3 => (first & 0x0f) << 12,
            _ => (first & 0x07) << 18,
        };
        Some(Character {
            code: code | lead,
            bytes,
        })
    }

    fn continuation(&self, place: usize) -> Option<u32> {
        let byte = self.byte(place).filter(|byte| byte & 0xc0 == 0x80)?;
        Some(u32::from(byte & 0x3f))
    }

    /// Whether a space is at a place, and its bytes; U+2581 is one where `marks` says so.
    pub(crate) fn space(&self, place: usize, marks: bool) -> Option<usize> {
        let is_mark = || {
            let end = place.checked_add(SPACE_MARK.len());
            let text = end.and_then(|end| self.text.get(self.in_text(place)..self.in_text(end)));
            text == Some(SPACE_MARK.as_slice())
        };
        match self.byte(place)? {
            b' ' => Some(1),
            0xE2 if marks && is_mark() => Some(SPACE_MARK.len()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_those_of_the_text() {
        let text = "aß€𝄞 ▁é\u{10ffff}";
        for is_prefixed in [false, true] {
            let segment = Segment::new(text.as_bytes(), is_prefixed);
            let mut place = usize::from(is_prefixed);
            for wanted in text.chars() {
                let found = segment.character(place).unwrap();
                assert_eq!(
                    (found.code, found.bytes),
                    (wanted as u32, wanted.len_utf8())
                );
                place += found.bytes;
            }
            assert_eq!(place, segment.len());
            assert!(segment.character(place).is_none());
        }
    }

    #[test]
    fn what_is_no_utf8_is_cut_after_four_bytes() {
        let segment = Segment::new(&[0x80, 0x80, 0x80, 0x80, 0x80, b'a', 0xff], false);
        let lengths = [0, 4, 5, 6].map(|place| segment.character(place).unwrap().bytes);
        assert_eq!(lengths, [4, 1, 1, 1]);
    }

    #[test]
    fn a_range_is_cut_at_the_space_in_front() {
        let segment = Segment::new(b"abc", true);
        assert_eq!(segment.parts(0..2), [b" ".as_slice(), b"a"]);
        assert_eq!(segment.parts(1..4), [b"".as_slice(), b"abc"]);
        assert_eq!(segment.until(3).len(), 3);
        assert_eq!(segment.byte(0), Some(b' '));
    }
}
