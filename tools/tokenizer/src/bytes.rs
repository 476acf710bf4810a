use cadet_text::format::{flags, special, unit};

use crate::{Model, Piece, Source};

/// A tokenizer of bytes: tokens 0 to 255 are bytes, those after them special, with these names. It takes any bytes.
pub fn bytes(specials: &[&str]) -> Source {
    let bytes = (0..=255).map(|byte| Piece {
        bytes: vec![byte],
        ..Piece::default()
    });
    let named = specials.iter().map(|name| Piece {
        bytes: name.as_bytes().to_vec(),
        special: special::CONTROL | special::MATCHED,
        ..Piece::default()
    });
    let mut source = Source::new(bytes.chain(named).collect(), Model::Bytes);
    source.unit = unit::BYTE;
    source.byte_tokens = (0..256).map(Some).collect();
    source.flags = flags::ANY_BYTES;
    source
}
