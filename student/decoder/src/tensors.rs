use crate::{DecoderConfig, Family};

/// Name and shape of a tensor of weights. Names are those of Hugging Face's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// Such as `model.layers.0.self_attn.q_proj.weight`.
    pub name: String,
    /// Such as `[out, in]`.
    pub shape: Vec<usize>,
}

impl TensorSpec {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

pub(crate) const EMBEDDING: &str = "model.embed_tokens.weight";
pub(crate) const NORM: &str = "model.norm.weight";
pub(crate) const HEAD: &str = "lm_head.weight";

/// Name of a tensor of a layer, such as `mlp.up_proj.weight`.
pub(crate) fn of_layer(layer: usize, name: &str) -> String {
    format!("model.layers.{layer}.{name}")
}

impl DecoderConfig {
    /// Every tensor, in the order in which it is used. Matrices are `[out, in]`.
    pub fn tensors(&self) -> impl Iterator<Item = TensorSpec> {
        let whole = |name: &str, shape: &[usize]| TensorSpec {
            name: name.into(),
            shape: shape.into(),
        };
        let embedding = whole(EMBEDDING, &[self.vocab, self.dim]);
        let norm = whole(NORM, &[self.dim]);
        let head = (!self.is_tied).then(|| whole(HEAD, &[self.vocab, self.dim]));
        let layers = (0..self.layers).flat_map(|layer| {
            let named = move |(name, shape)| TensorSpec {
                name: of_layer(layer, name),
                shape,
            };
            self.layer_tensors().into_iter().map(named)
        });
        let first = std::iter::once(embedding);
        first.chain(layers).chain([norm]).chain(head)
    }

    fn layer_tensors(&self) -> Vec<(&'static str, Vec<usize>)> {
        let (dim, hidden) = (self.dim, self.hidden);
        let (queries, keys) = (self.query_len(), self.kv_len());
        let mut tensors = vec![
            ("input_layernorm.weight", vec![dim]),
            ("self_attn.q_proj.weight", vec![queries, dim]),
            ("self_attn.k_proj.weight", vec![keys, dim]),
            ("self_attn.v_proj.weight", vec![keys, dim]),
        ];
        match self.family {
            Family::Llama => {}
            Family::Qwen2 => tensors.extend([
                ("self_attn.q_proj.bias", vec![queries]),
                ("self_attn.k_proj.bias", vec![keys]),
                ("self_attn.v_proj.bias", vec![keys]),
            ]),
            Family::Qwen3 => tensors.extend([
                ("self_attn.q_norm.weight", vec![self.head_size]),
                ("self_attn.k_norm.weight", vec![self.head_size]),
            ]),
        }
        tensors.extend([
            ("self_attn.o_proj.weight", vec![dim, queries]),
            ("post_attention_layernorm.weight", vec![dim]),
            ("mlp.gate_proj.weight", vec![hidden, dim]),
            ("mlp.up_proj.weight", vec![hidden, dim]),
            ("mlp.down_proj.weight", vec![dim, hidden]),
        ]);
        tensors
    }
}
