//! The other way to pair a head's values for rotation.

use crate::tensors::of_layer;
use crate::{DecoderWeights, Family, Pairing};

impl DecoderWeights {
    /// The same model with the other pairs: rows of queries and keys change places within each head, and so
    /// do their biases and norms. Attention is a sum over a head's values, in another order then.
    pub fn into_pairing(mut self, pairing: Pairing) -> Self {
        if self.config.rope.pairing == pairing {
            return self;
        }
        self.config.rope.pairing = pairing;
        let (head_size, dim) = (self.config.head_size, self.config.dim);
        let beside = match self.config.family {
            Family::Llama => None,
            Family::Qwen2 => Some(["self_attn.q_proj.bias", "self_attn.k_proj.bias"]),
            Family::Qwen3 => Some(["self_attn.q_norm.weight", "self_attn.k_norm.weight"]),
        };
        let matrices = ["self_attn.q_proj.weight", "self_attn.k_proj.weight"];
        for layer in 0..self.config.layers {
            let of_both = matrices.map(|name| (name, dim)).into_iter();
            let rows = of_both.chain(beside.into_iter().flatten().map(|name| (name, 1)));
            for (name, row_len) in rows {
                if let Some(values) = self.tensors.get_mut(&of_layer(layer, name)) {
                    for head in values.chunks_exact_mut(head_size * row_len) {
                        reorder(head, head_size, row_len, pairing);
                    }
                }
            }
        }
        self
    }
}

/// Moves the `head_size` rows of a head to where `pairing` wants them.
fn reorder(head: &mut [f32], head_size: usize, row_len: usize, pairing: Pairing) {
    let old = head.to_vec();
    for (row, values) in old.chunks_exact(row_len).enumerate() {
        let place = match pairing {
            Pairing::Halves => row / 2 + row % 2 * (head_size / 2),
            Pairing::Interleaved => row % (head_size / 2) * 2 + row / (head_size / 2),
        };
        head[place * row_len..][..row_len].copy_from_slice(values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_move_there_and_back() {
        let interleaved = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let mut head = interleaved;
        reorder(&mut head, 6, 1, Pairing::Halves);
        assert_eq!(head, [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
        reorder(&mut head, 6, 1, Pairing::Interleaved);
        assert_eq!(head, interleaved);
    }
}
