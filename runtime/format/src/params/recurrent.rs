use bytemuck::{Pod, Zeroable};

use super::UnaryF32;

/// `Lstm`, `Gru` and `Rnn` in f32, whose g is 4, 3 and 1. Operands: input `[t, n, i]`, weights `[d, g*h, i]`,
/// recurrence `[d, g*h, h]`, bias `[d, 2*g*h]` or none, lengths i32 `[n]` or none, initial hidden state
/// `[d, n, h]` or none, and for `Lstm` initial cell state `[d, n, h]` or none and peepholes `[d, 3*h]` or
/// none; outputs: scratch `[g, h]`, last hidden state `[d, n, h]`, for `Lstm` last cell state `[d, n, h]`,
/// and, where wanted, the hidden states `[t, d, n, h]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Recurrent {
    /// 1 where the first direction runs backwards, else 0; a second one always does.
    pub reverse: u32,
    /// 1 where input is `[n, t, i]`, states are `[n, d, h]` and the output is `[n, t, d, h]`, else 0.
    pub batch_first: u32,
    /// 1 where the forget gate of an LSTM is one less its input gate, or where the reset gate of a GRU acts
    /// behind the product; else 0.
    pub variant: u32,
    /// Bound of the sums' magnitude before an activation; infinity where there is none.
    pub clip: f32,
    /// Three activations a direction, of which a `Gru` uses two and an `Rnn` one.
    pub activations: [UnaryF32; 6],
}
