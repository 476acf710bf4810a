//! A function of two elements, with broadcasting (ONNX `Add`, `Sub`, `Mul`, `Div`, `Min`, `Max`, `Mod`, `PRelu`,
//! `BitShift`, `And`, `Or`, `Xor`, `BitwiseAnd`, `BitwiseOr`, `BitwiseXor`, `Equal`, `Less`, `LessOrEqual`).
//!
//! Floats: each result is rounded once, `Min` and `Max` give NaN where either operand is. Integers: results
//! wrap; a division by zero gives 0, and so does its remainder. Booleans are bytes, any but 0 is true, and
//! results are 0 or 1.
//!
//! Elements are written first to last. The output may overlap an operand of its own shape as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, and no other.

mod integer;
mod scalar;
#[cfg(test)]
mod tests;

pub use integer::Integer;

use crate::broadcast::Pair;
use crate::parts::by_elements;
use crate::{ContractError, Crew, Result, clamp_f32};

/// Functions whose result is of the operands' type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`; of integers, towards zero.
    Div,
    /// The lesser.
    Min,
    /// The greater.
    Max,
    /// Remainder with the sign of `b` (ONNX `Mod`, Python's `%`).
    Modulo,
    /// Remainder with the sign of `a` (`Mod` with `fmod`, C's `%` and `fmod`).
    Remainder,
    /// `a` where it is not negative, else `a * b`.
    PRelu,
    /// Both bits; both truths.
    And,
    /// Either bit; either truth.
    Or,
    /// Bits that differ; truths that differ.
    Xor,
    /// `a` shifted left by `b` bits; 0 where `b` is negative or no less than the bits of `a`.
    ShiftLeft,
    /// `a` shifted right by `b` bits, its sign kept; nothing but the sign where `b` is negative or no less
    /// than the bits of `a`.
    ShiftRight,
}

/// Functions whose result is a boolean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `a == b`.
    Equal,
    /// `a < b`.
    Less,
    /// `a <= b`.
    LessOrEqual,
}

/// A function of floats, with a fused activation: least and greatest value.
///
/// # Errors
/// [`ContractError`] where the shapes do not broadcast or the function is one of bits.
pub fn f32(function: Function, clamp: [f32; 2], pair: &Pair<'_, f32, f32, f32>) -> Result {
    use Function::*;
    let [min, max] = clamp;
    let finish = |y: f32| clamp_f32(y, min, max);
    match function {
        Add => pair.map(|a, b| finish(a + b)),
        Sub => pair.map(|a, b| finish(a - b)),
        Mul => pair.map(|a, b| finish(a * b)),
        Div => pair.map(|a, b| finish(a / b)),
        Min => pair.map(|a, b| finish(scalar::min(a, b))),
        Max => pair.map(|a, b| finish(scalar::max(a, b))),
        Modulo => pair.map(|a, b| finish(scalar::modulo(a, b))),
        Remainder => pair.map(|a, b| finish(scalar::remainder(a, b))),
        PRelu => pair.map(|a, b| finish(if a < 0.0 { a * b } else { a })),
        And | Or | Xor | ShiftLeft | ShiftRight => Err(ContractError),
    }
}

/// [`f32`], shared out among a crew where that is worth it.
///
/// # Errors
/// As [`f32`].
pub fn f32_in_parts(
    function: Function,
    clamp: [f32; 2],
    pair: &Pair<'_, f32, f32, f32>,
    crew: Option<Crew<'_>>,
) -> Result {
    let Some(crew) = crew else {
        return f32(function, clamp, pair);
    };
    by_elements(crew, pair, |pair| f32(function, clamp, &pair))
}

/// A function of integers.
///
/// # Errors
/// [`ContractError`] where the shapes do not broadcast.
pub fn integer<T: Integer>(function: Function, pair: &Pair<'_, T, T, T>) -> Result {
    use Function::*;
    match function {
        Add => pair.map(T::add),
        Sub => pair.map(T::sub),
        Mul => pair.map(T::mul),
        Div => pair.map(T::div),
        Min => pair.map(T::min),
        Max => pair.map(T::max),
        Modulo => pair.map(T::modulo),
        Remainder => pair.map(T::remainder),
        PRelu => pair.map(|a, b| if a < T::default() { a.mul(b) } else { a }),
        And => pair.map(T::and),
        Or => pair.map(T::or),
        Xor => pair.map(T::xor),
        ShiftLeft => pair.map(T::shift_left),
        ShiftRight => pair.map(T::shift_right),
    }
}

/// A function of booleans.
///
/// # Errors
/// [`ContractError`] where the shapes do not broadcast or the function is one of numbers.
pub fn boolean(function: Function, pair: &Pair<'_, u8, u8, u8>) -> Result {
    match function {
        Function::And => pair.map(|a, b| u8::from(a != 0 && b != 0)),
        Function::Or => pair.map(|a, b| u8::from(a != 0 || b != 0)),
        Function::Xor => pair.map(|a, b| u8::from((a != 0) != (b != 0))),
        _ => Err(ContractError),
    }
}

/// A comparison of numbers; with NaN, always false.
///
/// # Errors
/// [`ContractError`] where the shapes do not broadcast.
pub fn compare<T: Copy + Default + PartialOrd>(
    comparison: Comparison,
    pair: &Pair<'_, T, T, u8>,
) -> Result {
    match comparison {
        Comparison::Equal => pair.map(|a, b| u8::from(a == b)),
        Comparison::Less => pair.map(|a, b| u8::from(a < b)),
        Comparison::LessOrEqual => pair.map(|a, b| u8::from(a <= b)),
    }
}

/// Whether booleans are equal.
///
/// # Errors
/// [`ContractError`] where the shapes do not broadcast.
pub fn equal_booleans(pair: &Pair<'_, u8, u8, u8>) -> Result {
    pair.map(|a, b| u8::from((a != 0) == (b != 0)))
}
