//! What operators along axes are called in ONNX.

use cadet_format::{NormalizeKind, ReduceFunction};

/// Softmax and its relatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SoftmaxKind {
    /// `Softmax`.
    Soft,
    /// `Softmax` of scores, of which a row that is masked as a whole gives zeros.
    Masked,
    /// `LogSoftmax`.
    Log,
    /// `Hardmax`.
    Hard,
}

impl SoftmaxKind {
    /// The ONNX operator.
    pub(crate) fn name(self) -> &'static str {
        match self {
            SoftmaxKind::Soft | SoftmaxKind::Masked => "Softmax",
            SoftmaxKind::Log => "LogSoftmax",
            SoftmaxKind::Hard => "Hardmax",
        }
    }
}

/// The ONNX operator of a reduction.
pub(super) fn reduce(function: ReduceFunction) -> &'static str {
    match function {
        ReduceFunction::Sum => "ReduceSum",
        ReduceFunction::Mean => "ReduceMean",
        ReduceFunction::Max => "ReduceMax",
        ReduceFunction::Min => "ReduceMin",
        ReduceFunction::Product => "ReduceProd",
        ReduceFunction::SumSquare => "ReduceSumSquare",
        ReduceFunction::L1 => "ReduceL1",
        ReduceFunction::L2 => "ReduceL2",
        ReduceFunction::LogSum => "ReduceLogSum",
        ReduceFunction::LogSumExp => "ReduceLogSumExp",
    }
}

/// The ONNX operator that a normalisation is named after.
pub(super) fn normalize(kind: NormalizeKind) -> &'static str {
    match kind {
        NormalizeKind::Standard => "LayerNormalization",
        NormalizeKind::RootMeanSquare => "RMSNormalization",
        NormalizeKind::L1 | NormalizeKind::L2 => "LpNormalization",
    }
}
