//! The tokenizer of stories260K.

use cadet_text::{Encoding, Ends, SpecialText, TextError};
use cadet_tokenizer::{Error, llama2c};

use crate::support::{self, Block, decode, encode};

#[test]
fn tok512_encodes_what_its_model_was_trained_on() {
    let Some(path) = support::data("stories260k/tok512.bin") else {
        return;
    };
    let block = Block::new(
        &llama2c(&std::fs::read(path).unwrap())
            .unwrap()
            .compile()
            .unwrap(),
    );
    let tokenizer = block.tokenizer();
    assert_eq!(tokenizer.token_count(), 512);
    assert_eq!((tokenizer.bos(), tokenizer.eos()), (Some(1), Some(2)));
    let text = "Once upon a time, there was a little girl named Lily.";
    let tokens = encode(&tokenizer, text.as_bytes(), Encoding::PROMPT).unwrap();
    let first = [1, 403, 407, 261, 378];
    assert_eq!(tokens[..5], first, "{tokens:?}");
    assert_eq!(decode(&tokenizer, &tokens), text);
    // Nothing but the token that begins a text.
    assert_eq!(encode(&tokenizer, b"", Encoding::PROMPT), Ok(vec![1]));
    // Bytes that are no UTF-8 have tokens of their own.
    let tokens = encode(&tokenizer, b"\xff\xc3", Encoding::PART).unwrap();
    assert_eq!(tokens[tokens.len() - 2..], [3 + 0xff, 3 + 0xc3]);
    assert_eq!(decode(&tokenizer, &tokens), "\u{fffd}\u{fffd}");
}

#[test]
fn names_of_control_tokens_are_text_unless_they_are_wanted() {
    let Some(path) = support::data("stories260k/tok512.bin") else {
        return;
    };
    let block = Block::new(
        &llama2c(&std::fs::read(path).unwrap())
            .unwrap()
            .compile()
            .unwrap(),
    );
    let tokenizer = block.tokenizer();
    let plain = encode(&tokenizer, b"</s>", Encoding::PART).unwrap();
    assert!(!plain.contains(&2));
    let wanted = Encoding {
        special_text: SpecialText::Tokens,
        ends: Ends::Bare,
    };
    assert_eq!(encode(&tokenizer, b"</s>", wanted), Ok(vec![2]));
}

#[test]
fn outputs_and_cells_that_are_too_few_are_told() {
    let Some(path) = support::data("stories260k/tok512.bin") else {
        return;
    };
    let block = Block::new(
        &llama2c(&std::fs::read(path).unwrap())
            .unwrap()
            .compile()
            .unwrap(),
    );
    let tokenizer = block.tokenizer();
    let text = b"Once upon a time";
    let whole = encode(&tokenizer, text, Encoding::PROMPT).unwrap();
    let mut cells = [cadet_text::Cell::EMPTY; 16];
    let mut tokens = [0; 3];
    assert_eq!(
        tokenizer.encode(text, Encoding::PROMPT, &mut cells, &mut tokens),
        Err(TextError::OutputTooSmall {
            needed: whole.len() as u32
        })
    );
    assert_eq!(tokens, whole[..3]);
    assert_eq!(
        tokenizer.encode(text, Encoding::PROMPT, &mut cells[..4], &mut tokens),
        Err(TextError::ScratchTooSmall { needed: 5 })
    );
    let token = 512;
    assert_eq!(tokenizer.piece(token), Err(TextError::BadToken { token }));
}

#[test]
fn files_that_are_cut_off_are_refused() {
    let Some(path) = support::data("stories260k/tok512.bin") else {
        return;
    };
    let file = std::fs::read(path).unwrap();
    for bytes in [0, 3, 9, 1000, file.len() - 1] {
        let refused = llama2c(&file[..bytes]);
        assert!(matches!(refused, Err(Error::Malformed { .. })), "{bytes}");
    }
}
