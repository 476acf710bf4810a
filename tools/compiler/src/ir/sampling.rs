use cadet_kernels::grid_sample::{Mode, Padding};

use super::{Int8Rule, LayoutRule};

/// Operators that interpolate between elements.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sampling {
    /// `Resize`, `Upsample`: weighted sums of neighbours.
    Resample(Resampling),
    /// `GridSample`: input, and the grid with the coordinates as channels: `[n, axes, ..]`, or as a
    /// constant `[n, .., axes]`.
    GridSample {
        /// How neighbours combine.
        mode: Mode,
        /// What lies outside.
        padding: Padding,
        /// Whether -1 and 1 are centres of elements.
        align_corners: bool,
    },
    /// `AffineGrid`.
    AffineGrid {
        /// Whether -1 and 1 are centres of elements.
        align_corners: bool,
    },
    /// `RoiAlign`: input, regions, the image of each.
    RoiAlign(cadet_format::RoiAlign),
    /// `Col2Im`.
    Col2Im(cadet_format::Col2Im),
}

/// A resampling along up to three neighbouring dimensions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resampling {
    /// What each dimension's positions read; `None` where nothing changes.
    pub(crate) tables: Vec<Option<Table>>,
    /// The result of positions outside the input.
    pub(crate) outside: f32,
}

impl Resampling {
    /// Number of dimensions that change.
    fn axes(&self) -> usize {
        self.tables.iter().flatten().count()
    }
}

/// What the output positions along one dimension read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    /// First input position, or -1 outside.
    pub(crate) first: Vec<i32>,
    /// As many weights for each output position.
    pub(crate) weights: Vec<f32>,
}

impl Sampling {
    /// The ONNX operator this is named after.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Sampling::Resample(_) => "Resize",
            Sampling::GridSample { .. } => "GridSample",
            Sampling::AffineGrid { .. } => "AffineGrid",
            Sampling::RoiAlign(_) => "RoiAlign",
            Sampling::Col2Im(_) => "Col2Im",
        }
    }

    /// What the operator asks of the memory order of its activations.
    pub(crate) fn layout_rule(&self) -> LayoutRule {
        match self {
            // Axes that change together must be neighbours in memory.
            Sampling::Resample(resampling) if resampling.axes() > 1 => LayoutRule::ChannelsLast,
            Sampling::Resample(_) => LayoutRule::Axes,
            Sampling::GridSample { .. } | Sampling::RoiAlign(_) => LayoutRule::ChannelsLast,
            Sampling::AffineGrid { .. } | Sampling::Col2Im(_) => LayoutRule::Plain,
        }
    }

    /// What the operator can do with int8 activations.
    pub(crate) fn int8_rule(&self) -> Int8Rule {
        match self {
            Sampling::Resample(_) => Int8Rule::Moves,
            _ => Int8Rule::Float,
        }
    }
}
