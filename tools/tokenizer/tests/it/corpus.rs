//! The blocks of `runtime/text/corpus`, which every later reader reads: small tokenizers of every model, written here.
//!
//! `CADET_WRITE_CORPUS=1` writes them anew, for a new version of the format.

use std::path::Path;

use cadet_tokenizer::{Source, bytes, hugging_face, llama2c};
use serde_json::json;

#[test]
fn what_is_written_today_is_in_the_corpus() {
    let sources = [
        ("bytes", bytes(&["<bos>", "<eos>"])),
        ("pieces", pieces()),
        ("pairs", pairs()),
        ("characters", characters()),
    ];
    for (name, source) in sources {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../runtime/text/corpus")
            .join(format!("1.0-{name}.ctok"));
        let block = source.compile().unwrap();
        if std::env::var_os("CADET_WRITE_CORPUS").is_some_and(|value| value == "1") {
            std::fs::write(&path, &block).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap(), block, "{name}");
    }
}

const WORDS: &[&str] = &[
    "the", "th", "he", "at", "cat", "hat", "hats", "12", "123", "ß",
];

/// As llama2.c has them.
fn pieces() -> Source {
    let names = ["<unk>", "\n<s>\n", "\n</s>\n"].map(str::to_string);
    let bytes = (0..256).map(|byte| format!("<0x{byte:02X}>"));
    let spaced = WORDS.iter().map(|word| format!(" {word}"));
    let words = WORDS.iter().map(|word| word.to_string()).chain(spaced);
    let letters = (' '..='~').map(String::from);
    let all = names.into_iter().chain(bytes).chain(words).chain(letters);
    let mut file = 7_i32.to_le_bytes().to_vec();
    for (token, piece) in all
        .enumerate()
        .filter(|(_, piece)| piece != "ß" && piece != " ß")
    {
        // Scores that are not in the order of tokens.
        let score = -((token * 7 % 31) as f32);
        file.extend(score.to_le_bytes());
        file.extend((piece.len() as i32).to_le_bytes());
        file.extend(piece.as_bytes());
    }
    llama2c(&file).unwrap()
}

/// As Llama 3 has them: bytes, merged by a list, and special tokens with every trait.
fn pairs() -> Source {
    let mut vocabulary = serde_json::Map::new();
    // Bytes in the order of the alphabet of GPT-2.
    let printable = ('!'..='~')
        .chain('\u{a1}'..='\u{ac}')
        .chain('\u{ae}'..='\u{ff}');
    for letter in printable.chain('\u{100}'..='\u{143}') {
        vocabulary.insert(letter.to_string(), vocabulary.len().into());
    }
    let mut merges = Vec::new();
    let listed = [
        "t h", "th e", "a t", "h at", "c at", "hat s", "1 2", "12 3", "Ġ the", "' s", "Ċ Ċ",
    ];
    for merge in listed {
        vocabulary.insert(merge.replace(' ', ""), vocabulary.len().into());
        merges.push(merge);
    }
    vocabulary.insert("whole".to_string(), vocabulary.len().into());
    let count = vocabulary.len();
    let added = |offset: usize, name: &str, strip: bool, special: bool| json!({"id": count + offset, "content": name, "special": special, "lstrip": strip, "rstrip": strip});
    let expression = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    let tokenizer = json!({
        "added_tokens": [added(0, "<s>", false, true), added(1, "<mask>", true, true)],
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false},
        ]},
        "decoder": {"type": "ByteLevel"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
            "special_tokens": {"<s>": {"ids": [count]}}},
        "model": {"type": "BPE", "ignore_merges": true, "vocab": vocabulary, "merges": merges},
    });
    hugging_face(tokenizer.to_string().as_bytes()).unwrap()
}

/// As Llama 2 has them: characters, or bytes of those without a token.
fn characters() -> Source {
    let mut vocabulary = serde_json::Map::new();
    let bytes = (0..256).map(|byte| format!("<0x{byte:02X}>"));
    let letters = ('a'..='z')
        .chain(['ß', '\u{2581}', '1', '2', '3'])
        .map(String::from);
    let names = ["<unk>", "<s>"].map(str::to_string);
    for piece in names.into_iter().chain(bytes).chain(letters) {
        vocabulary.insert(piece, vocabulary.len().into());
    }
    let mut merges = Vec::new();
    for merge in [
        "t h",
        "th e",
        "a t",
        "h at",
        "c at",
        "\u{2581} the",
        "\u{2581} cat",
        "1 2",
        "\u{2581} \u{2581}",
    ] {
        vocabulary.insert(merge.replace(' ', ""), vocabulary.len().into());
        merges.push(merge);
    }
    let tokenizer = json!({
        "added_tokens": [{"id": 1, "content": "<s>", "special": true, "normalized": false}],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "\u{2581}"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "\u{2581}"},
        ]},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "\u{2581}"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ]},
        "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
            "vocab": vocabulary, "merges": merges},
    });
    hugging_face(tokenizer.to_string().as_bytes()).unwrap()
}
