use cadet_format::{Opcode, UnaryF32};

/// A recurrent layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recurrent {
    /// Which operator.
    pub(crate) kind: RecurrentKind,
    /// Whether the first direction runs backwards.
    pub(crate) reverse: bool,
    /// Whether the batch is the first axis.
    pub(crate) batch_first: bool,
    /// Whether an LSTM has `input_forget` set, or a GRU `linear_before_reset`.
    pub(crate) variant: bool,
    /// Bound of the sums before an activation.
    pub(crate) clip: f32,
    /// Three activations a direction.
    pub(crate) activations: [UnaryF32; 6],
    /// Whether each of ONNX's inputs is given.
    pub(crate) given: Vec<bool>,
}

/// The recurrent operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecurrentKind {
    /// `LSTM`.
    Lstm,
    /// `GRU`.
    Gru,
    /// `RNN`.
    Rnn,
}

impl RecurrentKind {
    /// The ONNX operator.
    pub(crate) fn name(self) -> &'static str {
        match self {
            RecurrentKind::Lstm => "LSTM",
            RecurrentKind::Gru => "GRU",
            RecurrentKind::Rnn => "RNN",
        }
    }

    /// The kernel.
    pub(crate) fn opcode(self) -> Opcode {
        match self {
            RecurrentKind::Lstm => Opcode::Lstm,
            RecurrentKind::Gru => Opcode::Gru,
            RecurrentKind::Rnn => Opcode::Rnn,
        }
    }

    /// Number of gates.
    pub(crate) fn gates(self) -> usize {
        match self {
            RecurrentKind::Lstm => 4,
            RecurrentKind::Gru => 3,
            RecurrentKind::Rnn => 1,
        }
    }
}
