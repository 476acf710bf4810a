use crate::{DecoderError, Rope};

/// Largest size of any kind: what the headers of files can hold.
const MAX_SIZE: usize = i32::MAX as usize;

/// Which decoder: its sizes and constants. Every layer is alike.
///
/// A token's vector `x` of `dim` values passes `layers` times through
/// `x += attention(norm(x))` and `x += mlp(norm(x))`, where `norm` is that of the root of the mean
/// square (Zhang and Sennrich, 2019), `attention` groups queries over fewer keys and values
/// (Ainslie and others, 2023) that are rotated by their position ([`Rope`]), and
/// `mlp(x) = down(silu(gate(x)) * up(x))` (Shazeer, 2020).
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderConfig {
    /// What attention has beside its four projections.
    pub family: Family,
    /// Values of a token's vector.
    pub dim: usize,
    /// Layers.
    pub layers: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values; divides `heads`.
    pub kv_heads: usize,
    /// Values of a head, even. `heads * head_size` may differ from `dim`.
    pub head_size: usize,
    /// Values between the projections of the `mlp`.
    pub hidden: usize,
    /// Tokens that there are.
    pub vocab: usize,
    /// Most positions of a sequence.
    pub context: usize,
    /// How positions rotate queries and keys.
    pub rope: Rope,
    /// Added to the mean square before its root is taken.
    pub rms_epsilon: f64,
    /// Whether logits are made with the embedding instead of a matrix of their own.
    pub is_tied: bool,
    /// Token that sequences begin with, where known.
    pub bos: Option<u32>,
    /// Tokens that end a sequence, where known.
    pub eos: Vec<u32>,
}

/// What attention has beside its four projections. Names are Hugging Face's `model_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Nothing more.
    Llama,
    /// Biases of queries, keys and values.
    Qwen2,
    /// Norms of each head of queries and keys, before their rotation.
    Qwen3,
}

impl Family {
    /// `llama`, `qwen2` or `qwen3`.
    pub fn model_type(self) -> &'static str {
        match self {
            Family::Llama => "llama",
            Family::Qwen2 => "qwen2",
            Family::Qwen3 => "qwen3",
        }
    }
}

impl DecoderConfig {
    /// Values of all heads of queries.
    pub fn query_len(&self) -> usize {
        self.heads * self.head_size
    }

    /// Values of all heads of keys, and of values.
    pub fn kv_len(&self) -> usize {
        self.kv_heads * self.head_size
    }

    /// Number of weights.
    pub fn parameters(&self) -> u128 {
        let size = |size: usize| size as u128;
        let (dim, head) = (size(self.dim), size(self.head_size));
        let (heads, kv_heads) = (size(self.heads), size(self.kv_heads));
        let projections = 2 * dim * head * (heads + kv_heads);
        let beside = match self.family {
            Family::Llama => 0,
            Family::Qwen2 => head * (heads + 2 * kv_heads),
            Family::Qwen3 => 2 * head,
        };
        let layer = projections + beside + 3 * dim * size(self.hidden) + 2 * dim;
        let matrices = if self.is_tied { 1 } else { 2 };
        matrices * size(self.vocab) * dim + size(self.layers) * layer + dim
    }

    /// Whether all sizes go together; every problem is told at once.
    ///
    /// *Errors*: `Config`.
    pub fn check(&self) -> Result<(), DecoderError> {
        let sizes = [
            ("dim", self.dim),
            ("layers", self.layers),
            ("heads", self.heads),
            ("kv_heads", self.kv_heads),
            ("head_size", self.head_size),
            ("hidden", self.hidden),
            ("vocab", self.vocab),
            ("context", self.context),
        ];
        let mut problems: Vec<String> = sizes
            .iter()
            .filter(|(_, size)| !(1..=MAX_SIZE).contains(size))
            .map(|(name, size)| format!("{name} is {size}, and must be 1 to {MAX_SIZE}"))
            .collect();
        if problems.is_empty() {
            let most = usize::MAX as u128 / 16;
            if self.parameters() > most {
                let parameters = self.parameters();
                problems.push(format!(
                    "{parameters} parameters do not fit into this machine's addresses"
                ));
            }
            let (heads, kv_heads) = (self.heads, self.kv_heads);
            if !heads.is_multiple_of(kv_heads) {
                problems.push(format!(
                    "heads is {heads}, and must be a multiple of kv_heads, {kv_heads}"
                ));
            }
        }
        if !self.head_size.is_multiple_of(2) {
            problems.push(format!(
                "head_size is {}, and must be even, since positions rotate pairs",
                self.head_size
            ));
        }
        if !(self.rms_epsilon >= 0.0 && self.rms_epsilon.is_finite()) {
            problems.push(format!(
                "rms_epsilon is {}, and must be a small number, not below 0",
                self.rms_epsilon
            ));
        }
        problems.extend(self.rope.problems());
        for token in self.bos.iter().chain(&self.eos) {
            if *token as usize >= self.vocab {
                problems.push(format!(
                    "token {token} begins or ends a sequence, and vocab is {}",
                    self.vocab
                ));
            }
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(DecoderError::Config {
                reason: problems.join("; "),
            }),
        }
    }
}
