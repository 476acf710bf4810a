//! From u8 to i8 and back, with the zero point moved by 128: flips the highest bit of each element.
//!
//! The output may overlap the input as [`Overlap::elementwise`](crate::Overlap::elementwise) says.

use core::cell::Cell;

use crate::{Result, require};

/// `x - 128` from u8 to i8, which is `x + 128` from i8 to u8.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ.
pub fn flip(input: &[Cell<u8>], output: &[Cell<u8>]) -> Result {
    require(input.len() == output.len())?;
    for (x, y) in input.iter().zip(output) {
        y.set(x.get() ^ 0x80);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn moves_the_zero_point() {
        let x = cells(&[0u8, 127, 128, 255]);
        flip(&x, &x).unwrap();
        let signed: std::vec::Vec<i8> = values(&x).iter().map(|&x| x as i8).collect();
        assert_eq!(signed, [-128, -1, 0, 127]);
        assert!(flip(&x, &x[1..]).is_err());
    }
}
