//! Text, part by part.

use cadet_language::{
    Ended, Generation, Language, LanguageError, Limits, Model, Sampler, Sampling, Writer,
};
use cadet_text::Tokenizer;
use proptest::prelude::*;

use crate::toy::Toy;

#[repr(align(4))]
struct Aligned<T: ?Sized>(T);

/// Bytes are the tokens from 3 on, 2 ends a text, and there are pieces of several bytes.
static PIECES: &Aligned<[u8]> = &Aligned(*include_bytes!("../../../text/corpus/1.0-pieces.ctok"));
const EOS: u32 = 2;
const BYTES: u32 = 3;
const CAT: u32 = 263;
const THE: u32 = 268;

fn tokenizer() -> Tokenizer<'static> {
    Tokenizer::new(&PIECES.0).unwrap()
}

fn bytes(text: &str) -> Vec<u32> {
    text.bytes().map(|byte| BYTES + u32::from(byte)).collect()
}

/// The parts of what a model writes that is to write these tokens.
fn write(script: &[u32], stops: &[&str], context: usize) -> (Vec<String>, Option<Ended>) {
    let mut language = Language::new(Toy::new(400, context, 4).writing(1, script));
    language.feed(&[1]).unwrap();
    let mut sampler = Sampler::new(Sampling::GREEDY, 0, &mut [], &mut []).unwrap();
    let limits = Limits {
        max_tokens: script.len() as u32,
        end_tokens: &[],
    };
    let generation = Generation::new(&mut language, &mut sampler, limits);
    let mut writer = Writer::new(generation, tokenizer(), stops).unwrap();
    let mut buffer = vec![0; writer.part_bytes()];
    let mut parts = Vec::new();
    while let Some(part) = writer.next_text(&mut buffer).unwrap() {
        parts.push(part.to_string());
    }
    assert_eq!(writer.next_text(&mut buffer), Ok(None));
    (parts, writer.ended())
}

#[test]
fn text_ends_where_the_tokenizer_says() {
    let script = [THE, CAT, EOS, CAT];
    let (parts, ended) = write(&script, &[], 64);
    assert_eq!(parts, [" the", "cat"]);
    assert_eq!(ended, Some(Ended::EndToken));
}

#[test]
fn text_ends_with_the_context() {
    let (parts, ended) = write(&[CAT; 9], &[], 4);
    assert_eq!(parts.concat(), "catcatcatcat");
    assert_eq!(ended, Some(Ended::ContextFull));
}

#[test]
fn characters_come_whole() {
    let (parts, ended) = write(&bytes("aß𝄞"), &[], 64);
    assert_eq!(parts, ["a", "", "ß", "", "", "", "𝄞"]);
    assert_eq!(ended, Some(Ended::MaxTokens));
    // What is never completed is told at the end.
    let (parts, _) = write(&bytes("aß𝄞")[..5], &[], 64);
    assert_eq!(parts, ["a", "", "ß", "", "", "\u{fffd}"]);
}

#[test]
fn stop_strings_end_across_tokens() {
    let (parts, ended) = write(&[CAT, THE, CAT, CAT], &["hec"], 64);
    assert_eq!(parts, ["cat", " t", ""]);
    assert_eq!(ended, Some(Ended::StopString));
    // What only looked like one is given after all, at the end too.
    let (parts, ended) = write(&[CAT, THE, THE, CAT], &["hec!", "at."], 64);
    assert_eq!(parts, ["c", "at t", "he t", "hec", "at"]);
    assert_eq!(ended, Some(Ended::MaxTokens));
    // Within one token, of more than one byte a character, and the first to be complete.
    let (parts, _) = write(&[CAT, CAT], &["at"], 64);
    assert_eq!(parts, ["c"]);
    let (parts, _) = write(&bytes("naïß!"), &["ß"], 64);
    assert_eq!(parts.concat(), "naï");
    let (parts, _) = write(&bytes("xabcd"), &["abcde", "bc"], 64);
    assert_eq!(parts.concat(), "xa");
    // Half a character at the end is U+FFFD, which may be a part of one.
    let (parts, ended) = write(&bytes("aß")[..2], &["a\u{fffd}"], 64);
    assert_eq!(parts.concat(), "");
    assert_eq!(ended, Some(Ended::StopString));
}

proptest! {
    /// Against a search in the whole text, with tokens that cut characters.
    #[test]
    fn stop_strings_are_found_as_in_the_whole(
        text in "[abß]{0,20}",
        stops in prop::collection::vec("[abß]{1,4}", 0..4),
    ) {
        let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
        let (parts, ended) = write(&bytes(&text), &stops, 64);
        // The stop string that is complete first; of those, the longest.
        let ends = (0..=text.len()).filter(|&end| text.is_char_boundary(end));
        let found = ends.flat_map(|end| stops.iter().map(move |stop| (end, stop)));
        let mut found = found.filter(|(end, stop)| text[..*end].ends_with(**stop));
        let first = found.next();
        let same_end = found.filter(|it| Some(it.0) == first.map(|it| it.0));
        let longest = first.into_iter().chain(same_end).max_by_key(|it| it.1.len());
        let (wanted, why) = match longest {
            Some((end, stop)) => (&text[..end - stop.len()], Ended::StopString),
            None => (text.as_str(), Ended::MaxTokens),
        };
        prop_assert_eq!(parts.concat(), wanted);
        prop_assert_eq!(ended, Some(why));
    }
}

#[test]
fn what_the_tokenizer_lacks_is_not_written() {
    let lacking = 372 + 5;
    let (parts, ended) = write(&[CAT, lacking, CAT], &[], 64);
    assert_eq!(parts.len(), 3);
    assert_eq!(ended, Some(Ended::MaxTokens));
}

#[test]
fn small_buffers_and_empty_stops_are_refused() {
    let mut language = Language::new(Toy::new(400, 64, 4).writing(1, &[CAT, CAT]));
    language.feed(&[1]).unwrap();
    let mut sampler = Sampler::new(Sampling::GREEDY, 0, &mut [], &mut []).unwrap();
    let limits = Limits {
        max_tokens: 2,
        end_tokens: &[],
    };
    let generation = Generation::new(&mut language, &mut sampler, limits);
    let error = Writer::new(generation, tokenizer(), &["x", ""]).err();
    assert_eq!(error, Some(LanguageError::EmptyStop));

    let generation = Generation::new(&mut language, &mut sampler, limits);
    let mut writer = Writer::new(generation, tokenizer(), &["atc", "x"]).unwrap();
    let mut buffer = [0; 64];
    let needed = writer.part_bytes();
    let small = writer.next_text(&mut buffer[..needed - 1]);
    let error = LanguageError::OutputTooSmall {
        needed: needed as u32,
    };
    assert_eq!(small, Err(error));
    assert_eq!(writer.next_text(&mut buffer[..needed]), Ok(Some("c")));
}

#[test]
fn parts_are_owned_and_not_empty() {
    let mut language = Language::new(Toy::new(400, 64, 4).writing(1, &bytes("aßb")));
    language.feed(&[1]).unwrap();
    let mut sampler = Sampler::new(Sampling::GREEDY, 0, &mut [], &mut []).unwrap();
    let limits = Limits {
        max_tokens: 4,
        end_tokens: &[],
    };
    let generation = Generation::new(&mut language, &mut sampler, limits);
    let mut writer = Writer::new(generation, tokenizer(), &[]).unwrap();
    let parts: Result<Vec<_>, _> = writer.parts::<64>().collect();
    assert_eq!(parts.unwrap(), ["a", "ß", "b"]);
    assert_eq!(writer.ended(), Some(Ended::MaxTokens));

    assert!(language.model().passes[0] > 0 && language.model().vocab() == 400);
    let generation = Generation::new(&mut language, &mut sampler, limits);
    let mut writer = Writer::new(generation, tokenizer(), &[]).unwrap();
    let mut parts = writer.parts::<64>();
    // The first text took the logits.
    assert_eq!(parts.next(), Some(Err(LanguageError::NoLogits)));
    assert_eq!(parts.next(), None);
}
