//! The reader against every block of the corpus, whole, cut off and damaged.

mod exercise;

use std::fs;
use std::path::Path;

use cadet_text::{Cell, Encoding, Specials, TextError, Tokenizer, scratch_cells};
use exercise::exercise;
use proptest::prelude::*;

/// Bytes at a multiple of four.
#[repr(align(4))]
struct Aligned([u8; 32 * 1024]);

fn with_aligned<T>(bytes: &[u8], f: impl FnOnce(&[u8]) -> T) -> T {
    let mut aligned = Box::new(Aligned([0; 32 * 1024]));
    aligned.0[..bytes.len()].copy_from_slice(bytes);
    f(&aligned.0[..bytes.len()])
}

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut blocks: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect();
    blocks.sort();
    assert!(!blocks.is_empty(), "the corpus is empty");
    blocks
}

/// The tokens of a text, and its text again.
fn there_and_back(tokenizer: &Tokenizer<'_>, text: &[u8]) -> Result<String, TextError> {
    let mut cells = vec![Cell::EMPTY; scratch_cells(text.len())];
    let mut tokens = vec![0; text.len() + 3];
    let count = tokenizer.encode(text, Encoding::PROMPT, &mut cells, &mut tokens)?;
    let mut out = vec![0; 3 * text.len() + 3];
    let text = tokenizer.decode(&tokens[..count], Specials::Skipped, &mut out)?;
    Ok(text.to_string())
}

#[test]
fn every_block_of_the_corpus_gives_texts_back() {
    for (name, bytes) in corpus() {
        with_aligned(&bytes, |bytes| {
            let tokenizer = Tokenizer::new(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(tokenizer.header().length as usize, bytes.len());
            for text in [
                "",
                " ",
                "a",
                "the cat's 12345 hats \n\n  x",
                "ß€𝄞 \u{e000}",
                "<s>",
            ] {
                let found = there_and_back(&tokenizer, text.as_bytes());
                assert_eq!(found.as_deref(), Ok(text), "{name}");
            }
        });
    }
}

#[test]
fn what_is_cut_off_or_misplaced_is_refused() {
    for (_, bytes) in corpus() {
        for length in (0..bytes.len()).step_by(7) {
            with_aligned(&bytes[..length], |bytes| {
                assert_eq!(Tokenizer::new(bytes).err(), Some(TextError::Truncated));
            });
        }
        let moved = [&[0], bytes.as_slice()].concat();
        with_aligned(&moved, |moved| {
            assert_eq!(
                Tokenizer::new(&moved[1..]).err(),
                Some(TextError::Misaligned)
            );
        });
        let followed = [bytes.as_slice(), &[0xFF; 9]].concat();
        with_aligned(&followed, |followed| {
            assert!(Tokenizer::new(followed).is_ok());
        });
    }
}

#[test]
fn another_version_is_refused() {
    for (_, mut bytes) in corpus() {
        bytes[4] += 1;
        let refused = with_aligned(&bytes, |bytes| Tokenizer::new(bytes).err());
        assert_eq!(refused, Some(TextError::UnsupportedVersion));
        bytes[0] += 1;
        let refused = with_aligned(&bytes, |bytes| Tokenizer::new(bytes).err());
        assert_eq!(refused, Some(TextError::BadMagic));
    }
}

proptest! {
    #[test]
    fn damage_is_refused_or_harmless(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        in_header in any::<bool>(),
        text in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut blocks = corpus();
        let (_, mut bytes) = blocks.swap_remove(which.index(blocks.len()));
        for (place, value) in damage {
            let end = if in_header { 172 } else { bytes.len() };
            let place = place.index(end);
            bytes[place] = value;
        }
        with_aligned(&bytes, |bytes| {
            if let Ok(tokenizer) = Tokenizer::new(bytes) {
                exercise(&tokenizer, &text);
                exercise(&tokenizer, b"the cat's 12345 hats");
            }
        });
    }

    #[test]
    fn any_bytes_are_no_tokenizer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        with_aligned(&bytes, |bytes| assert!(Tokenizer::new(bytes).is_err()));
    }

    #[test]
    fn texts_come_back(text in "\\PC*|[a-t '0-9\n]{0,40}") {
        // Spaces are what some write as U+2581.
        prop_assume!(!text.contains('\u{2581}'));
        for (_, bytes) in corpus() {
            let found = with_aligned(&bytes, |bytes| {
                there_and_back(&Tokenizer::new(bytes).unwrap(), text.as_bytes())
            });
            prop_assert_eq!(found.as_deref(), Ok(text.as_str()));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_told_or_tokens(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let valid = std::str::from_utf8(&bytes);
        for (_, block) in corpus() {
            let found = with_aligned(&block, |block| {
                there_and_back(&Tokenizer::new(block).unwrap(), &bytes)
            });
            match (found, valid) {
                (Err(error), Err(reason)) => {
                    let at = reason.valid_up_to() as u32;
                    prop_assert_eq!(error, TextError::InvalidUtf8 { at });
                }
                (found, _) => prop_assert_eq!(found.unwrap(), String::from_utf8_lossy(&bytes)),
            }
        }
    }
}
