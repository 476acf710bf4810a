//! Any function of an 8-bit element, as a table made by the compiler.
//!
//! Entry `x + 128` is the result for `x`. The output may overlap the input as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says.

use core::cell::Cell;

use crate::{Result, require};

/// Looks every element up in `table` (256 entries).
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ or the table is not of 256 entries.
pub fn i8(table: &[i8], input: &[Cell<i8>], output: &[Cell<i8>]) -> Result {
    require(table.len() == 256 && input.len() == output.len())?;
    for (x, y) in input.iter().zip(output) {
        let index = (i32::from(x.get()) + 128).unsigned_abs() as usize;
        y.set(table.get(index).copied().unwrap_or(0));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};
    use std::vec::Vec;

    #[test]
    fn entry_zero_is_for_the_least_value() {
        let table: Vec<i8> = (0..256).map(|i| (127 - i) as i8).collect();
        let x = cells(&[-128i8, 0, 127]);
        i8(&table, &x, &x).unwrap();
        assert_eq!(values(&x), [127, -1, -128]);
        assert!(i8(&table[1..], &x, &x).is_err());
    }
}
