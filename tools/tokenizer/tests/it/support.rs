//! What the integration tests share.

use std::path::{Path, PathBuf};
use std::process::Command;

use cadet_text::{Cell, Encoding, Specials, TextError, Tokenizer, scratch_cells};

/// A file of the test data; `None`, with a message, where it is missing.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CADET_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {} (set CADET_DATA)", path.display());
    None
}

/// Python with `tokenizers` and `sentencepiece`; `None`, with a message, where there is none.
pub(crate) fn python() -> Option<PathBuf> {
    let python = std::env::var_os("CADET_PYTHON").unwrap_or_else(|| "python3".into());
    let check = ["-c", "import tokenizers, sentencepiece"];
    let found = Command::new(&python).args(check).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python.into());
    }
    let is_required = std::env::var_os("CADET_REQUIRE_PYTHON").is_some_and(|value| value == "1");
    let message = format!("{python:?} has no tokenizers and sentencepiece (set CADET_PYTHON)");
    assert!(!is_required, "{message}");
    println!("skipped: {message}");
    None
}

/// A block at an address that is a multiple of four, as flash and maps are.
pub(crate) struct Block(Vec<u32>);

impl Block {
    pub(crate) fn new(bytes: &[u8]) -> Block {
        assert!(bytes.len().is_multiple_of(4));
        let mut words = vec![0; bytes.len() / 4];
        bytemuck::cast_slice_mut(&mut words).copy_from_slice(bytes);
        Block(words)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len() * 4
    }

    pub(crate) fn tokenizer(&self) -> Tokenizer<'_> {
        Tokenizer::new(bytemuck::cast_slice(&self.0)).unwrap()
    }
}

pub(crate) fn encode(
    tokenizer: &Tokenizer<'_>,
    text: &[u8],
    encoding: Encoding,
) -> Result<Vec<u32>, TextError> {
    let mut cells = vec![Cell::EMPTY; scratch_cells(text.len())];
    let mut tokens = vec![0; 4 * text.len() + 8];
    let count = tokenizer.encode(text, encoding, &mut cells, &mut tokens)?;
    tokens.truncate(count);
    Ok(tokens)
}

pub(crate) fn decode(tokenizer: &Tokenizer<'_>, tokens: &[u32]) -> String {
    let mut text = vec![0; (tokens.len() + 1) * tokenizer.push_bytes()];
    let text = tokenizer.decode(tokens, Specials::Skipped, &mut text);
    text.unwrap().to_string()
}
