//! Tokenizers of llama2.c (`tokenizer.bin`, written by its `tokenizer.py`; the version of August 2023 and later).

use cadet_text::format::{flags, leading, prefix, special};

use crate::{Error, Model, Piece, Source};

const UNKNOWN: u32 = 0;
const BOS: u32 = 1;
const EOS: u32 = 2;
/// Tokens of bytes start here.
const BYTES: usize = 3;

/// Reads a `tokenizer.bin`: the longest piece's bytes, then score, length and bytes of each piece. Encoding is that of
/// its `run.c`: a space in front, a token for the bytes of what has none, the merge of the highest score first. It takes
/// any bytes.
///
/// # Errors
/// [`Error::Malformed`] where the file is cut off or lacks the tokens of bytes.
pub fn llama2c(file: &[u8]) -> Result<Source, Error> {
    let (_, mut rest) = word(file).ok_or_else(|| Error::malformed("start", "cut off"))?;
    let (mut pieces, mut scores) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        let (bytes, score, after) = row(rest)
            .ok_or_else(|| Error::malformed(format!("token {}", pieces.len()), "cut off"))?;
        pieces.push(piece(pieces.len(), bytes)?);
        scores.push(score);
        rest = after;
    }
    if pieces.len() < BYTES + 256 {
        return Err(Error::malformed("end", "fewer tokens than bytes"));
    }
    let mut source = Source::new(pieces, Model::Pieces(scores));
    source.byte_tokens = (BYTES as u32..).take(256).map(Some).collect();
    source.prefix = prefix::ALWAYS;
    source.leading = leading::ONE;
    source.flags = flags::ANY_BYTES;
    source.unknown = Some(UNKNOWN);
    source.bos = Some(BOS);
    source.eos = Some(EOS);
    source.before = vec![BOS];
    Ok(source)
}

fn word(bytes: &[u8]) -> Option<([u8; 4], &[u8])> {
    let (word, rest) = bytes.split_first_chunk()?;
    Some((*word, rest))
}

fn row(bytes: &[u8]) -> Option<(&[u8], f32, &[u8])> {
    let (score, rest) = word(bytes)?;
    let (length, rest) = word(rest)?;
    let length = usize::try_from(i32::from_le_bytes(length)).ok()?;
    let (piece, rest) = rest.split_at_checked(length)?;
    Some((piece, f32::from_le_bytes(score), rest))
}

fn piece(token: usize, bytes: &[u8]) -> Result<Piece, Error> {
    let control = |name: &[u8]| Piece {
        bytes: name.to_vec(),
        is_mergeable: false,
        special: special::CONTROL | special::MATCHED,
    };
    match token.checked_sub(BYTES) {
        // The file has line ends around the names of the second and third.
        None => Ok(control(bytes.trim_ascii())),
        Some(byte) if byte < 256 => {
            if bytes != format!("<0x{byte:02X}>").as_bytes() {
                let what = format!("not the token of byte {byte:#04x}");
                return Err(Error::malformed(format!("token {token}"), what));
            }
            Ok(Piece {
                bytes: vec![byte as u8],
                ..Piece::default()
            })
        }
        Some(_) => Ok(Piece {
            bytes: bytes.to_vec(),
            is_mergeable: true,
            special: 0,
        }),
    }
}
