//! What a device cannot do the same is refused, with its place and what to do.

use cadet_tokenizer::{Error, hugging_face, llama2c, sentencepiece};
use serde_json::{Value, json};

/// A tokenizer of bytes that is accepted, with one value changed.
fn changed(pointer: &str, value: Value) -> Value {
    let mut tokenizer = json!({
        "added_tokens": [{"id": 2, "content": "<s>", "special": true, "single_word": false}],
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
        "post_processor": null,
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "dropout": null, "vocab": {"a": 0, "b": 1}, "merges": []},
    });
    *tokenizer.pointer_mut(pointer).unwrap() = value;
    tokenizer
}

#[test]
fn what_is_not_supported_is_told_with_its_place() {
    let cases = [
        ("/model/type", json!("Unigram"), "model.type"),
        ("/model/dropout", json!(0.1), "model.dropout"),
        ("/normalizer", json!({"type": "Lowercase"}), "normalizer"),
        (
            "/normalizer",
            json!({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFKC"}]}),
            "normalizer.normalizers[1]",
        ),
        (
            "/pre_tokenizer",
            json!({"type": "Whitespace"}),
            "pre_tokenizer",
        ),
        (
            "/pre_tokenizer",
            json!({"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": "[a-z]+"}, "behavior": "Isolated", "invert": false}]}),
            "pre_tokenizer.pretokenizers[0].pattern",
        ),
        ("/decoder", json!({"type": "WordPiece"}), "decoder"),
        (
            "/post_processor",
            json!({"type": "Other"}),
            "post_processor",
        ),
        (
            "/added_tokens/0/single_word",
            json!(true),
            "added_tokens[0].single_word",
        ),
    ];
    for (pointer, value, place) in cases {
        let file = changed(pointer, value).to_string();
        match hugging_face(file.as_bytes()) {
            Err(Error::Unsupported { at, what, advice }) => {
                assert_eq!(at, place);
                assert!(!what.is_empty() && !advice.is_empty());
            }
            other => panic!("{pointer}: {other:?}"),
        }
    }
    assert!(hugging_face(changed("/normalizer", Value::Null).to_string().as_bytes()).is_ok());
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let cases = [
        ("/model/vocab", json!({"a": -1}), "model.vocab.a"),
        ("/model/vocab", json!({"a": 0, "b": 0}), "model.vocab"),
        ("/model/merges", json!(["a c"]), "model.merges[0]"),
        ("/model/merges", json!([["a"]]), "model.merges[0]"),
        ("/added_tokens/0/id", json!(9), "added_tokens[0].id"),
        ("/added_tokens/0/id", json!(1), "added_tokens[0].content"),
        ("/model", json!(7), "model.vocab"),
    ];
    for (pointer, value, place) in cases {
        let file = changed(pointer, value).to_string();
        match hugging_face(file.as_bytes()) {
            Err(Error::Malformed { at, .. }) => assert_eq!(at, place),
            other => panic!("{pointer}: {other:?}"),
        }
    }
}

#[test]
fn merges_make_tokens() {
    let file = changed("/model/merges", json!(["a b"])).to_string();
    let refused = hugging_face(file.as_bytes()).unwrap().compile();
    assert_eq!(
        refused.unwrap_err().to_string(),
        "merge 0: what it makes is no token"
    );
}

#[test]
fn other_files_are_refused() {
    for file in [
        b"".as_slice(),
        b"{",
        b"\x0a",
        b"\x0a\xff\xff\xff\xff\x0f",
        b"[]",
        b"1234",
    ] {
        assert!(hugging_face(file).is_err());
        assert!(sentencepiece(file).is_err());
        assert!(llama2c(file).is_err());
    }
}
