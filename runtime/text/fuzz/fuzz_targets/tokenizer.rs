#![no_main]

#[path = "../../tests/exercise/mod.rs"]
mod exercise;

use cadet_text::Tokenizer;
use exercise::exercise;
use libfuzzer_sys::fuzz_target;

#[repr(align(4))]
struct Aligned([u8; 16 * 1024]);

// A block, a text, and the length of the text in the last byte.
fuzz_target!(|bytes: &[u8]| {
    let Some((&length, bytes)) = bytes.split_last() else {
        return;
    };
    let (block, text) = bytes.split_at(bytes.len().saturating_sub(length.into()));
    let mut aligned = Box::new(Aligned([0; 16 * 1024]));
    let Some(place) = aligned.0.get_mut(..block.len()) else {
        return;
    };
    place.copy_from_slice(block);
    if let Ok(tokenizer) = Tokenizer::new(place) {
        exercise(&tokenizer, text);
    }
});
