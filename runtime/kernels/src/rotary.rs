//! Rotary position embedding at a run-time position, in f32 (ONNX `RotaryEmbedding`, opset 23; Su et al., "RoFormer",
//! 2021).
//!
//! Shapes, with n tokens of h heads of length s, of which the first 2r elements are turned: input and output `[n, h*s]`,
//! tables of cosines and sines `[c, r]`, one row a position. The output may overlap the input as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, or lie where that does.
//!
//! Token i takes row `position + i` of the tables. The pair `(a, b)` becomes `(a cos - b sin, a sin + b cos)`, products
//! and sums rounded one by one; pairs are elements i and i + r, or neighbours where they are interleaved. Tokens without
//! a row are as they were.

use core::cell::Cell;

use crate::{Result, load, product, require, store};

/// Operands of a rotation.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// Number of heads, h.
    pub heads: usize,
    /// Length of a head, s.
    pub size: usize,
    /// Pairs that are turned, r.
    pub pairs: usize,
    /// Whether pairs are neighbours.
    pub is_interleaved: bool,
    /// Row of the first token.
    pub position: usize,
    /// `[n, h*s]`.
    pub input: &'a [Cell<f32>],
    /// `[c, r]`.
    pub cosines: &'a [f32],
    /// `[c, r]`.
    pub sines: &'a [f32],
    /// `[n, h*s]`.
    pub output: &'a [Cell<f32>],
}

/// Turns the pairs.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where extents and lengths do not fit.
pub fn f32(op: &F32<'_>) -> Result {
    let a_token = product(&[op.heads, op.size]).unwrap_or(0);
    require(a_token > 0 && op.input.len().is_multiple_of(a_token))?;
    require(op.input.len() == op.output.len() && op.pairs > 0)?;
    require(product(&[op.pairs, 2]).is_some_and(|turned| turned <= op.size))?;
    require(op.cosines.len() == op.sines.len() && op.cosines.len().is_multiple_of(op.pairs))?;
    // Element by element, so that the output may lie before the input.
    for index in 0..op.input.len() {
        store(op.output, index, load(op.input, index));
    }
    // `max(1)`, here and below, says to the compiler what was just checked.
    for (number, token) in op.output.chunks_exact(a_token.max(1)).enumerate() {
        let first = op.position.saturating_add(number).saturating_mul(op.pairs);
        let [Some(cosines), Some(sines)] = [op.cosines, op.sines].map(|table| {
            let row = table.get(first..)?;
            row.get(..op.pairs)
        }) else {
            break;
        };
        for head in token.chunks_exact(op.size.max(1)) {
            for (pair, (cosine, sine)) in cosines.iter().zip(sines).enumerate() {
                let [first, second] = match op.is_interleaved {
                    true => [2 * pair, 2 * pair + 1],
                    false => [pair, pair + op.pairs],
                };
                let (a, b) = (load(head, first), load(head, second));
                store(head, first, a * cosine - b * sine);
                store(head, second, a * sine + b * cosine);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    const COSINES: &[f32] = &[1.0, 1.0, 0.0, -1.0];
    const SINES: &[f32] = &[0.0, 0.0, 1.0, 0.0];

    fn turned(op: F32<'_>) -> std::vec::Vec<f32> {
        f32(&op).unwrap();
        values(op.output)
    }

    #[test]
    fn turns_pairs_at_their_position() {
        let input = cells(&[1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let output = cells(&[0.0f32; 10]);
        let op = F32 {
            heads: 1,
            size: 5,
            pairs: 2,
            is_interleaved: false,
            position: 0,
            input: &input,
            cosines: COSINES,
            sines: SINES,
            output: &output,
        };
        let second = [-3.0, -2.0, 1.0, -4.0, 5.0];
        assert_eq!(turned(op)[..5], [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(turned(op)[5..], second);
        let interleaved = F32 {
            is_interleaved: true,
            ..op
        };
        assert_eq!(turned(interleaved)[5..], [-2.0, 1.0, -3.0, -4.0, 5.0]);
        let late = F32 { position: 1, ..op };
        assert_eq!(turned(late)[..5], second);
        assert_eq!(turned(late)[5..], [1.0, 2.0, 3.0, 4.0, 5.0], "no row");
    }

    #[test]
    fn turns_in_place() {
        let both = cells(&[1.0f32, 2.0, 3.0, 4.0]);
        let op = F32 {
            heads: 2,
            size: 2,
            pairs: 1,
            is_interleaved: false,
            position: 0,
            input: &both,
            cosines: &[0.0],
            sines: &[1.0],
            output: &both,
        };
        assert_eq!(turned(op), [-2.0, 1.0, -4.0, 3.0]);
    }

    #[test]
    fn refuses_lengths_that_do_not_fit() {
        let (input, output) = (cells(&[0.0f32; 8]), cells(&[0.0f32; 8]));
        let good = F32 {
            heads: 2,
            size: 4,
            pairs: 2,
            is_interleaved: false,
            position: 0,
            input: &input,
            cosines: COSINES,
            sines: SINES,
            output: &output,
        };
        f32(&good).unwrap();
        let refused = [
            F32 { heads: 0, ..good },
            F32 { heads: 3, ..good },
            F32 { pairs: 0, ..good },
            F32 { pairs: 3, ..good },
            F32 {
                sines: &SINES[1..],
                ..good
            },
            F32 {
                output: &output[1..],
                ..good
            },
        ];
        for (index, bad) in refused.iter().enumerate() {
            assert!(f32(bad).is_err(), "{index}");
        }
    }
}
