//! Normalization form C on the device, against the crate `unicode-normalization`.

use std::sync::LazyLock;

use cadet_text::{Encoding, TextError};
use cadet_tokenizer::bytes;
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use crate::support::{Block, encode};

/// A tokenizer of bytes that wants form C.
static COMPILED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut source = bytes(&[]);
    source.flags = cadet_text::format::flags::NFC;
    source.compile().unwrap()
});
static BLOCK: LazyLock<Block> = LazyLock::new(|| Block::new(&COMPILED));

fn normal(text: &str) -> Result<String, TextError> {
    let mut out = [0; 256];
    let normal = BLOCK.tokenizer().normalize(text.as_bytes(), &mut out)?;
    Ok(normal.to_string())
}

#[test]
fn every_character_is_normalised() {
    let tokenizer = BLOCK.tokenizer();
    // Beyond are a few variation selectors, and nothing else that is assigned.
    for character in '\0'..='\u{32000}' {
        // Alone, behind a letter that marks compose with, and before one.
        for text in [character.to_string(), format!("A{character}\u{301}a")] {
            let wanted: String = text.nfc().collect();
            assert_eq!(normal(&text).as_ref(), Ok(&wanted), "{character:?}");
            let tokens = tokenizer.encode(text.as_bytes(), Encoding::PART, &mut [], &mut [0; 32]);
            let is_refused = matches!(tokens, Err(TextError::NeedsNormalization { .. }));
            assert_eq!(is_refused, text != wanted, "{character:?}");
        }
    }
}

#[test]
fn what_is_refused_is_told_with_its_place() {
    let at = |text: &str| encode(&BLOCK.tokenizer(), text.as_bytes(), Encoding::PART);
    assert_eq!(
        at("abe\u{301}"),
        Err(TextError::NeedsNormalization { at: 2 })
    );
    let marks = format!("a{}", "\u{323}".repeat(40));
    assert!(matches!(at(&marks), Err(TextError::TooManyMarks { .. })));
    let mut few = [0; 2];
    let needed = BLOCK
        .tokenizer()
        .normalize("e\u{301}e".as_bytes(), &mut few);
    assert_eq!(needed, Err(TextError::OutputTooSmall { needed: 3 }));
}

proptest! {
    #[test]
    fn texts_are_normalised(text in "[aeoA\u{300}-\u{345}\u{1100}-\u{1175}\u{11a8}-\u{11c2}가각\u{9c7}\u{9be}\u{9d7}\u{93c}\u{915}Åẹ\u{1e69}\u{5d0}-\u{5ea}\u{5b0}-\u{5c2}]{0,24}") {
            prop_assert_eq!(normal(&text), Ok(text.nfc().collect()));
    }

    #[test]
    fn damaged_tables_do_no_harm(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        text in "[aeo\u{300}-\u{345}\u{1100}-\u{1175}\u{11a8}-\u{11c2}가Å\u{5b0}-\u{5c2}]{0,24}",
    ) {
        let mut bytes = COMPILED.clone();
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let mut words = vec![0_u32; bytes.len() / 4];
        bytemuck::cast_slice_mut(&mut words).copy_from_slice(&bytes);
        if let Ok(tokenizer) = cadet_text::Tokenizer::new(bytemuck::cast_slice(&words)) {
            let _ = tokenizer.normalize(text.as_bytes(), &mut [0; 64]);
            let _ = encode(&tokenizer, text.as_bytes(), Encoding::PROMPT);
        }
    }
}
