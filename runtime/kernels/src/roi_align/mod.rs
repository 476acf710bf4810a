//! Mean or greatest of points sampled in regions of interest (ONNX `RoiAlign`, opset 22) in f32.
//!
//! Shapes: input `[n, h, w, c]`, regions `[r, 4]` as `x1, y1, x2, y2`, images i32 or i64 `[r]`, output
//! `[r, oh, ow, c]`. Each region is parted into `oh x ow` bins, each bin sampled at a grid of points between four
//! neighbours. The grid has `samples x samples` points, or where that is 0 as many as the bin has pixels, at most
//! as many as the input. A point more than one pixel outside the input is 0. The maximum is that of the weighted
//! neighbours, as in ONNX Runtime, not of their sums. A region of an image outside the batch is 0. No input may
//! overlap the output.

mod scalar;

use crate::{Cell, Indices, Result, Source, product, require};

/// Most points along one axis of a bin.
pub const MAX_SAMPLES: usize = 16;

/// Operands of a pooling of regions.
#[derive(Clone, Copy)]
pub struct RoiAlign<'a> {
    /// Number of inputs, their height, width and channels.
    pub input_shape: [usize; 4],
    /// Number of regions, height and width of their outputs.
    pub output_shape: [usize; 3],
    /// Pixels of the input for one unit of the regions' coordinates.
    pub spatial_scale: f32,
    /// Points along one axis of a bin, at most 16; 0 where its size decides.
    pub samples: usize,
    /// Whether coordinates are of pixels' corners, so that regions move by half a pixel.
    pub half_pixel: bool,
    /// Whether to take the greatest, not the mean.
    pub max: bool,
    /// `[n, h, w, c]`.
    pub input: &'a [Cell<f32>],
    /// `[r, 4]`.
    pub regions: Source<'a, f32>,
    /// Which input each region is of, `[r]`.
    pub images: Indices<'a>,
    /// `[r, oh, ow, c]`.
    pub output: &'a [Cell<f32>],
}

/// Pools the regions.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn f32(op: &RoiAlign<'_>) -> Result {
    let ([.., channels], [regions, height, width]) = (op.input_shape, op.output_shape);
    require(product(&op.input_shape) == Some(op.input.len()))?;
    require(product(&[regions, height, width, channels]) == Some(op.output.len()))?;
    require(regions.checked_mul(4) == Some(op.regions.len()) && op.images.len() == regions)?;
    require(op.samples <= MAX_SAMPLES)?;
    if op.output.is_empty() {
        return Ok(());
    }
    require(!op.input.is_empty())?;
    scalar::f32(op);
    Ok(())
}

#[cfg(test)]
mod tests;
