use bytemuck::{Pod, Zeroable};

use super::{Multiplier, QuantI8};

/// `Reduce` of f32, i32, i64, i8, u8 or bool. Operands: input, and an output of the same type with one element
/// for each index of the axes that are kept.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Reduce {
    /// Bit `i` is set where axis `i` is reduced.
    pub axes: u32,
    /// A [`ReduceFunction`].
    pub function: u32,
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

codes! {
    /// The functions of `Reduce`.
    ReduceFunction {
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

codes! {
    /// What `Normalize` divides by.
    NormalizeKind {
        /// The root of the variance, after the mean has been taken off.
        Standard = 0,
        /// The root of the mean of the squares.
        RootMeanSquare = 1,
        /// The sum of the magnitudes.
        L1 = 2,
        /// The root of the sum of the squares.
        L2 = 3,
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
