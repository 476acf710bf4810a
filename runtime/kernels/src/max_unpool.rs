//! Puts the results of a max pooling back to where they came from, and zeros elsewhere (ONNX `MaxUnpool`,
//! opsets 9 to 22).
//!
//! Shapes: input and indices `[n, c, ..]`, output `[n, c, ..]`, all in ONNX's order. Indices count flat in
//! `shape`, which has the output's rank and may be smaller: the rest of the output is zero. Input and output
//! must not overlap. Needs no scratch memory.

use core::cell::Cell;

use crate::{ContractError, Result, Source, product, require, store, strides};

/// Operands of an unpooling.
#[derive(Clone, Copy)]
pub struct Unpool<'a> {
    /// Extents that the indices count in.
    pub shape: &'a [usize],
    /// Extents of the output.
    pub output_shape: &'a [usize],
    /// `[n, c, ..]`.
    pub input: &'a [Cell<f32>],
    /// One for each input element; of equal ones the last one's element stays, those outside `shape` are left out.
    pub indices: Source<'a, i64>,
    /// `[n, c, ..]`.
    pub output: &'a [Cell<f32>],
}

/// Unpooling in f32.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit.
pub fn f32(op: &Unpool<'_>) -> Result {
    let same_rank = op.shape.len() == op.output_shape.len();
    let fits = op.shape.iter().zip(op.output_shape).all(|(a, b)| a <= b);
    let elements = product(op.shape).ok_or(ContractError)?;
    require(same_rank && fits && product(op.output_shape) == Some(op.output.len()))?;
    require(op.input.len() == op.indices.len())?;
    let (from, to) = (strides(op.shape)?, strides(op.output_shape)?);
    for y in op.output {
        y.set(0.0);
    }
    for (i, x) in op.input.iter().enumerate() {
        let index = usize::try_from(op.indices.get(i)).ok();
        let Some(index) = index.filter(|&index| index < elements) else {
            continue;
        };
        let mut place = 0;
        for ((&extent, from), to) in op.shape.iter().zip(from).zip(to) {
            let coordinate = index.checked_div(from.unsigned_abs()).unwrap_or(0);
            place += coordinate.checked_rem(extent).unwrap_or(0) * to.unsigned_abs();
        }
        store(op.output, place, x.get());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn puts_elements_back_into_a_larger_plane() {
        let output = cells(&[9.0f32; 9]);
        let op = Unpool {
            shape: &[1, 1, 2, 2],
            output_shape: &[1, 1, 3, 3],
            input: &cells(&[7.0, 5.0, 8.0, 6.0]),
            indices: Source::Constant(&[-1, 1, 4, 2]),
            output: &output,
        };
        f32(&op).unwrap();
        assert_eq!(
            values(&output),
            [0.0, 5.0, 0.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        );
        let larger = &[1, 1, 4, 2];
        assert_eq!(
            f32(&Unpool {
                shape: larger,
                ..op
            }),
            Err(ContractError)
        );
    }
}
