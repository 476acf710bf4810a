//! A decoder as ONNX, in the form with past keys and values that ONNX Runtime and Optimum run.

mod layer;

use cadet_onnx::{Dim, ElementType, GraphBuilder};

use crate::tensors::{EMBEDDING, HEAD, NORM};
use crate::{DecoderConfig, DecoderError, DecoderWeights};

/// First version of the standard operators with `Attention`, `RotaryEmbedding` and `RMSNormalization`.
const OPSET_VERSION: i64 = 23;
/// The version of the file format that came with them (ONNX 1.18).
const IR_VERSION: i64 = 11;
/// Most bytes of constants; the rest of the message's 2 GiB is for nodes and names.
const MAX_CONSTANT_BYTES: u128 = (1 << 31) - (16 << 20);

const BATCH: &str = "batch_size";
const SEQUENCE: &str = "sequence_length";
const PAST: &str = "past_sequence_length";
const TOTAL: &str = "total_sequence_length";

/// The bytes of the ONNX file.
///
/// *Shapes*: inputs `input_ids` and `position_ids` i64 `[batch_size, sequence_length]`, `attention_mask`
/// i64 `[batch_size, total_sequence_length]` (0 hides a position), `past_key_values.{i}.key` and `.value`
/// f32 `[batch_size, kv_heads, past_sequence_length, head_size]`; outputs `logits` f32
/// `[batch_size, sequence_length, vocab]`, `present.{i}.key` and `.value` f32
/// `[batch_size, kv_heads, total_sequence_length, head_size]`. Matrices are constants `[in, out]`; a tied
/// embedding is one constant, with a `Transpose` for the logits.
///
/// *Errors*: `TooLarge` from 2 GiB on.
///
/// *Memory*: twice the file, beside the weights.
///
/// *Reference*: ONNX operators, version 23.
pub fn export(weights: &DecoderWeights) -> Result<Vec<u8>, DecoderError> {
    let config = weights.config();
    let tables = config.context as u128 * config.head_size as u128;
    let bytes = 4 * (config.parameters() + tables);
    if bytes > MAX_CONSTANT_BYTES {
        return Err(DecoderError::TooLarge { bytes });
    }
    let graph = GraphBuilder::with_versions("decoder", IR_VERSION, OPSET_VERSION);
    let mut exporter = Exporter { weights, graph };
    exporter.add_inputs();
    exporter.add_rotary_tables();
    exporter.add_mask();
    let mut hidden = exporter.add_embedding();
    for layer in 0..config.layers {
        hidden = exporter.add_layer(layer, &hidden);
    }
    exporter.add_head(&hidden);
    exporter.add_outputs();
    exporter.add_metadata();
    Ok(exporter.graph.encode())
}

/// A graph that grows from its inputs. A node of one output gives the name of its value, which is the
/// node's with `/output`.
struct Exporter<'a> {
    weights: &'a DecoderWeights,
    graph: GraphBuilder,
}

/// Cosines and sines of the positions, and which keys count.
const COS: &str = "model.rotary_emb.cos";
const SIN: &str = "model.rotary_emb.sin";
const MASK: &str = "/model/attention_mask/output";

impl Exporter<'_> {
    fn config(&self) -> &DecoderConfig {
        self.weights.config()
    }

    fn add_inputs(&mut self) {
        let past = self.cache_shape(PAST);
        let ids = [BATCH, SEQUENCE];
        self.graph
            .input("input_ids", ElementType::I64, ids)
            .input("attention_mask", ElementType::I64, [BATCH, TOTAL])
            .input("position_ids", ElementType::I64, ids);
        for layer in 0..self.config().layers {
            for part in ["key", "value"] {
                let name = format!("past_key_values.{layer}.{part}");
                self.graph.input(&name, ElementType::F32, past.clone());
            }
        }
    }

    fn add_outputs(&mut self) {
        let present = self.cache_shape(TOTAL);
        let logits: [Dim; 3] = [BATCH.into(), SEQUENCE.into(), self.config().vocab.into()];
        self.graph.output("logits", ElementType::F32, logits);
        for layer in 0..self.config().layers {
            for part in ["key", "value"] {
                let name = format!("present.{layer}.{part}");
                self.graph.output(&name, ElementType::F32, present.clone());
            }
        }
    }

    fn cache_shape(&self, positions: &str) -> [Dim; 4] {
        let config = self.config();
        let (kv_heads, head_size) = (config.kv_heads.into(), config.head_size.into());
        [BATCH.into(), kv_heads, positions.into(), head_size]
    }

    fn add_rotary_tables(&mut self) {
        let config = self.weights.config();
        let tables = config.rope.tables(config.context, config.head_size);
        let shape = [config.context, config.head_size / 2];
        self.graph.constant_f32(COS, &shape, &tables.cos);
        self.graph.constant_f32(SIN, &shape, &tables.sin);
    }

    /// `attention_mask` as booleans `[batch_size, 1, sequence_length, total_sequence_length]`: ONNX Runtime
    /// does not broadcast over queries.
    fn add_mask(&mut self) {
        let path = "/model/attention_mask";
        let cast = format!("{path}/cast");
        let is_seen = output_of(&cast);
        self.graph
            .node("Cast", &cast, &["attention_mask"], &[&is_seen])
            .attribute("to", ElementType::Bool as i64);
        self.graph.constant_i64("mask_axes", &[2], &[1, 2]);
        let of_keys = format!("{path}/unsqueeze");
        let of_keys = self.add_node("Unsqueeze", &of_keys, &[&is_seen, "mask_axes"]);

        let shape = format!("{path}/shape");
        let queries = output_of(&shape);
        self.graph
            .node("Shape", &shape, &["input_ids"], &[&queries])
            .attribute("start", 1)
            .attribute("end", 2);
        self.graph.constant_i64("mask_outer", &[2], &[1, 1]);
        self.graph.constant_i64("mask_inner", &[1], &[1]);
        let concat = format!("{path}/concat");
        let inputs = ["mask_outer", queries.as_str(), "mask_inner"];
        let shape = output_of(&concat);
        self.graph
            .node("Concat", &concat, &inputs, &[&shape])
            .attribute("axis", 0);
        self.graph
            .node("Expand", path, &[&of_keys, &shape], &[MASK]);
    }

    fn add_embedding(&mut self) -> String {
        let (vocab, dim) = (self.config().vocab, self.config().dim);
        let values = self.weights.tensor(EMBEDDING).unwrap_or_default();
        self.graph.constant_f32(EMBEDDING, &[vocab, dim], values);
        self.add_node("Gather", "/model/embed_tokens", &[EMBEDDING, "input_ids"])
    }

    fn add_head(&mut self, hidden: &str) {
        let normed = self.add_norm("/model/norm", NORM, hidden);
        let (vocab, dim) = (self.config().vocab, self.config().dim);
        let matrix = if self.config().is_tied {
            let name = "/lm_head/transpose";
            let output = output_of(name);
            self.graph
                .node("Transpose", name, &[EMBEDDING], &[&output])
                .attribute("perm", [1, 0]);
            output
        } else {
            let values = self.weights.tensor(HEAD).unwrap_or_default();
            self.graph
                .constant_f32_transposed(HEAD, [vocab, dim], values);
            HEAD.to_string()
        };
        self.graph
            .node("MatMul", "/lm_head", &[&normed, &matrix], &["logits"]);
    }

    fn add_metadata(&mut self) {
        let config = self.weights.config();
        let tokens = |tokens: &[u32]| {
            let texts: Vec<String> = tokens.iter().map(u32::to_string).collect();
            texts.join(",")
        };
        let eos = tokens(&config.eos);
        let bos = tokens(config.bos.as_slice());
        for (key, value) in [
            ("producer", concat!("cadet ", env!("CARGO_PKG_VERSION"))),
            ("model_type", config.family.model_type()),
            ("context_length", &config.context.to_string()),
            ("bos_token_id", &bos),
            ("eos_token_id", &eos),
        ] {
            if !value.is_empty() {
                self.graph.metadata(&format!("cadet.decoder.{key}"), value);
            }
        }
    }

    fn add_node(&mut self, op_type: &str, name: &str, inputs: &[&str]) -> String {
        let output = output_of(name);
        self.graph.node(op_type, name, inputs, &[&output]);
        output
    }

    /// `x / sqrt(mean(x^2) + epsilon) * weight` over the last axis.
    fn add_norm(&mut self, name: &str, weight: &str, input: &str) -> String {
        let values = self.weights.tensor(weight).unwrap_or_default();
        self.graph.constant_f32(weight, &[values.len()], values);
        let output = output_of(name);
        let epsilon = self.config().rms_epsilon as f32;
        self.graph
            .node("RMSNormalization", name, &[input, weight], &[&output])
            .attribute("axis", -1)
            .attribute("epsilon", epsilon);
        output
    }
}

fn output_of(node: &str) -> String {
    format!("{node}/output")
}
