//! Tensors one behind the other along an axis (ONNX `Concat`).
//!
//! Elements are moved as 1, 2, 4 or 8 bytes, whatever their type. No input may overlap the output.

use core::cell::Cell;

use crate::{Axis, ContractError, Result, Source, product, require, store};

/// One input: its extent along the axis, and its elements.
pub type Part<'a, T> = core::result::Result<(usize, Source<'a, T>), ContractError>;

/// Joins `parts` along `axis` of the output.
///
/// # Errors
/// [`ContractError`] where the parts' extents do not add up to the axis, a length is not that of its extents,
/// or a part is itself an error.
pub fn copy<'a, T: Copy + Default + 'a>(
    axis: Axis,
    parts: impl Iterator<Item = Part<'a, T>> + Clone,
    output: &[Cell<T>],
) -> Result {
    require(axis.elements() == Some(output.len()))?;
    let mut filled = 0usize;
    for part in parts.clone() {
        let (length, input) = part?;
        require(product(&[axis.outer, length, axis.inner]) == Some(input.len()))?;
        filled = filled.checked_add(length).ok_or(ContractError)?;
    }
    require(filled == axis.length)?;
    if output.is_empty() {
        return Ok(());
    }
    let mut column = 0;
    for part in parts {
        let (length, input) = part?;
        let run = length * axis.inner;
        for outer in 0..axis.outer {
            let to = axis.element(outer, column, 0);
            for i in 0..run {
                store(output, to + i, input.get(outer * run + i));
            }
        }
        column += length;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    fn joined(axis: Axis, parts: &[(usize, &[i16])]) -> Option<std::vec::Vec<i16>> {
        let output = cells(&std::vec![0; axis.elements().unwrap()]);
        let parts = parts.iter();
        let parts = parts.map(|&(length, values)| Ok((length, Source::Constant(values))));
        copy(axis, parts, &output).ok()?;
        Some(values(&output))
    }

    #[test]
    fn rows_and_columns() {
        let (a, b) = ([1, 2, 3, 4], [5, 6]);
        let columns = Axis::of(&[2, 3], 1).unwrap();
        let wanted = [1, 2, 5, 3, 4, 6];
        assert_eq!(joined(columns, &[(2, &a), (1, &b)]).unwrap(), wanted);
        let rows = Axis::of(&[3, 2], 0).unwrap();
        let wanted = [1, 2, 3, 4, 5, 6];
        assert_eq!(joined(rows, &[(2, &a), (0, &[]), (1, &b)]).unwrap(), wanted);
    }

    #[test]
    fn refuses_parts_that_do_not_fill_the_axis() {
        let axis = Axis::of(&[2, 3], 1).unwrap();
        assert!(joined(axis, &[(2, &[1, 2, 3, 4])]).is_none());
        assert!(joined(axis, &[(2, &[1, 2, 3, 4]), (1, &[5])]).is_none());
        assert!(joined(axis, &[(3, &[0; 6]), (usize::MAX, &[])]).is_none());
    }
}
