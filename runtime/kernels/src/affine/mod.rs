//! Between real values and 8 or 16 bits, and between int8 scales (ONNX `QuantizeLinear`, `DequantizeLinear`).
//!
//! The output may overlap the input as [`Overlap::elementwise`](crate::Overlap::elementwise) says.

use core::cell::Cell;

use crate::requantize::{Multiplier, Quant, round_to_i32};
use crate::{Integer, Result, require};

/// `sat(rne(x / scale) + zero_point)`; NaN gives the zero point.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ or the zero point is no element.
pub fn quantize<Q: Integer>(
    scale: f32,
    zero_point: i32,
    input: &[Cell<f32>],
    output: &[Cell<Q>],
) -> Result {
    require(input.len() == output.len() && Q::saturate(zero_point).into() == zero_point)?;
    for (x, y) in input.iter().zip(output) {
        let x = x.get();
        let steps = if x.is_nan() {
            0
        } else {
            round_to_i32(x / scale)
        };
        y.set(Q::saturate(steps + zero_point));
    }
    Ok(())
}

/// `(x - zero_point) * scale`.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ or the zero point is no element.
pub fn dequantize<Q: Integer>(
    scale: f32,
    zero_point: i32,
    input: &[Cell<Q>],
    output: &[Cell<f32>],
) -> Result {
    require(input.len() == output.len() && Q::saturate(zero_point).into() == zero_point)?;
    for (x, y) in input.iter().zip(output) {
        let x: i32 = x.get().into();
        y.set((x - zero_point) as f32 * scale);
    }
    Ok(())
}

/// From one scale and zero point to another.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ or a zero point is not an i8.
pub fn requantize(
    quant: &Quant,
    multiplier: Multiplier,
    input: &[Cell<i8>],
    output: &[Cell<i8>],
) -> Result {
    require(input.len() == output.len())?;
    quant.check()?;
    for (x, y) in input.iter().zip(output) {
        let difference = i32::from(x.get()) - quant.input_zero_point;
        y.set(quant.finish(multiplier.scale(difference)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn quantize_rounds_half_to_even_and_saturates() {
        let x = cells(&[0.25f32, 0.75, -0.25, 1e9, -1e9, f32::NAN, f32::INFINITY]);
        let y = cells(&[0i8; 7]);
        quantize(0.5, 10, &x, &y).unwrap();
        assert_eq!(values(&y), [10, 12, 10, 127, -128, 10, 127]);
    }

    #[test]
    fn a_round_trip_keeps_every_value() {
        let all: std::vec::Vec<i8> = (-128..=127).map(|x| x as i8).collect();
        let (x, real, y) = (cells(&all), cells(&[0.0f32; 256]), cells(&[0i8; 256]));
        dequantize(0.037, -7, &x, &real).unwrap();
        quantize(0.037, -7, &real, &y).unwrap();
        assert_eq!(values(&y), all);
        let unsigned = cells(&[0u8; 256]);
        quantize(0.037, 121, &real, &unsigned).unwrap();
        assert_eq!(values(&unsigned), (0..=255).collect::<std::vec::Vec<u8>>());
        assert!(quantize(0.037, -7, &real, &unsigned).is_err());
    }
}
