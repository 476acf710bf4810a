//! Places of an affinely moved image (ONNX `AffineGrid`, opset 20) in f32.
//!
//! Theta `[n, axes, axes + 1]` for 2 or 3 axes, output `[n, (d,) h, w, axes]`: theta times the place of each element
//! and 1, where a place names the innermost axis first and goes from -1 to 1: from centre to centre of the first
//! and last element where corners are aligned (0 where there is only one), else from edge to edge. Computed in
//! f64 and rounded once. Input and output must not overlap.

use core::cell::Cell;

use crate::{Result, Source, product, require, store};

/// Operands of an affine grid.
#[derive(Clone, Copy)]
pub struct AffineGrid<'a> {
    /// Number of matrices.
    pub batch: usize,
    /// Depth, height and width.
    pub extents: [usize; 3],
    /// 2 where there is no depth, else 3.
    pub axes: usize,
    /// Whether -1 and 1 are centres of elements, not edges.
    pub align_corners: bool,
    /// `[n, axes, axes + 1]`.
    pub theta: Source<'a, f32>,
    /// `[n, (d,) h, w, axes]`.
    pub output: &'a [Cell<f32>],
}

/// Computes the places.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn f32(op: &AffineGrid<'_>) -> Result {
    let [depth, height, width] = op.extents;
    require(op.axes == 3 || (op.axes == 2 && depth == 1))?;
    require(product(&[op.batch, op.axes, op.axes + 1]) == Some(op.theta.len()))?;
    let places = product(&op.extents);
    let elements = places.and_then(|places| product(&[op.batch, places, op.axes]));
    require(elements == Some(op.output.len()))?;
    if op.output.is_empty() {
        return Ok(());
    }
    let at = |index: usize, extent: usize| coordinate(index, extent, op.align_corners);
    let mut to = 0;
    for batch in 0..op.batch {
        for z in 0..depth {
            for y in 0..height {
                for x in 0..width {
                    let place = [at(x, width), at(y, height), at(z, depth)];
                    for row in 0..op.axes {
                        let first = (batch * op.axes + row) * (op.axes + 1);
                        let theta = |column: usize| f64::from(op.theta.get(first + column));
                        let axes = place.iter().take(op.axes).enumerate();
                        let moved = axes.fold(theta(op.axes), |sum, (axis, &coordinate)| {
                            sum + theta(axis) * coordinate
                        });
                        store(op.output, to, moved as f32);
                        to += 1;
                    }
                }
            }
        }
    }
    Ok(())
}

fn coordinate(index: usize, extent: usize, align_corners: bool) -> f64 {
    let (index, extent) = (index as f64, extent as f64);
    match align_corners {
        true if extent <= 1.0 => 0.0,
        true => (2.0 * index - (extent - 1.0)) / (extent - 1.0),
        false => (2.0 * index + 1.0 - extent) / extent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn the_identity_gives_each_element_its_own_place() {
        let output = cells(&[9.0f32; 12]);
        let op = AffineGrid {
            batch: 1,
            extents: [1, 2, 3],
            axes: 2,
            align_corners: true,
            theta: Source::Constant(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.5]),
            output: &output,
        };
        f32(&op).unwrap();
        let wanted = [
            -1.0, -0.5, 0.0, -0.5, 1.0, -0.5, -1.0, 1.5, 0.0, 1.5, 1.0, 1.5,
        ];
        assert_eq!(values(&output), wanted);
        let edges = AffineGrid {
            align_corners: false,
            ..op
        };
        f32(&edges).unwrap();
        assert_eq!(values(&output)[..2], [-2.0 / 3.0, 0.0]);
        assert!(f32(&AffineGrid { axes: 3, ..op }).is_err());
    }

    #[test]
    fn volumes_have_three_coordinates() {
        let output = cells(&[9.0f32; 6]);
        f32(&AffineGrid {
            batch: 1,
            extents: [2, 1, 1],
            axes: 3,
            align_corners: true,
            theta: Source::Constant(&[1.0, 0.0, 0.0, 7.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0]),
            output: &output,
        })
        .unwrap();
        assert_eq!(values(&output), [7.0, 0.0, -2.0, 7.0, 0.0, 2.0]);
    }
}
