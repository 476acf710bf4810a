//! Products of matrices that are known at run time (ONNX `MatMul`, `Gemm`, `MatMulInteger`, `QLinearMatMul`,
//! up to opset 21).
//!
//! Shapes: a `[.., m, k]`, or `[.., k, m]` where it is read transposed; b `[.., k, n]`, or `[.., n, k]`;
//! output `[.., m, n]`. The axes before the last two broadcast. Inputs and output must not overlap. Needs no
//! scratch memory.
//!
//! f32 adds in the order of k. 8-bit operands are signed or unsigned, each with one zero point or one a row
//! of a, one a column of b; the i32 sum of `(a - za) * (b - zb)` wraps around.

mod scalar;
mod shape;

use core::cell::Cell;

use crate::requantize::{Multipliers, Quant};
use crate::{Result, Source, require};

pub use shape::Shape;

/// Operands of a float product.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// Extents.
    pub shape: Shape<'a>,
    /// `[.., m, k]`.
    pub a: Source<'a, f32>,
    /// `[.., k, n]`.
    pub b: Source<'a, f32>,
    /// `[.., m, n]`.
    pub output: &'a [Cell<f32>],
}

/// A matrix of 8-bit elements, signed or not.
#[derive(Clone, Copy)]
pub struct Bytes<'a> {
    /// Whether the bytes are u8, else i8; of the zero points, too.
    pub unsigned: bool,
    /// The elements.
    pub elements: Source<'a, u8>,
    /// The values that stand for 0: one, or one a row of a, one a column of b; 0 where none are given.
    pub zero_points: Option<Source<'a, u8>>,
}

/// Operands of an integer product.
#[derive(Clone, Copy)]
pub struct Integer<'a> {
    /// Extents.
    pub shape: Shape<'a>,
    /// `[.., m, k]`.
    pub a: Bytes<'a>,
    /// `[.., k, n]`.
    pub b: Bytes<'a>,
}

/// Where a quantised product goes.
#[derive(Clone, Copy)]
pub struct Quantised<'a> {
    /// `sa * sb / sy`, one or one a column.
    pub multipliers: Multipliers<'a>,
    /// Output's zero point and fused activation, as i8 (an unsigned output's less 128).
    pub quant: Quant,
    /// Whether the output's bytes are u8.
    pub unsigned: bool,
    /// `[.., m, n]`.
    pub output: &'a [Cell<u8>],
}

/// Product in f32.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where extents and lengths do not fit.
pub fn f32(op: &F32<'_>) -> Result {
    let plan = op.shape.plan(op.a.len(), op.b.len(), op.output.len())?;
    scalar::f32(op, plan);
    Ok(())
}

/// Product of 8-bit integers, as i32.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where extents and lengths do not fit.
pub fn i32(op: &Integer<'_>, output: &[Cell<i32>]) -> Result {
    let plan = op.check(output.len())?;
    scalar::i32(op, plan, output);
    Ok(())
}

/// Quantised product.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where extents and lengths do not fit.
pub fn quantised(op: &Integer<'_>, result: &Quantised<'_>) -> Result {
    let plan = op.check(result.output.len())?;
    result.multipliers.check(plan.columns)?;
    result.quant.check()?;
    scalar::quantised(op, result, plan);
    Ok(())
}

impl Integer<'_> {
    fn check(&self, output: usize) -> core::result::Result<shape::Plan, crate::ContractError> {
        let (a, b) = (&self.a, &self.b);
        let plan = self
            .shape
            .plan(a.elements.len(), b.elements.len(), output)?;
        for (zero_points, count) in [(a.zero_points, plan.rows), (b.zero_points, plan.columns)] {
            require(zero_points.is_none_or(|z| z.len() == 1 || z.len() == count))?;
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests;
