//! One value for each group of elements along a set of axes (ONNX `ReduceSum`, `ReduceMean`, `ReduceMax`,
//! `ReduceMin`, `ReduceProd`, `ReduceSumSquare`, `ReduceL1`, `ReduceL2`, `ReduceLogSum`, `ReduceLogSumExp`,
//! up to opset 20; TensorFlow Lite `MEAN` and `SUM`).
//!
//! Shapes: the input has `extents`; bit `i` of `axes` is set where axis `i` is reduced; the output has one
//! element for each index of the other axes, in row-major order. The output may start at or before the input
//! where the axes are the last ones, since a group is read before its element is written; elsewhere they must
//! not overlap. Needs no scratch memory.
//!
//! f32 adds and multiplies in row-major order. Integers wrap around, their mean is cut towards zero, and
//! their L2 norm is rounded down. No elements give 0 for sums and norms, 1 for the product, the least value
//! for the greatest and the greatest for the least (minus and plus infinity), minus infinity for logarithms,
//! and NaN or 0 for the mean.
//!
//! int8, quantised: `scale(sum of (x - zx)) + zy`, saturated, where the multiplier holds the ratio of the
//! scales and, for a mean, one over the number of elements.

mod scalar;

use core::cell::Cell;

use crate::groups::Groups;
use crate::requantize::{Multiplier, Quant};
use crate::{ContractError, Result, product, require, strides};

/// What is computed of the elements of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Sum.
    Sum,
    /// Arithmetic mean.
    Mean,
    /// Greatest element.
    Max,
    /// Least element.
    Min,
    /// Product.
    Product,
    /// Sum of the squares.
    SumSquare,
    /// Sum of the magnitudes.
    L1,
    /// Root of the sum of the squares.
    L2,
    /// Logarithm of the sum; floats only.
    LogSum,
    /// Logarithm of the sum of the exponentials; floats only.
    LogSumExp,
}

/// Integers that can be reduced.
pub trait Integer: Copy + Default {
    /// The same value.
    fn widen(self) -> i64;
    /// The low bits of `value`.
    fn wrap(value: i64) -> Self;
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl Integer for $t {
            fn widen(self) -> i64 {
                i64::from(self)
            }
            fn wrap(value: i64) -> $t {
                value as $t
            }
        }
    )*};
}
integers!(i8, u8, i32, i64);

/// Reduction in f32.
///
/// # Errors
/// [`ContractError`] where axes, extents and lengths do not fit.
pub fn f32(
    function: Function,
    extents: &[usize],
    axes: u32,
    input: &[Cell<f32>],
    output: &[Cell<f32>],
) -> Result {
    let groups = check(extents, axes, input.len(), output.len())?;
    scalar::f32(function, groups, input, output);
    Ok(())
}

/// Reduction of integers; `bounds` are the least and the greatest value of the element type (0 and 1 for
/// booleans).
///
/// # Errors
/// [`ContractError`] where axes, extents and lengths do not fit, or for a logarithm.
pub fn integer<T: Integer>(
    function: Function,
    bounds: [T; 2],
    extents: &[usize],
    axes: u32,
    input: &[Cell<T>],
    output: &[Cell<T>],
) -> Result {
    let groups = check(extents, axes, input.len(), output.len())?;
    require(!matches!(function, Function::LogSum | Function::LogSumExp))?;
    scalar::integer(function, bounds, groups, input, output);
    Ok(())
}

/// Quantised sum, or mean, in int8.
///
/// # Errors
/// [`ContractError`] where axes, extents and lengths do not fit, or a group has 2^23 elements or more.
pub fn quantised_sum(
    quant: &Quant,
    multiplier: Multiplier,
    extents: &[usize],
    axes: u32,
    input: &[Cell<i8>],
    output: &[Cell<i8>],
) -> Result {
    let groups = check(extents, axes, input.len(), output.len())?;
    quant.check()?;
    // The sum of so many bytes cannot overflow an i32.
    require(groups.size() < 1 << 23)?;
    scalar::quantised_sum(quant, multiplier, groups, input, output);
    Ok(())
}

fn check(
    extents: &[usize],
    axes: u32,
    input: usize,
    output: usize,
) -> core::result::Result<Groups<1>, ContractError> {
    let groups = Groups::new(extents, axes, [strides(extents)?])?;
    require(product(extents) == Some(input) && groups.count() == output)?;
    Ok(groups)
}

#[cfg(test)]
mod tests;
