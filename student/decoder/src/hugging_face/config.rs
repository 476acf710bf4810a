//! `config.json`, with the keys that transformers' classes for these models have.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{DecoderConfig, DecoderError, Family, Llama3Scaling, Pairing, Rope};

/// The keys that are read, and those of them that are written.
#[derive(Serialize, Deserialize)]
pub(super) struct ConfigFile {
    #[serde(default)]
    architectures: Vec<String>,
    model_type: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_key_value_heads: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_dim: Option<usize>,
    vocab_size: usize,
    max_position_embeddings: usize,
    rms_norm_eps: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rope_theta: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rope_scaling: Option<RopeKeys>,
    /// Where newer files have both theta and scaling.
    #[serde(skip_serializing_if = "Option::is_none")]
    rope_parameters: Option<RopeKeys>,
    #[serde(default)]
    tie_word_embeddings: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    bos_token_id: Option<TokenIds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eos_token_id: Option<TokenIds>,
    #[serde(flatten)]
    must_be: MustBe,
}

/// Keys that have one value in the models that are supported, or none.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct MustBe {
    hidden_act: Option<String>,
    attention_bias: bool,
    mlp_bias: bool,
    use_sliding_window: bool,
    #[serde(skip_serializing)]
    layer_types: Vec<String>,
    #[serde(skip_serializing)]
    partial_rotary_factor: Option<f64>,
    #[serde(skip_serializing)]
    quantization_config: Option<Value>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct RopeKeys {
    #[serde(alias = "type", skip_serializing_if = "Option::is_none")]
    rope_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rope_theta: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial_rotary_factor: Option<f64>,
    factor: f64,
    low_freq_factor: f64,
    high_freq_factor: f64,
    original_max_position_embeddings: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum TokenIds {
    One(u32),
    Many(Vec<u32>),
}

impl TokenIds {
    fn into_vec(self) -> Vec<u32> {
        match self {
            TokenIds::One(token) => vec![token],
            TokenIds::Many(tokens) => tokens,
        }
    }
}

/// The type alone, since other models have other keys.
#[derive(Deserialize)]
struct Kind {
    model_type: String,
}

/// The configuration in the bytes of the file at `path`.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<DecoderConfig, DecoderError> {
    let damaged = |error: serde_json::Error| DecoderError::damaged(path, error.to_string());
    let kind: Kind = serde_json::from_slice(bytes).map_err(damaged)?;
    let families = [Family::Llama, Family::Qwen2, Family::Qwen3];
    let family = families
        .into_iter()
        .find(|family| family.model_type() == kind.model_type)
        .ok_or_else(|| DecoderError::Unsupported {
            path: path.into(),
            what: format!("model_type `{}`", kind.model_type),
            remedy: "choose a model of type llama, qwen2 or qwen3",
        })?;
    let file: ConfigFile = serde_json::from_slice(bytes).map_err(damaged)?;
    file.into_config(path, family)
}

impl ConfigFile {
    pub(super) fn new(config: &DecoderConfig) -> Self {
        let scaling = config.rope.scaling.as_ref();
        let class = match config.family {
            Family::Llama => "LlamaForCausalLM",
            Family::Qwen2 => "Qwen2ForCausalLM",
            Family::Qwen3 => "Qwen3ForCausalLM",
        };
        let eos = match config.eos[..] {
            [] => None,
            [token] => Some(TokenIds::One(token)),
            _ => Some(TokenIds::Many(config.eos.clone())),
        };
        ConfigFile {
            architectures: vec![class.into()],
            model_type: config.family.model_type().into(),
            hidden_size: config.dim,
            intermediate_size: config.hidden,
            num_hidden_layers: config.layers,
            num_attention_heads: config.heads,
            num_key_value_heads: Some(config.kv_heads),
            head_dim: Some(config.head_size),
            vocab_size: config.vocab,
            max_position_embeddings: config.context,
            rms_norm_eps: config.rms_epsilon,
            rope_theta: Some(config.rope.theta),
            rope_scaling: scaling.map(|scaling| RopeKeys {
                rope_type: Some("llama3".into()),
                factor: scaling.factor,
                low_freq_factor: scaling.low_frequency_factor,
                high_freq_factor: scaling.high_frequency_factor,
                original_max_position_embeddings: scaling.original_context,
                ..RopeKeys::default()
            }),
            rope_parameters: None,
            tie_word_embeddings: config.is_tied,
            bos_token_id: config.bos.map(TokenIds::One),
            eos_token_id: eos,
            must_be: MustBe {
                hidden_act: Some("silu".into()),
                ..MustBe::default()
            },
        }
    }

    fn into_config(self, path: &Path, family: Family) -> Result<DecoderConfig, DecoderError> {
        let newer = self.rope_parameters.unwrap_or_default();
        let older = self.rope_scaling.unwrap_or_default();
        let mut unsupported = self.must_be.unsupported();
        for part in [older.partial_rotary_factor, newer.partial_rotary_factor] {
            unsupported.extend(part_of_head(part));
        }
        let theta = newer.rope_theta.or(self.rope_theta).or(older.rope_theta);
        let scaling = match newer.rope_type.is_some() {
            true => newer,
            false => older,
        };
        let scaling = match scaling.rope_type.as_deref() {
            None | Some("default") => None,
            Some("llama3") => Some(Llama3Scaling {
                factor: scaling.factor,
                low_frequency_factor: scaling.low_freq_factor,
                high_frequency_factor: scaling.high_freq_factor,
                original_context: scaling.original_max_position_embeddings,
            }),
            Some(other) => {
                unsupported.push(format!("rope_type `{other}`"));
                None
            }
        };
        if !unsupported.is_empty() {
            return Err(DecoderError::Unsupported {
                path: path.into(),
                what: unsupported.join(", "),
                remedy: "choose a model without",
            });
        }
        let heads = self.num_attention_heads;
        let config = DecoderConfig {
            family,
            dim: self.hidden_size,
            layers: self.num_hidden_layers,
            heads,
            kv_heads: self.num_key_value_heads.unwrap_or(heads),
            head_size: match (self.head_dim, family) {
                (Some(size), _) => size,
                (None, Family::Qwen3) => QWEN3_HEAD_SIZE,
                (None, _) => self.hidden_size.checked_div(heads).unwrap_or(0),
            },
            hidden: self.intermediate_size,
            vocab: self.vocab_size,
            context: self.max_position_embeddings,
            rope: Rope {
                theta: theta.unwrap_or(10_000.0),
                pairing: Pairing::Halves,
                scaling,
            },
            rms_epsilon: self.rms_norm_eps,
            is_tied: self.tie_word_embeddings,
            bos: self
                .bos_token_id
                .and_then(|ids| ids.into_vec().first().copied()),
            eos: self.eos_token_id.map_or(Vec::new(), TokenIds::into_vec),
        };
        config
            .check()
            .map_err(|error| DecoderError::damaged(path, error.to_string()))?;
        Ok(config)
    }
}

/// What Qwen3's class takes where a file does not say.
const QWEN3_HEAD_SIZE: usize = 128;

impl MustBe {
    fn unsupported(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(function) = self.hidden_act.as_ref().filter(|name| *name != "silu") {
            found.push(format!("hidden_act `{function}`"));
        }
        for (key, is_set) in [
            ("attention_bias", self.attention_bias),
            ("mlp_bias", self.mlp_bias),
            ("use_sliding_window", self.use_sliding_window),
            ("quantization_config", self.quantization_config.is_some()),
        ] {
            if is_set {
                found.push(key.to_string());
            }
        }
        let mut layers = self.layer_types.iter();
        if let Some(kind) = layers.find(|kind| *kind != "full_attention") {
            found.push(format!("layer type `{kind}`"));
        }
        found.extend(part_of_head(self.partial_rotary_factor));
        found
    }
}

/// A rotation of a part of each head.
fn part_of_head(factor: Option<f64>) -> Option<String> {
    let factor = factor.filter(|factor| *factor != 1.0)?;
    Some(format!("partial_rotary_factor {factor}"))
}
