//! Models of SentencePiece (`.model`, its `sentencepiece_model.proto`; version 0.2).

use cadet_text::format::{flags, leading, prefix, special};

use crate::protobuf::{Value, fields};
use crate::{Error, Model, Piece, Source};

const BPE: u64 = 2;

/// What the model's file says besides its pieces, with the defaults of the format.
struct Settings {
    model_type: u64,
    is_byte_fallback: bool,
    is_suffix: bool,
    unknown: i32,
    bos: i32,
    eos: i32,
    pad: i32,
    unknown_surface: Vec<u8>,
    has_rules: bool,
    has_prefix: bool,
    is_squeezed: bool,
    is_escaped: bool,
}

/// Reads a model of type BPE whose normalisation is `identity`. Encoding is that of its `EncodeAsIds`, with the token that
/// begins a text in the template.
///
/// # Errors
/// [`Error::Unsupported`] for other types, rules of normalisation and white space as a suffix; [`Error::Malformed`] for
/// other files.
pub fn sentencepiece(file: &[u8]) -> Result<Source, Error> {
    let mut settings = Settings {
        model_type: 1,
        is_byte_fallback: false,
        is_suffix: false,
        unknown: 0,
        bos: 1,
        eos: 2,
        pad: -1,
        unknown_surface: " \u{2047} ".into(),
        has_rules: false,
        has_prefix: true,
        is_squeezed: true,
        is_escaped: true,
    };
    let mut rows = Vec::new();
    for field in fields(file) {
        let at = || format!("piece {}", rows.len());
        match field.ok_or_else(|| Error::malformed(at(), "not a model of SentencePiece"))? {
            (1, Value::Bytes(piece)) => {
                let row = row(piece).ok_or_else(|| Error::malformed(at(), "cut off"))?;
                rows.push(row);
            }
            (2, Value::Bytes(spec)) => settings
                .read_trainer(spec)
                .ok_or_else(|| Error::malformed("trainer_spec", "cut off"))?,
            (3, Value::Bytes(spec)) => settings
                .read_normalizer(spec)
                .ok_or_else(|| Error::malformed("normalizer_spec", "cut off"))?,
            (5, Value::Bytes(spec)) if has_rules(spec) => {
                let what = "rules of normalisation after decoding";
                return Err(Error::unsupported(
                    "denormalizer_spec",
                    what,
                    "train without them",
                ));
            }
            _ => {}
        }
    }
    settings.check()?;
    settings.source(&rows)
}

struct Row<'a> {
    text: &'a [u8],
    score: f32,
    kind: u64,
}

fn row(message: &[u8]) -> Option<Row<'_>> {
    let mut row = Row {
        text: b"",
        score: 0.0,
        kind: 1,
    };
    for field in fields(message) {
        match field? {
            (1, Value::Bytes(text)) => row.text = text,
            (2, Value::Float(score)) => row.score = score,
            (3, Value::Number(kind)) => row.kind = kind,
            _ => {}
        }
    }
    Some(row)
}

fn has_rules(spec: &[u8]) -> bool {
    fields(spec).any(|field| matches!(field, Some((2, Value::Bytes(rules))) if !rules.is_empty()))
}

impl Settings {
    fn read_trainer(&mut self, spec: &[u8]) -> Option<()> {
        for field in fields(spec) {
            match field? {
                (3, Value::Number(kind)) => self.model_type = kind,
                (24, Value::Number(value)) => self.is_suffix = value != 0,
                (35, Value::Number(value)) => self.is_byte_fallback = value != 0,
                (40, Value::Number(id)) => self.unknown = id as i32,
                (41, Value::Number(id)) => self.bos = id as i32,
                (42, Value::Number(id)) => self.eos = id as i32,
                (43, Value::Number(id)) => self.pad = id as i32,
                (44, Value::Bytes(surface)) => self.unknown_surface = surface.to_vec(),
                _ => {}
            }
        }
        Some(())
    }

    fn read_normalizer(&mut self, spec: &[u8]) -> Option<()> {
        self.has_rules = has_rules(spec);
        for field in fields(spec) {
            match field? {
                (3, Value::Number(value)) => self.has_prefix = value != 0,
                (4, Value::Number(value)) => self.is_squeezed = value != 0,
                (5, Value::Number(value)) => self.is_escaped = value != 0,
                _ => {}
            }
        }
        Some(())
    }

    fn check(&self) -> Result<(), Error> {
        let refuse = |is_refused, at: &str, what: &str, advice: &str| match is_refused {
            true => Err(Error::unsupported(at, what, advice)),
            false => Ok(()),
        };
        let train = "train with --normalization_rule_name=identity, and normalise texts before they are encoded";
        let at = "trainer_spec.model_type";
        refuse(
            self.model_type != BPE,
            at,
            "a model other than BPE",
            "train with --model_type=bpe",
        )?;
        let at = "normalizer_spec.precompiled_charsmap";
        refuse(self.has_rules, at, "normalisation by rules", train)?;
        let at = "normalizer_spec.escape_whitespaces";
        refuse(
            !self.is_escaped,
            at,
            "false",
            "train with spaces escaped, which is the default",
        )?;
        let at = "trainer_spec.treat_whitespace_as_suffix";
        refuse(
            self.is_suffix,
            at,
            "true",
            "train with spaces in front, which is the default",
        )
    }

    fn source(&self, rows: &[Row<'_>]) -> Result<Source, Error> {
        let mut byte_tokens = vec![None; 256];
        let (mut pieces, mut has_symbols) = (Vec::new(), false);
        for (token, row) in (0..).zip(rows) {
            let text = str::from_utf8(row.text)
                .map_err(|_| Error::malformed(format!("piece {token}"), "not UTF-8"))?;
            let piece = |bytes: &[u8], is_mergeable, special| Piece {
                bytes: bytes.to_vec(),
                is_mergeable,
                special,
            };
            let spaced = text.replace('\u{2581}', " ");
            pieces.push(match row.kind {
                1 => piece(spaced.as_bytes(), true, 0),
                2 => piece(&self.unknown_surface, false, 0),
                3 => piece(row.text, false, special::CONTROL | special::MATCHED),
                4 => {
                    has_symbols = true;
                    if spaced.contains(' ') {
                        let advice = "train with symbols that have none";
                        let what = "a symbol of the user's with a space";
                        return Err(Error::unsupported(format!("piece {token}"), what, advice));
                    }
                    piece(spaced.as_bytes(), false, special::MATCHED)
                }
                6 => {
                    let byte = byte_of(text).ok_or_else(|| {
                        Error::malformed(format!("piece {token}"), format!("`{text}` is no byte"))
                    })?;
                    byte_tokens[usize::from(byte)] = Some(token);
                    piece(&[byte], false, 0)
                }
                _ => {
                    let advice = "remove it from the model's file";
                    return Err(Error::unsupported(
                        format!("piece {token}"),
                        "an unused piece",
                        advice,
                    ));
                }
            });
        }
        if has_symbols && self.is_squeezed {
            let what = "both symbols of the user's and spaces left out";
            let advice = "train with --remove_extra_whitespaces=false";
            return Err(Error::unsupported(
                "normalizer_spec.remove_extra_whitespaces",
                what,
                advice,
            ));
        }
        let count = pieces.len();
        let scores = rows.iter().map(|row| row.score).collect();
        let mut source = Source::new(pieces, Model::Pieces(scores));
        let token = |id: i32| u32::try_from(id).ok().filter(|&id| (id as usize) < count);
        source.unknown = token(self.unknown);
        source.bos = token(self.bos);
        source.eos = token(self.eos);
        source.pad = token(self.pad);
        source.before = source.bos.into_iter().collect();
        if self.is_byte_fallback {
            source.byte_tokens = byte_tokens;
        }
        source.flags = flags::FUSE_UNKNOWN | flags::SPACE_MARKS;
        if self.is_squeezed {
            source.flags |= flags::SQUEEZE;
        }
        source.prefix = match (self.has_prefix, has_symbols) {
            (false, _) => prefix::NONE,
            (true, false) => prefix::ALWAYS,
            // Symbols are text: what follows them is not the start of one.
            (true, true) => prefix::FIRST,
        };
        source.leading = match (self.is_squeezed, self.has_prefix) {
            (true, _) => leading::ALL,
            (false, true) => leading::ONE,
            (false, false) => leading::KEPT,
        };
        Ok(source)
    }
}

/// The byte of a token's name, as in `<0x0A>`.
pub(crate) fn byte_of(name: &str) -> Option<u8> {
    let digits = name.strip_prefix("<0x")?.strip_suffix('>')?;
    match digits.len() {
        2 => u8::from_str_radix(digits, 16).ok(),
        _ => None,
    }
}
