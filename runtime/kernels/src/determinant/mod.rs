//! Determinants of square matrices in f32 (ONNX `Det`, up to opset 22).
//!
//! Shapes: input `[.., n, n]`, output `[..]`, scratch `[n, n]`, whose content afterwards is undefined. None
//! may overlap. Gaussian elimination with partial pivoting, in the order of the rows.

use core::cell::Cell;

use crate::{Result, load, product, require, store};

/// Determinants of the `size` by `size` matrices of `input`.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths do not fit.
pub fn f32(
    size: usize,
    input: &[Cell<f32>],
    output: &[Cell<f32>],
    scratch: &[Cell<f32>],
) -> Result {
    let elements = product(&[size, size]);
    require(size > 0 && elements == Some(scratch.len()))?;
    require(product(&[output.len(), scratch.len()]) == Some(input.len()))?;
    for (matrix, y) in input.chunks_exact(scratch.len().max(1)).zip(output) {
        for (x, scratch) in matrix.iter().zip(scratch) {
            scratch.set(x.get());
        }
        y.set(eliminate(size, scratch));
    }
    Ok(())
}

/// The determinant of `m`, which becomes an upper triangle.
fn eliminate(size: usize, m: &[Cell<f32>]) -> f32 {
    let mut determinant = 1.0;
    for column in 0..size {
        let magnitude = |row: usize| load(m, row * size + column).abs();
        let pivot = (column + 1..size).fold(column, |best, row| {
            // A NaN must not be passed over for a zero.
            let better = magnitude(row) > magnitude(best) || magnitude(row).is_nan();
            if better { row } else { best }
        });
        if pivot != column {
            for k in column..size {
                let (a, b) = (pivot * size + k, column * size + k);
                let above = load(m, b);
                store(m, b, load(m, a));
                store(m, a, above);
            }
            determinant = -determinant;
        }
        let diagonal = load(m, column * size + column);
        determinant *= diagonal;
        if diagonal == 0.0 {
            break;
        }
        for row in column + 1..size {
            let factor = load(m, row * size + column) / diagonal;
            for k in column + 1..size {
                let at = row * size + k;
                store(m, at, load(m, at) - factor * load(m, column * size + k));
            }
        }
    }
    determinant
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};
    use proptest::prelude::*;

    /// By the permutations of the columns.
    fn leibniz(m: &[f64; 9]) -> f64 {
        let [a, b, c, d, e, f, g, h, i] = *m;
        a * e * i + b * f * g + c * d * h - c * e * g - b * d * i - a * f * h
    }

    proptest! {
        #[test]
        fn is_close_to_the_exact_one(m: [i8; 9]) {
            let (x, y, scratch) = (m.map(f32::from), cells(&[0.0f32]), cells(&[0.0f32; 9]));
            f32(3, &cells(&x), &y, &scratch).unwrap();
            let wanted = leibniz(&m.map(f64::from));
            prop_assert!((f64::from(values(&y)[0]) - wanted).abs() < 4.0);
        }
    }

    #[test]
    fn swaps_rows_and_knows_singular_matrices() {
        let x = cells(&[0.0f32, 1.0, 1.0, 0.0, 2.0, 4.0, 1.0, 2.0]);
        let (y, scratch) = (cells(&[9.0f32; 2]), cells(&[0.0f32; 4]));
        f32(2, &x, &y, &scratch).unwrap();
        assert_eq!(values(&y), [-1.0, 0.0]);
        let nan = cells(&[0.0f32, 1.0, f32::NAN, 1.0]);
        f32(2, &nan, &y[..1], &scratch).unwrap();
        assert!(values(&y)[0].is_nan());
        assert!(f32(2, &x[1..], &y, &scratch).is_err());
    }
}
