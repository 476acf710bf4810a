//! Weighted sums of neighbours along up to three axes (ONNX `Resize`, opset 19; `Upsample`).
//!
//! Shapes: input `[outer, d, h, w, inner]`, output `[outer, od, oh, ow, inner]`. Each axis has a table made by the
//! compiler, which holds all there is to know of coordinates, interpolation and borders: output position `o`
//! reads the `n` input positions from `first[o]` with `weights[o * n..][..n]`. Where `first` is -1, the position
//! lies outside, and the output is a given value. Input and output must not overlap.
//!
//! int8: both sides share scale and zero point `z`; `y = clamp(rne(sum of weights * (x - z)) + z)`, the sum in
//! f32, to -128..127.

mod scalar;

use crate::{Cell, ContractError, Result, product, require};

/// What output positions of one axis read.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// First input position, or -1, one an output position.
    pub first: &'a [i32],
    /// As many weights for each output position, one or more.
    pub weights: &'a [f32],
}

/// Operands of a resampling.
#[derive(Clone, Copy)]
pub struct Resample<'a, T> {
    /// Product of the extents before the three axes.
    pub outer: usize,
    /// Depth, height and width of the input.
    pub input_extents: [usize; 3],
    /// Depth, height and width of the output.
    pub output_extents: [usize; 3],
    /// Product of the extents behind the three axes.
    pub inner: usize,
    /// The tables; an axis without one is not changed.
    pub tables: [Option<Table<'a>>; 3],
    /// Result of positions outside the input.
    pub outside: T,
    /// `[outer, d, h, w, inner]`.
    pub input: &'a [Cell<T>],
    /// `[outer, od, oh, ow, inner]`.
    pub output: &'a [Cell<T>],
}

/// Resampling in f32, in the order of the taps: rows first, then planes.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit, or a table leaves the input.
pub fn f32(op: &Resample<'_, f32>) -> Result {
    check(op)?;
    scalar::f32(op);
    Ok(())
}

/// Resampling in int8.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit, a table leaves the input, or the zero point is not an
/// i8.
pub fn i8(op: &Resample<'_, i8>, zero_point: i32) -> Result {
    check(op)?;
    let zero_point = i8::try_from(zero_point).map_err(|_| ContractError)?;
    scalar::i8(op, i32::from(zero_point));
    Ok(())
}

fn check<T>(op: &Resample<'_, T>) -> Result {
    let elements = |extents: [usize; 3]| product(&[product(&extents)?, op.outer, op.inner]);
    require(elements(op.input_extents) == Some(op.input.len()))?;
    require(elements(op.output_extents) == Some(op.output.len()))?;
    let extents = op.input_extents.iter().zip(&op.output_extents);
    for (table, (&input, &output)) in op.tables.iter().zip(extents) {
        match table {
            Some(table) => table.check(input, output)?,
            None => require(input == output)?,
        }
    }
    Ok(())
}

impl Table<'_> {
    fn taps(&self) -> usize {
        self.weights
            .len()
            .checked_div(self.first.len())
            .unwrap_or(0)
    }

    fn check(&self, input: usize, output: usize) -> Result {
        let taps = self.taps();
        require(
            self.first.len() == output && taps.checked_mul(output) == Some(self.weights.len()),
        )?;
        let inside = |&first: &i32| match usize::try_from(first) {
            Ok(first) => first.checked_add(taps).is_some_and(|end| end <= input),
            Err(_) => first == -1,
        };
        require((taps > 0 || output == 0) && self.first.iter().all(inside))
    }
}

#[cfg(test)]
mod tests;
