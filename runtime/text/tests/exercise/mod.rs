//! Calls everything that a tokenizer has.

use cadet_text::{Cell, Decoder, Encoding, Ends, SpecialText, Specials, Tokenizer};

/// Encodes a text in every way, and decodes its tokens and others.
pub(crate) fn exercise(tokenizer: &Tokenizer<'_>, text: &[u8]) {
    let mut cells = [Cell::EMPTY; 256];
    let mut tokens = [0; 256];
    let mut out = vec![0; tokenizer.push_bytes()];
    for special_text in [SpecialText::Plain, SpecialText::Tokens] {
        for ends in [Ends::Template, Ends::Bare] {
            let encoding = Encoding { special_text, ends };
            let count = tokenizer.encode(text, encoding, &mut cells, &mut tokens);
            for specials in [Specials::Skipped, Specials::Shown] {
                let mut decoder = Decoder::new(specials);
                for &token in &tokens[..count.unwrap_or(3)] {
                    decoder.push(tokenizer, token, &mut out).unwrap();
                }
                decoder.finish(&mut out).unwrap();
            }
        }
    }
    let mut normal = vec![0; 3 * text.len()];
    let _ = tokenizer.normalize(text, &mut normal);
    let few = &mut cells[..3];
    let _ = tokenizer.encode(text, Encoding::PROMPT, few, &mut tokens[..2]);
    for token in [0, 1, 255, tokenizer.token_count() - 1] {
        let mut decoder = Decoder::within(Specials::Shown);
        let known = tokenizer.piece(token).is_ok();
        assert_eq!(decoder.push(tokenizer, token, &mut out).is_ok(), known);
    }
    let beyond = tokenizer.token_count();
    assert!(tokenizer.piece(beyond).is_err());
    let ends = [
        tokenizer.bos(),
        tokenizer.eos(),
        tokenizer.pad(),
        tokenizer.unknown(),
    ];
    assert!(ends.into_iter().flatten().all(|token| token < beyond));
}
