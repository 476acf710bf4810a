//! Reads the models of llama2.c, version 0 of its format (its `export.py`, `legacy_export`).
//!
//! Seven little-endian i32 (dim, hidden, layers, heads, kv heads, vocab, context; a negative vocab means a
//! head of its own), then f32: the embedding, each kind of weight for all layers in turn, the last norm, two
//! tables of rotary angles, which are calculated anew here, and the head. Pairs are interleaved, theta is
//! 10,000 and epsilon 1e-5, as in its `run.c`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::tensors::{EMBEDDING, HEAD, NORM, of_layer};
use crate::{DecoderConfig, DecoderError, DecoderWeights, Family, Pairing, Rope};

const HEADER_INTS: usize = 7;
/// First word of versions 1 and 2.
const LATER_MAGIC: i32 = i32::from_be_bytes(*b"ak42");
/// Tokens of the SentencePiece vocabularies that these models have.
const BOS: u32 = 1;
const EOS: u32 = 2;

/// Reads the file at `path`.
///
/// *Errors*: `Io`, `Damaged`, `Unsupported` for later versions of the format.
///
/// *Memory*: twice the file.
pub fn read(path: &Path) -> Result<DecoderWeights, DecoderError> {
    let bytes = std::fs::read(path).map_err(|source| DecoderError::Io {
        action: "read",
        path: path.into(),
        source,
    })?;
    parse(path, &bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<DecoderWeights, DecoderError> {
    let (words, rest) = bytes.as_chunks::<4>();
    let Some((header, mut floats)) = words.split_first_chunk::<HEADER_INTS>() else {
        let reason = format!("{} bytes are too few for llama2.c's header", bytes.len());
        return Err(DecoderError::damaged(path, reason));
    };
    let header = header.map(i32::from_le_bytes);
    if header[0] == LATER_MAGIC {
        return Err(DecoderError::Unsupported {
            path: path.into(),
            what: format!("version {} of llama2.c's format", header[1]),
            remedy: "export the model with its `--version 0`, or as a Hugging Face folder",
        });
    }
    let config = config(header);
    config
        .check()
        .map_err(|error| DecoderError::damaged(path, error.to_string()))?;
    if config.query_len() != config.dim {
        let reason = format!(
            "dim is {}, and must be a multiple of heads, {}",
            config.dim, config.heads
        );
        return Err(DecoderError::damaged(path, reason));
    }
    // Two tables of `[context, head_size / 2]`.
    let tables = config.context as u128 * config.head_size as u128;
    let wanted = config.parameters() + tables;
    if !rest.is_empty() || floats.len() as u128 != wanted {
        return Err(DecoderError::damaged(
            path,
            format!(
                "its header {header:?} asks for {wanted} floats, and {} bytes follow",
                4 * floats.len() + rest.len()
            ),
        ));
    }
    let mut take = |count: usize| -> Vec<f32> {
        let (taken, left) = floats.split_at(count);
        floats = left;
        taken.iter().map(|&word| f32::from_le_bytes(word)).collect()
    };
    let (dim, hidden) = (config.dim, config.hidden);
    let mut tensors = BTreeMap::new();
    tensors.insert(EMBEDDING.to_string(), take(config.vocab * dim));
    for (name, len) in [
        ("input_layernorm.weight", dim),
        ("self_attn.q_proj.weight", dim * config.query_len()),
        ("self_attn.k_proj.weight", dim * config.kv_len()),
        ("self_attn.v_proj.weight", dim * config.kv_len()),
        ("self_attn.o_proj.weight", dim * config.query_len()),
        ("post_attention_layernorm.weight", dim),
        ("mlp.gate_proj.weight", dim * hidden),
        ("mlp.down_proj.weight", dim * hidden),
        ("mlp.up_proj.weight", dim * hidden),
    ] {
        for layer in 0..config.layers {
            tensors.insert(of_layer(layer, name), take(len));
        }
    }
    tensors.insert(NORM.to_string(), take(dim));
    if !config.is_tied {
        take(config.context * config.head_size);
        tensors.insert(HEAD.to_string(), take(config.vocab * dim));
    }
    DecoderWeights::new(config, tensors)
}

fn config(header: [i32; HEADER_INTS]) -> DecoderConfig {
    let is_tied = header[5] > 0;
    // What is negative becomes 0, which `check` refuses.
    let size = |value: i32| usize::try_from(value).unwrap_or(0);
    let [dim, hidden, layers, heads, kv_heads, _, context] = header.map(size);
    DecoderConfig {
        family: Family::Llama,
        dim,
        layers,
        heads,
        kv_heads,
        head_size: dim.checked_div(heads).unwrap_or(0),
        hidden,
        vocab: header[5].unsigned_abs() as usize,
        context,
        rope: Rope {
            theta: 10_000.0,
            pairing: Pairing::Interleaved,
            scaling: None,
        },
        rms_epsilon: 1e-5,
        is_tied,
        bos: Some(BOS),
        eos: vec![EOS],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A model of one layer whose floats count up from 0.
    fn file(vocab: i32) -> Vec<u8> {
        let mut bytes: Vec<u8> = [2, 3, 1, 1, 1, vocab, 1]
            .iter()
            .flat_map(|value: &i32| value.to_le_bytes())
            .collect();
        let embeddings = 3 * 2;
        let head = if vocab < 0 { embeddings } else { 0 };
        let floats = embeddings + 2 + 4 * 4 + 2 + 3 * 6 + 2 + 2 + head;
        bytes.extend((0..floats).flat_map(|value| (value as f32).to_le_bytes()));
        bytes
    }

    fn parsed(bytes: &[u8]) -> Result<DecoderWeights, DecoderError> {
        parse(Path::new("model.bin"), bytes)
    }

    #[test]
    fn tensors_lie_where_the_format_says() {
        let tied = parsed(&file(3)).unwrap();
        assert!(tied.config().is_tied);
        let first = |name: &str| tied.tensor(name).map(|values| values[0]);
        assert_eq!(first("model.layers.0.input_layernorm.weight"), Some(6.0));
        assert_eq!(first("model.layers.0.mlp.down_proj.weight"), Some(32.0));
        assert_eq!(first("model.layers.0.mlp.up_proj.weight"), Some(38.0));
        assert_eq!(tied.tensor("model.norm.weight"), Some(&[44.0, 45.0][..]));
        let untied = parsed(&file(-3)).unwrap();
        assert_eq!(untied.tensor("lm_head.weight").unwrap()[0], 48.0);
    }

    #[test]
    fn says_what_is_wrong() {
        let reason = |bytes: &[u8]| parsed(bytes).unwrap_err().to_string();
        assert!(reason(&[0; 27]).contains("too few"));
        assert!(reason(&[0; 28]).contains("model.bin: decoder configuration: dim is 0"));
        let mut uneven = file(3);
        (uneven[0], uneven[12]) = (5, 2);
        assert!(reason(&uneven).contains("dim is 5, and must be a multiple of heads, 2"));
        assert!(reason(&file(3)[..60]).contains("asks for 48 floats, and 32 bytes follow"));
        let mut later = file(3);
        later[..8].copy_from_slice(b"24ka\x01\0\0\0");
        assert!(reason(&later).contains("version 1 of llama2.c's format"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            header in prop::array::uniform7(prop_oneof![1..4_i32, any::<i32>()]),
            floats in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            let mut bytes: Vec<u8> = header.iter().flat_map(|value| value.to_le_bytes()).collect();
            bytes.extend(floats);
            if let Ok(weights) = parsed(&bytes) {
                prop_assert!(weights.config().parameters() < 150);
            }
        }
    }
}
