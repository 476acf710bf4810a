//! Quantisation to u8 with a scale found at run time (ONNX `DynamicQuantizeLinear`, opset 11).

use core::cell::Cell;

use crate::requantize::round_to_i32;
use crate::{Result, require, store};

/// Quantises to u8: `scale` is the range of the elements and 0 over 255, 1 where they are all 0; `zero_point`
/// stands for 0. NaN does not widen the range and becomes the zero point.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ, or scale and zero point are not one each.
pub fn u8(
    input: &[Cell<f32>],
    output: &[Cell<u8>],
    scale: &[Cell<f32>],
    zero_point: &[Cell<u8>],
) -> Result {
    require(input.len() == output.len() && scale.len() == 1 && zero_point.len() == 1)?;
    let (mut min, mut max) = (0.0f32, 0.0f32);
    for x in input {
        min = min.min(x.get());
        max = max.max(x.get());
    }
    let step = if min == max { 1.0 } else { (max - min) / 255.0 };
    let zero = round_to_i32(-min / step).clamp(0, 255);
    store(scale, 0, step);
    store(zero_point, 0, zero as u8);
    for (x, y) in input.iter().zip(output) {
        let steps = round_to_i32(x.get() / step);
        y.set((steps + zero).clamp(0, 255) as u8);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_round_trip_stays_within_half_a_step(x in prop::collection::vec(-50.0f32..100.0, 1..40)) {
            let (y, scale, zero) = (cells(&std::vec![0u8; x.len()]), cells(&[0.0f32]), cells(&[0u8]));
            u8(&cells(&x), &y, &scale, &zero).unwrap();
            let (scale, zero) = (scale[0].get(), f32::from(zero[0].get()));
            for (x, y) in x.iter().zip(values(&y)) {
                // The zero point is rounded too.
                prop_assert!(((f32::from(y) - zero) * scale - x).abs() <= 1.01 * scale);
            }
        }
    }

    #[test]
    fn zeros_have_a_scale_and_nan_is_zero() {
        let (y, scale, zero) = (cells(&[7u8; 2]), cells(&[0.0f32]), cells(&[7u8]));
        u8(&cells(&[0.0, f32::NAN]), &y, &scale, &zero).unwrap();
        assert_eq!(
            (values(&y), values(&scale), values(&zero)),
            (std::vec![0; 2], std::vec![1.0], std::vec![0])
        );
        assert!(u8(&cells(&[0.0]), &y, &scale, &zero).is_err());
    }
}
