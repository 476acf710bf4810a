//! Poolings over one to three spatial axes (ONNX `MaxPool`, `AveragePool`, `LpPool` and their global forms, to
//! opset 22).
//!
//! Shapes: input `[d, h, w, c]`, output `[od, oh, ow, c]`. Windows are cut to the input. Input and output must
//! not overlap. Needs no scratch memory.
//!
//! `max_pool2d` and `average_pool2d` are the faster special cases.

mod scalar;
#[cfg(test)]
mod tests;

use core::cell::Cell;

use crate::{ContractError, Maximum, Result, Window3d, require};

/// Operands of a max pooling.
#[derive(Clone, Copy)]
pub struct Max<'a, T> {
    /// Extents and window.
    pub window: Window3d,
    /// `[d, h, w, c]`.
    pub input: &'a [Cell<T>],
    /// Where the largest elements lie, where that is asked for.
    pub indices: Option<Indices<'a>>,
    /// `[od, oh, ow, c]`.
    pub output: &'a [Cell<T>],
}

/// Places of the largest elements, as ONNX counts them: flat in `[n, c, d, h, w]`.
#[derive(Clone, Copy)]
pub struct Indices<'a> {
    /// Index of the example's first element.
    pub first: usize,
    /// Whether the spatial axes count from the first one (`storage_order` 1), not from the last.
    pub column_major: bool,
    /// `[od, oh, ow, c]`; -1 for a window that lies wholly in the padding.
    pub output: &'a [Cell<i64>],
}

/// Operands of an average pooling.
#[derive(Clone, Copy)]
pub struct Average<'a> {
    /// Extents and window.
    pub window: Window3d,
    /// Padding behind each axis, where padded taps count in the divisor. Taps beyond it never do.
    pub counted_padding: Option<[usize; 3]>,
    /// `[d, h, w, c]`.
    pub input: &'a [Cell<f32>],
    /// `[od, oh, ow, c]`.
    pub output: &'a [Cell<f32>],
}

/// Operands of a pooling by the p-norm.
#[derive(Clone, Copy)]
pub struct Lp<'a> {
    /// Extents and window.
    pub window: Window3d,
    /// Order of the norm, at least 1.
    pub p: u32,
    /// `[d, h, w, c]`.
    pub input: &'a [Cell<f32>],
    /// `[od, oh, ow, c]`.
    pub output: &'a [Cell<f32>],
}

/// Largest element; of equal ones the first, of NaN the last. A window wholly in the padding gives the least
/// value of the type.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit.
pub fn max<T: Maximum>(op: &Max<'_, T>) -> Result {
    check(&op.window, op.input.len(), op.output.len())?;
    if let Some(indices) = op.indices {
        require(indices.output.len() == op.output.len())?;
        let last = indices.first.checked_add(op.input.len());
        require(last.is_some_and(|last| i64::try_from(last).is_ok()))?;
    }
    scalar::max(op);
    Ok(())
}

/// Sum in the order of the taps, divided once by their number.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit.
pub fn average(op: &Average<'_>) -> Result {
    check(&op.window, op.input.len(), op.output.len())?;
    scalar::average(op);
    Ok(())
}

/// `(sum of |x|^p)^(1/p)`, computed in f64.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit, or where `p` is 0.
pub fn lp(op: &Lp<'_>) -> Result {
    check(&op.window, op.input.len(), op.output.len())?;
    require(op.p > 0)?;
    scalar::lp(op);
    Ok(())
}

fn check(
    window: &Window3d,
    input: usize,
    output: usize,
) -> core::result::Result<(), ContractError> {
    let ([.., inputs], [.., outputs]) = (window.input, window.output);
    window.check(input, output)?;
    require(inputs == outputs)
}
