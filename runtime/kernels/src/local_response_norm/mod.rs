//! Division by the size of the neighbours along an axis in f32 (ONNX `LRN`, opset 13).
//!
//! Shapes: input and output `[outer, length, inner]`. `y = x / (bias + alpha / size * s)^beta` with s the sum
//! of the squares of the `size` elements around x along the axis, of which `(size - 1) / 2` come before it;
//! those outside do not count. Input and output must not overlap. Needs no scratch memory.

use core::cell::Cell;

use crate::math::pow;
use crate::{Result, load, product, require, store};

/// Operands of a local response normalisation.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// Product of the extents before the axis.
    pub outer: usize,
    /// Extent of the axis.
    pub length: usize,
    /// Product of the extents behind the axis.
    pub inner: usize,
    /// Number of neighbours, the element itself included.
    pub size: usize,
    /// Factor of the mean square.
    pub alpha: f32,
    /// Exponent.
    pub beta: f32,
    /// Summand.
    pub bias: f32,
    /// What is normalised.
    pub input: &'a [Cell<f32>],
    /// The result.
    pub output: &'a [Cell<f32>],
}

/// Normalises.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths do not fit, or there are no neighbours.
pub fn f32(op: &F32<'_>) -> Result {
    let elements = product(&[op.outer, op.length, op.inner]);
    require(elements == Some(op.input.len()) && elements == Some(op.output.len()))?;
    require(op.size > 0)?;
    if op.input.is_empty() {
        return Ok(());
    }
    let (before, behind) = ((op.size - 1) / 2, op.size / 2);
    let scale = op.alpha / op.size as f32;
    for outer in 0..op.outer {
        for middle in 0..op.length {
            let first = middle.saturating_sub(before);
            let last = middle.saturating_add(behind).min(op.length - 1);
            for inner in 0..op.inner {
                let at = |index: usize| (outer * op.length + index) * op.inner + inner;
                let mut sum = 0.0f32;
                for index in first..=last {
                    let x = load(op.input, at(index));
                    sum += x * x;
                }
                let base = op.bias + scale * sum;
                let divisor = pow(f64::from(base), f64::from(op.beta)) as f32;
                store(op.output, at(middle), load(op.input, at(middle)) / divisor);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn an_even_window_reaches_further_behind() {
        let input = cells(&[1.0f32, 10.0, 2.0, 20.0, 3.0, 30.0]);
        let output = cells(&[0.0f32; 6]);
        let op = F32 {
            outer: 1,
            length: 3,
            inner: 2,
            size: 2,
            alpha: 2.0,
            beta: 1.0,
            bias: 0.0,
            input: &input,
            output: &output,
        };
        f32(&op).unwrap();
        let wanted = [0.2, 0.02, 2.0 / 13.0, 0.2 / 13.0, 1.0 / 3.0, 1.0 / 30.0];
        for (y, wanted) in values(&output).into_iter().zip(wanted) {
            assert!((y - wanted).abs() < 1e-6, "{y} for {wanted}");
        }
        assert!(f32(&F32 { size: 0, ..op }).is_err());
        assert!(f32(&F32 { outer: 2, ..op }).is_err());
    }
}
