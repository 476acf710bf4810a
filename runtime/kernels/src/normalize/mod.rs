//! Normalisation along a set of axes in f32 (ONNX `LayerNormalization`, `RMSNormalization`,
//! `InstanceNormalization`, `GroupNormalization`, `LpNormalization`, up to opset 23).
//!
//! Shapes: input and output have `extents`; bit `i` of `axes` is set where axis `i` belongs to a group that
//! is normalised as a whole; scale and bias broadcast to the input; mean and inverse deviation have one
//! element for each group. `y = (x - mean) / deviation * scale + bias`, where mean is 0 and deviation a norm
//! unless the kind is standard. Where the axes are the last ones, the output may overlap the input as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, elsewhere it may only be the input's memory. Needs
//! no scratch memory.
//!
//! Sums are in row-major order, the variance is the mean of the squared distances to the mean.

mod scalar;

use core::cell::Cell;

use crate::groups::Groups;
use crate::{Result, Source, broadcast_strides, product, require, strides};

/// What the elements of a group are divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `sqrt(variance + epsilon)`, after the mean has been taken off.
    Standard,
    /// `sqrt(mean of the squares + epsilon)`.
    RootMeanSquare,
    /// The sum of the magnitudes; where that is 0, so is the result.
    L1,
    /// The root of the sum of the squares; where that is 0, so is the result.
    L2,
}

/// A factor or summand that broadcasts to the input.
#[derive(Clone, Copy)]
pub struct Broadcast<'a> {
    /// Its extents.
    pub extents: &'a [usize],
    /// Its elements.
    pub elements: Source<'a, f32>,
}

/// Operands of a normalisation.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// Of input and output.
    pub extents: &'a [usize],
    /// The axes that make a group.
    pub axes: u32,
    /// What to divide by.
    pub kind: Kind,
    /// Added under the root.
    pub epsilon: f32,
    /// What is normalised.
    pub input: &'a [Cell<f32>],
    /// Factor, 1 where not given.
    pub scale: Option<Broadcast<'a>>,
    /// Summand, 0 where not given.
    pub bias: Option<Broadcast<'a>>,
    /// The result.
    pub output: &'a [Cell<f32>],
    /// Mean of each group.
    pub mean: Option<&'a [Cell<f32>]>,
    /// One over the deviation of each group.
    pub inverse_deviation: Option<&'a [Cell<f32>]>,
}

/// Normalises.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where axes, extents and lengths do not fit.
pub fn f32(op: &F32<'_>) -> Result {
    let elements = product(op.extents);
    require(elements == Some(op.input.len()) && elements == Some(op.output.len()))?;
    let operand = |operand: Option<Broadcast<'_>>| match operand {
        None => Ok([0; crate::MAX_RANK]),
        Some(operand) => {
            require(product(operand.extents) == Some(operand.elements.len()))?;
            broadcast_strides(op.extents, operand.extents)
        }
    };
    let strides = [strides(op.extents)?, operand(op.scale)?, operand(op.bias)?];
    let groups = Groups::new(op.extents, op.axes, strides)?;
    for statistic in [op.mean, op.inverse_deviation] {
        require(statistic.is_none_or(|s| s.len() == groups.count()))?;
    }
    scalar::f32(op, groups);
    Ok(())
}

#[cfg(test)]
mod tests;
