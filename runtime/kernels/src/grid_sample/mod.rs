//! Interpolation at given places (ONNX `GridSample`, opset 22) in f32.
//!
//! Shapes: input `[n, d, h, w, c]`, grid `[n, points.., axes]`, output `[n, points.., c]`. A place has one
//! coordinate for each of the last `axes` (1 to 3) spatial axes, the innermost first; -1 and 1 are the centres of
//! the first and last element where corners are aligned, else their outer edges. Input and output must not
//! overlap.
//!
//! Rounding to the nearest element takes half to even. A coordinate that is NaN gives NaN.

mod scalar;

use crate::{Cell, Result, Source, product, require};

/// How neighbours combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The nearest element.
    Nearest,
    /// Two neighbours along each axis.
    Linear,
    /// Four neighbours along each axis, Keys' kernel with `a = -0.75`.
    Cubic,
}

/// What lies outside the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Zeros.
    Zeros,
    /// The nearest border element.
    Border,
    /// The elements mirrored at the borders, again and again.
    Reflection,
}

/// Operands of a sampling.
#[derive(Clone, Copy)]
pub struct GridSample<'a> {
    /// Number of inputs.
    pub batch: usize,
    /// Depth, height and width of the input; 1 for those that the grid has no coordinate for.
    pub extents: [usize; 3],
    /// Number of channels.
    pub channels: usize,
    /// Number of places for each input.
    pub points: usize,
    /// Coordinates of a place, 1 to 3.
    pub axes: usize,
    /// How neighbours combine.
    pub mode: Mode,
    /// What lies outside.
    pub padding: Padding,
    /// Whether -1 and 1 are centres of elements, not edges.
    pub align_corners: bool,
    /// `[n, d, h, w, c]`.
    pub input: &'a [Cell<f32>],
    /// `[n, points.., axes]`.
    pub grid: Source<'a, f32>,
    /// `[n, points.., c]`.
    pub output: &'a [Cell<f32>],
}

/// Samples the input, rows of neighbours first, then planes.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn f32(op: &GridSample<'_>) -> Result {
    let image = product(&op.extents);
    let input = image.and_then(|image| product(&[op.batch, image, op.channels]));
    require(input == Some(op.input.len()))?;
    require(product(&[op.batch, op.points, op.axes]) == Some(op.grid.len()))?;
    require(product(&[op.batch, op.points, op.channels]) == Some(op.output.len()))?;
    let [depth, height, _] = op.extents;
    let axes_fit = match op.axes {
        1 => depth == 1 && height == 1,
        2 => depth == 1,
        3 => true,
        _ => false,
    };
    require(axes_fit && (op.output.is_empty() || image != Some(0)))?;
    scalar::f32(op);
    Ok(())
}

#[cfg(test)]
mod tests;
