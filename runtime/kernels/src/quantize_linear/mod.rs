//! Between floats and integers with a scale for the tensor, for each index of one axis or for each block along
//! it (ONNX `QuantizeLinear`, `DequantizeLinear`, opsets 10 to 25).
//!
//! The tensor is seen as `[outer, axis, inner]`. Scales and zero points may be activations. The output may
//! overlap the input as [`Overlap::elementwise`](crate::Overlap::elementwise) says, and neither scales nor zero
//! points. Needs no scratch memory.

mod scalar;
#[cfg(test)]
mod tests;

use core::cell::Cell;

use crate::{ContractError, Integer, Result, Source, product, require};

/// Which scale an element has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// One for all.
    Tensor,
    /// One for each index of the axis: `[axis]`.
    Axis,
    /// One for each block of this length along the axis, of which the last may be shorter:
    /// `[outer, blocks, inner]`.
    Block(usize),
}

/// Extents of the tensor and the grain of its scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Product of the extents before the axis.
    pub outer: usize,
    /// Extent of the axis.
    pub axis: usize,
    /// Product of the extents behind the axis.
    pub inner: usize,
    /// Which scale an element has.
    pub grain: Grain,
}

impl Grid {
    /// Number of elements and of scales.
    fn lengths(&self) -> core::result::Result<[usize; 2], ContractError> {
        let elements = product(&[self.outer, self.axis, self.inner]).ok_or(ContractError)?;
        let scales = match self.grain {
            Grain::Tensor => 1,
            Grain::Axis => self.axis,
            Grain::Block(0) => return Err(ContractError),
            Grain::Block(block) => product(&[self.outer, self.axis.div_ceil(block), self.inner])
                .ok_or(ContractError)?,
        };
        Ok([elements, scales])
    }

    fn check<Q: Copy + Default>(
        &self,
        op: [usize; 2],
        scales: usize,
        zero_points: Option<Source<'_, Q>>,
    ) -> Result {
        let [elements, count] = self.lengths()?;
        require(op == [elements; 2] && scales == count)?;
        require(zero_points.is_none_or(|z| z.len() == count))
    }

    /// Calls `f(element, scale)` for every element.
    #[inline(always)]
    fn for_each(&self, mut f: impl FnMut(usize, usize)) {
        let mut element = 0;
        for outer in 0..self.outer {
            for axis in 0..self.axis {
                for inner in 0..self.inner {
                    let scale = match self.grain {
                        Grain::Tensor => 0,
                        Grain::Axis => axis,
                        Grain::Block(block) => {
                            let block = block.max(1);
                            (outer * self.axis.div_ceil(block) + axis / block) * self.inner + inner
                        }
                    };
                    f(element, scale);
                    element += 1;
                }
            }
        }
    }
}

/// Operands of a quantisation.
#[derive(Clone, Copy)]
pub struct Quantize<'a, Q> {
    /// Extents and grain.
    pub grid: Grid,
    /// `[outer, axis, inner]`.
    pub input: &'a [Cell<f32>],
    /// As many as the grain says.
    pub scales: Source<'a, f32>,
    /// As many as scales; none where all are zero.
    pub zero_points: Option<Source<'a, Q>>,
    /// `[outer, axis, inner]`.
    pub output: &'a [Cell<Q>],
}

/// Operands of a dequantisation.
#[derive(Clone, Copy)]
pub struct Dequantize<'a, Q> {
    /// Extents and grain.
    pub grid: Grid,
    /// `[outer, axis, inner]`.
    pub input: Source<'a, Q>,
    /// As many as the grain says.
    pub scales: Source<'a, f32>,
    /// As many as scales; none where all are zero.
    pub zero_points: Option<Source<'a, Q>>,
    /// `[outer, axis, inner]`.
    pub output: &'a [Cell<f32>],
}

/// `sat(rne(x / scale) + zero_point)`; NaN gives the zero point.
///
/// # Errors
/// [`ContractError`] where the lengths do not fit.
pub fn quantize<Q: Integer>(op: &Quantize<'_, Q>) -> Result {
    let lengths = [op.input.len(), op.output.len()];
    op.grid.check(lengths, op.scales.len(), op.zero_points)?;
    scalar::quantize(op);
    Ok(())
}

/// `(x - zero_point) * scale`.
///
/// # Errors
/// [`ContractError`] where the lengths do not fit.
pub fn dequantize<Q: Copy + Default + Into<i32>>(op: &Dequantize<'_, Q>) -> Result {
    let lengths = [op.input.len(), op.output.len()];
    op.grid.check(lengths, op.scales.len(), op.zero_points)?;
    scalar::dequantize(op);
    Ok(())
}
