//! Tokenizers of bytes: what goes in comes out.

use cadet_text::{Decoder, Encoding, Ends, SpecialText, Specials};
use cadet_tokenizer::bytes;
use proptest::prelude::*;

use crate::support::{Block, decode, encode};

#[test]
fn special_tokens_follow_the_bytes() {
    let block = Block::new(&bytes(&["<bos>", "<eos>"]).compile().unwrap());
    let tokenizer = block.tokenizer();
    let encoding = Encoding {
        special_text: SpecialText::Tokens,
        ends: Ends::Bare,
    };
    let tokens = encode(&tokenizer, b"<bos>a\xff<eos>", encoding);
    assert_eq!(tokens, Ok(vec![256, 97, 255, 257]));
    let mut text = [0; 64];
    let shown = tokenizer.decode(&[256, 97], Specials::Shown, &mut text);
    assert_eq!(shown, Ok("<bos>a"));
}

#[test]
fn characters_come_whole() {
    let block = Block::new(&bytes(&[]).compile().unwrap());
    let tokenizer = block.tokenizer();
    let mut decoder = Decoder::new(Specials::Skipped);
    let mut text = [0; 16];
    let parts: Vec<String> = "é€\u{1F600}!"
        .bytes()
        .map(|byte| {
            let part = decoder.push(&tokenizer, byte.into(), &mut text);
            part.unwrap().to_string()
        })
        .collect();
    assert_eq!(parts, ["", "é", "", "", "€", "", "", "", "\u{1F600}", "!"]);
    decoder.push(&tokenizer, 0xE2, &mut text).unwrap();
    // Too little room changes nothing.
    assert!(decoder.finish(&mut []).is_err());
    assert_eq!(decoder.finish(&mut text), Ok("\u{fffd}"));
}

proptest! {
    #[test]
    fn text_is_what_a_lossy_string_has(bytes_in in prop::collection::vec(any::<u8>(), 0..64)) {
        let block = Block::new(&bytes(&[]).compile().unwrap());
        let tokenizer = block.tokenizer();
        let tokens = encode(&tokenizer, &bytes_in, Encoding::PROMPT).unwrap();
        prop_assert_eq!(tokens.len(), bytes_in.len());
        prop_assert_eq!(decode(&tokenizer, &tokens), String::from_utf8_lossy(&bytes_in));
    }
}
