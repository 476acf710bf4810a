//! From one element type to another (ONNX `Cast`, opsets 9 to 28, without strings and floats below 16 bits).
//!
//! Between floats: to nearest, ties to even. Float to integer: towards zero, saturated; NaN gives 0.
//! Integer to float: to nearest. Between integers: the low bits. To a boolean: whether it is not 0.
//!
//! Elements are written first to last. The output may overlap the input as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says.

use core::cell::Cell;

use half::{bf16, f16};

use crate::{Result, Source, require, store};

/// Elements to be converted, by type. Those of 16-bit floats are given as their bits.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// IEEE 754 binary32.
    F32(Source<'a, f32>),
    /// IEEE 754 binary16.
    F16(Source<'a, u16>),
    /// bfloat16.
    Bf16(Source<'a, u16>),
    /// Signed 8 bits.
    I8(Source<'a, i8>),
    /// Unsigned 8 bits.
    U8(Source<'a, u8>),
    /// Signed 16 bits.
    I16(Source<'a, i16>),
    /// Signed 32 bits.
    I32(Source<'a, i32>),
    /// Signed 64 bits.
    I64(Source<'a, i64>),
    /// Any byte but 0 is true.
    Bool(Source<'a, u8>),
}

/// Where the results go, by type.
#[derive(Clone, Copy)]
pub enum Output<'a> {
    /// IEEE 754 binary32.
    F32(&'a [Cell<f32>]),
    /// IEEE 754 binary16.
    F16(&'a [Cell<u16>]),
    /// bfloat16.
    Bf16(&'a [Cell<u16>]),
    /// Signed 8 bits.
    I8(&'a [Cell<i8>]),
    /// Unsigned 8 bits.
    U8(&'a [Cell<u8>]),
    /// Signed 16 bits.
    I16(&'a [Cell<i16>]),
    /// Signed 32 bits.
    I32(&'a [Cell<i32>]),
    /// Signed 64 bits.
    I64(&'a [Cell<i64>]),
    /// 0 or 1.
    Bool(&'a [Cell<u8>]),
}

/// A type that holds every element exactly.
#[derive(Clone, Copy)]
enum Number {
    Float(f32),
    Integer(i64),
}

/// Converts every element.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ.
pub fn cast(input: Input<'_>, output: Output<'_>) -> Result {
    require(input.len() == output.len())?;
    for index in 0..output.len() {
        output.set(index, input.get(index));
    }
    Ok(())
}

impl Input<'_> {
    fn len(&self) -> usize {
        match self {
            Input::F32(x) => x.len(),
            Input::F16(x) | Input::Bf16(x) => x.len(),
            Input::I8(x) => x.len(),
            Input::U8(x) | Input::Bool(x) => x.len(),
            Input::I16(x) => x.len(),
            Input::I32(x) => x.len(),
            Input::I64(x) => x.len(),
        }
    }

    fn get(&self, index: usize) -> Number {
        match self {
            Input::F32(x) => Number::Float(x.get(index)),
            Input::F16(x) => Number::Float(f16::from_bits(x.get(index)).to_f32()),
            Input::Bf16(x) => Number::Float(bf16::from_bits(x.get(index)).to_f32()),
            Input::I8(x) => Number::Integer(x.get(index).into()),
            Input::U8(x) => Number::Integer(x.get(index).into()),
            Input::I16(x) => Number::Integer(x.get(index).into()),
            Input::I32(x) => Number::Integer(x.get(index).into()),
            Input::I64(x) => Number::Integer(x.get(index)),
            Input::Bool(x) => Number::Integer((x.get(index) != 0).into()),
        }
    }
}

impl Output<'_> {
    fn len(&self) -> usize {
        match self {
            Output::F32(y) => y.len(),
            Output::F16(y) | Output::Bf16(y) => y.len(),
            Output::I8(y) => y.len(),
            Output::U8(y) | Output::Bool(y) => y.len(),
            Output::I16(y) => y.len(),
            Output::I32(y) => y.len(),
            Output::I64(y) => y.len(),
        }
    }

    fn set(&self, index: usize, number: Number) {
        /// Saturates a float, wraps an integer.
        macro_rules! whole {
            ($cells:expr) => {
                match number {
                    Number::Float(x) => store($cells, index, x as _),
                    Number::Integer(x) => store($cells, index, x as _),
                }
            };
        }
        match self {
            Output::F32(y) => whole!(y),
            Output::F16(y) => store(y, index, number.to_f16().to_bits()),
            Output::Bf16(y) => store(y, index, number.to_bf16().to_bits()),
            Output::I8(y) => whole!(y),
            Output::U8(y) => whole!(y),
            Output::I16(y) => whole!(y),
            Output::I32(y) => whole!(y),
            Output::I64(y) => whole!(y),
            Output::Bool(y) => store(y, index, number.is_true().into()),
        }
    }
}

impl Number {
    fn to_f16(self) -> f16 {
        match self {
            Number::Float(x) => f16::from_f32(x),
            Number::Integer(x) => f16::from_f64(x as f64),
        }
    }

    fn to_bf16(self) -> bf16 {
        match self {
            Number::Float(x) => bf16::from_f32(x),
            Number::Integer(x) => bf16::from_f64(x as f64),
        }
    }

    fn is_true(self) -> bool {
        match self {
            Number::Float(x) => x != 0.0,
            Number::Integer(x) => x != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn floats_are_truncated_and_saturated() {
        let x = cells(&[1.9f32, -1.9, 300.0, -1e20, f32::NAN, f32::INFINITY]);
        let x = Input::F32(Source::Cells(&x));
        let (bytes, words) = (cells(&[0u8; 6]), cells(&[0i64; 6]));
        cast(x, Output::U8(&bytes)).unwrap();
        assert_eq!(values(&bytes), [1, 0, 255, 0, 0, 255]);
        cast(x, Output::I64(&words)).unwrap();
        assert_eq!(values(&words), [1, -1, 300, i64::MIN, 0, i64::MAX]);
        assert!(cast(x, Output::I64(&words[1..])).is_err());
    }

    #[test]
    fn integers_keep_their_low_bits() {
        let x = Input::I16(Source::Constant(&[200, -129, 256]));
        let (y, truth) = (cells(&[0i8; 3]), cells(&[9u8; 3]));
        cast(x, Output::I8(&y)).unwrap();
        assert_eq!(values(&y), [-56, 127, 0]);
        cast(x, Output::Bool(&truth)).unwrap();
        assert_eq!(values(&truth), [1, 1, 1]);
    }

    #[test]
    fn halves_round_to_even() {
        // 1 + 2^-11 is half way to the next binary16, 70000 beyond the last; 1 + 2^-8 half way in bfloat16.
        let x = Input::F32(Source::Constant(&[
            1.000_488_3,
            70_000.0,
            -0.0,
            1.003_906_3,
        ]));
        let (half, brain, back) = (cells(&[0u16; 4]), cells(&[0u16; 4]), cells(&[0f32; 4]));
        cast(x, Output::F16(&half)).unwrap();
        cast(Input::F16(Source::Cells(&half)), Output::F32(&back)).unwrap();
        assert_eq!(values(&back), [1.0, f32::INFINITY, 0.0, 1.003_906_3]);
        cast(x, Output::Bf16(&brain)).unwrap();
        cast(Input::Bf16(Source::Cells(&brain)), Output::F32(&back)).unwrap();
        assert_eq!(values(&back), [1.0, 70_144.0, 0.0, 1.0]);
    }

    #[test]
    fn truth_is_one() {
        let y = cells(&[0f32; 3]);
        cast(Input::Bool(Source::Constant(&[0, 1, 255])), Output::F32(&y)).unwrap();
        assert_eq!(values(&y), [0.0, 1.0, 1.0]);
        let truth = cells(&[9u8; 2]);
        cast(
            Input::F32(Source::Constant(&[-0.0, f32::NAN])),
            Output::Bool(&truth),
        )
        .unwrap();
        assert_eq!(values(&truth), [0, 1]);
    }
}
