use bytemuck::{Pod, Zeroable};

use super::{Multiplier, QuantI8};

/// `Reduce` of f32, i32, i64, i8, u8 or bool. Operands: input, and an output of the same type with one element
/// for each index of the axes that are kept.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Reduce {
    /// A [`ReduceFunction`].
    pub function: u32,
    /// Bit `i` is set where axis `i` is reduced.
    pub axes: u32,
}

/// `Reduce` in int8, quantised: a sum or, by its multiplier, a mean. Operands as [`Reduce`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct ReduceI8 {
    /// Bit `i` is set where axis `i` is reduced.
    pub axes: u32,
    /// Zero points and bounds.
    pub quant: QuantI8,
    /// Input scale over output scale; for a mean also over the number of elements.
    pub multiplier: Multiplier,
}

/// The functions of `Reduce`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReduceFunction {
    /// Sum.
    Sum = 0,
    /// Arithmetic mean.
    Mean = 1,
    /// Greatest element.
    Max = 2,
    /// Least element.
    Min = 3,
    /// Product.
    Product = 4,
    /// Sum of the squares.
    SumSquare = 5,
    /// Sum of the magnitudes.
    L1 = 6,
    /// Root of the sum of the squares.
    L2 = 7,
    /// Logarithm of the sum; f32 only.
    LogSum = 8,
    /// Logarithm of the sum of the exponentials; f32 only.
    LogSumExp = 9,
}

impl ReduceFunction {
    /// The function with this code.
    pub const fn from_u32(code: u32) -> Option<ReduceFunction> {
        Some(match code {
            0 => ReduceFunction::Sum,
            1 => ReduceFunction::Mean,
            2 => ReduceFunction::Max,
            3 => ReduceFunction::Min,
            4 => ReduceFunction::Product,
            5 => ReduceFunction::SumSquare,
            6 => ReduceFunction::L1,
            7 => ReduceFunction::L2,
            8 => ReduceFunction::LogSum,
            9 => ReduceFunction::LogSumExp,
            _ => return None,
        })
    }
}

/// `Normalize` in f32. Operands: input, scale and bias or none, which broadcast to the input; outputs: the
/// result, of the input's shape, and, where wanted, mean and inverse deviation of each group.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Normalize {
    /// Bit `i` is set where axis `i` belongs to a group.
    pub axes: u32,
    /// A [`NormalizeKind`].
    pub kind: u32,
    /// Added under the root.
    pub epsilon: f32,
}

/// What `Normalize` divides by.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormalizeKind {
    /// The root of the variance, after the mean has been taken off.
    Standard = 0,
    /// The root of the mean of the squares.
    RootMeanSquare = 1,
    /// The sum of the magnitudes.
    L1 = 2,
    /// The root of the sum of the squares.
    L2 = 3,
}

impl NormalizeKind {
    /// The kind with this code.
    pub const fn from_u32(code: u32) -> Option<NormalizeKind> {
        Some(match code {
            0 => NormalizeKind::Standard,
            1 => NormalizeKind::RootMeanSquare,
            2 => NormalizeKind::L1,
            3 => NormalizeKind::L2,
            _ => return None,
        })
    }
}

/// `LocalResponseNorm` in f32: `x / (bias + alpha / size * sum of the squares of the neighbours)^beta`.
/// Operands: input and output of one shape.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct LocalResponseNorm {
    /// The axis along which neighbours lie.
    pub axis: u32,
    /// Number of neighbours, the element itself included; half of the others come before it, rounded down.
    pub size: u32,
    /// Factor of the mean square.
    pub alpha: f32,
    /// Exponent.
    pub beta: f32,
    /// Summand.
    pub bias: f32,
}
