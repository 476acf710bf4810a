use cadet_format::Reduction;
use cadet_kernels::pad::Mode;

use super::{Int8Rule, LayoutRule, Strides};

/// Operators that move, select or index elements.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Movement {
    /// `Slice`, `Split`, `Expand`, `Tile`, `DepthToSpace`, `SpaceToDepth` and whatever else takes the
    /// elements of its input in steps.
    Strides(Strides),
    /// `Concat` of inputs of one rank.
    Concat {
        /// The dimension in which the inputs may differ.
        axis: usize,
    },
    /// `Pad`: input, and the value of a constant mode.
    Pad {
        /// What is added.
        mode: Mode,
        /// Elements added in front of each dimension, taken away where negative.
        begin: Vec<isize>,
    },
    /// `Trilu`: input, diagonal.
    Triangle {
        /// Whether the upper triangle is kept.
        upper: bool,
    },
    /// `ReverseSequence`: input, lengths.
    ReverseSequence {
        /// Whether the first dimension is time, not the batch.
        time_first: bool,
    },
    /// `Gather`: data, a list of indices.
    Gather {
        /// The dimension that is indexed.
        axis: usize,
    },
    /// `GatherElements`: data, indices.
    GatherElements {
        /// The dimension that is indexed.
        axis: usize,
    },
    /// `GatherND`: data, tuples of indices.
    GatherNd {
        /// Number of dimensions that data and indices share.
        batch: usize,
    },
    /// `ScatterElements`: data, indices, updates.
    ScatterElements {
        /// The dimension that is indexed.
        axis: usize,
        /// How updates combine with the data.
        reduction: Reduction,
    },
    /// `ScatterND`: data, tuples of indices, updates.
    ScatterNd {
        /// How updates combine with the data.
        reduction: Reduction,
    },
    /// `TensorScatter`: cache, update, and the first row to replace.
    TensorScatter {
        /// The dimension of the rows.
        axis: usize,
        /// Whether rows behind the last go to the start.
        circular: bool,
    },
    /// `OneHot`: indices, the values elsewhere and where an index points.
    OneHot {
        /// The new dimension.
        axis: usize,
    },
    /// `CumSum`, `CumProd`.
    Cumulative {
        /// The dimension to run along.
        axis: usize,
        /// Whether to multiply, not to add.
        product: bool,
        /// Whether an element is left out of its own result.
        exclusive: bool,
        /// Whether to run from the end.
        reverse: bool,
    },
    /// `TopK`: values and indices.
    TopK {
        /// The dimension to search along.
        axis: usize,
        /// Whether to find the greatest, not the least.
        largest: bool,
    },
    /// `ArgMax`, `ArgMin`, with one index in place of the dimension.
    ArgMax {
        /// The dimension to search along.
        axis: usize,
        /// Whether to find the least, not the greatest.
        least: bool,
        /// Whether the last of equal elements counts.
        last: bool,
    },
}

impl Movement {
    /// The ONNX operator this is named after.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Movement::Strides(_) => "Slice",
            Movement::Concat { .. } => "Concat",
            Movement::Pad { .. } => "Pad",
            Movement::Triangle { .. } => "Trilu",
            Movement::ReverseSequence { .. } => "ReverseSequence",
            Movement::Gather { .. } => "Gather",
            Movement::GatherElements { .. } => "GatherElements",
            Movement::GatherNd { .. } => "GatherND",
            Movement::ScatterElements { .. } => "ScatterElements",
            Movement::ScatterNd { .. } => "ScatterND",
            Movement::TensorScatter { .. } => "TensorScatter",
            Movement::OneHot { .. } => "OneHot",
            Movement::Cumulative { product: false, .. } => "CumSum",
            Movement::Cumulative { product: true, .. } => "CumProd",
            Movement::TopK { .. } => "TopK",
            Movement::ArgMax { least: false, .. } => "ArgMax",
            Movement::ArgMax { least: true, .. } => "ArgMin",
        }
    }

    /// What the operator asks of the memory order of its activations.
    pub(crate) fn layout_rule(&self) -> LayoutRule {
        match self {
            Movement::Strides(_)
            | Movement::Concat { .. }
            | Movement::Pad { .. }
            | Movement::Gather { .. }
            | Movement::GatherElements { .. }
            | Movement::ScatterElements { .. }
            | Movement::Cumulative { .. }
            | Movement::TopK { .. }
            | Movement::ArgMax { .. } => LayoutRule::Axes,
            Movement::Triangle { .. }
            | Movement::ReverseSequence { .. }
            | Movement::GatherNd { .. }
            | Movement::ScatterNd { .. }
            | Movement::TensorScatter { .. }
            | Movement::OneHot { .. } => LayoutRule::Plain,
        }
    }

    /// What the operator can do with int8 activations.
    pub(crate) fn int8_rule(&self) -> Int8Rule {
        match self {
            // A triangle is filled with the integer 0, which may stand for another value.
            Movement::Triangle { .. } | Movement::Cumulative { .. } | Movement::OneHot { .. } => {
                Int8Rule::Float
            }
            Movement::ScatterElements { reduction, .. } | Movement::ScatterNd { reduction }
                if matches!(reduction, Reduction::Add | Reduction::Mul) =>
            {
                Int8Rule::Float
            }
            _ => Int8Rule::Moves,
        }
    }
}
