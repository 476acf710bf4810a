//! Discrete Fourier transform along one axis, of one frame or of frames that follow each other at a distance
//! (ONNX `DFT`, opsets 17 to 20, and `STFT`, opset 17), in f32.
//!
//! Shapes: input `[outer, n, inner, c]` with c 1 (real) or 2 (complex), twiddles `[l, 2]` with cosine and
//! sine of `2 pi j / l`, window `[l]`, output `[outer, frames, bins, inner, c']`. Input and output must not
//! overlap. Needs no scratch memory; the sums are direct, in the order of the elements.
//!
//! Bin k of a frame is the sum over j of `window[j] x[j] e^(-2 pi i j k / l)`, where elements behind the input
//! are 0. The inverse has the other sign and is divided by l.

mod scalar;

use core::cell::Cell;

use crate::{Result, product, require};

/// Which transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Forward, to complex bins.
    Forward,
    /// Inverse, to complex elements.
    Inverse,
    /// Inverse of the first half of a Hermitian spectrum, to real elements.
    InverseHermitian,
}

/// Operands of a transform.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// Product of the extents before the axis.
    pub outer: usize,
    /// Extent of the input's axis, n.
    pub length: usize,
    /// Product of the extents between the axis and the components.
    pub inner: usize,
    /// Components of an input element, c.
    pub components: usize,
    /// Number of frames.
    pub frames: usize,
    /// Distance from one frame's first element to the next one's.
    pub hop: usize,
    /// Number of bins.
    pub bins: usize,
    /// Which transform.
    pub direction: Direction,
    /// `[outer, n, inner, c]`.
    pub input: &'a [Cell<f32>],
    /// `[l, 2]`.
    pub twiddles: &'a [f32],
    /// `[l]`; 1 where not given.
    pub window: Option<&'a [f32]>,
    /// `[outer, frames, bins, inner, c']`, with c' 1 for the Hermitian inverse, else 2.
    pub output: &'a [Cell<f32>],
}

/// Transforms.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where extents and lengths do not fit.
pub fn f32(op: &F32<'_>) -> Result {
    let size = op.twiddles.len() / 2;
    let input = product(&[op.outer, op.length, op.inner, op.components]);
    let components = op.output_components();
    let output = product(&[op.outer, op.frames, op.bins, op.inner, components]);
    require(matches!(op.components, 1 | 2) && input == Some(op.input.len()))?;
    require(output == Some(op.output.len()) && product(&[op.frames, op.hop]).is_some())?;
    require(size > 0 && op.twiddles.len() == 2 * size && op.bins <= size)?;
    require(op.window.is_none_or(|w| w.len() == size))?;
    if !op.output.is_empty() {
        scalar::f32(op, size);
    }
    Ok(())
}

impl F32<'_> {
    fn output_components(&self) -> usize {
        match self.direction {
            Direction::Forward | Direction::Inverse => 2,
            Direction::InverseHermitian => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    fn twiddles(size: usize) -> Vec<f32> {
        let angle = |j: usize| std::f64::consts::TAU * j as f64 / size as f64;
        (0..size)
            .flat_map(|j| [angle(j).cos() as f32, angle(j).sin() as f32])
            .collect()
    }

    fn forward<'a>(
        length: usize,
        input: &'a [Cell<f32>],
        twiddles: &'a [f32],
        output: &'a [Cell<f32>],
    ) -> F32<'a> {
        F32 {
            outer: 1,
            length,
            inner: 1,
            components: input.len() / length,
            frames: 1,
            hop: 0,
            bins: twiddles.len() / 2,
            direction: Direction::Forward,
            input,
            twiddles,
            window: None,
            output,
        }
    }

    fn near(a: &[f32], b: &[f32]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4)
    }

    proptest! {
        #[test]
        fn the_inverse_gives_the_signal_back(
            x in prop::collection::vec(-1.0f32..1.0, 1..20),
        ) {
            let n = x.len();
            let (signal, twiddles) = (cells(&x), twiddles(n));
            let spectrum = cells(&vec![0.0; 2 * n]);
            f32(&forward(n, &signal, &twiddles, &spectrum)).unwrap();

            let back = cells(&vec![0.0; 2 * n]);
            let inverse = F32 {
                direction: Direction::Inverse,
                ..forward(n, &spectrum, &twiddles, &back)
            };
            f32(&inverse).unwrap();
            let complex: Vec<f32> = x.iter().flat_map(|&x| [x, 0.0]).collect();
            prop_assert!(near(&values(&back), &complex));

            let (half, real) = (n / 2 + 1, cells(&vec![0.0; n]));
            f32(&F32 {
                length: half,
                components: 2,
                input: &spectrum[..2 * half],
                output: &real,
                direction: Direction::InverseHermitian,
                ..inverse
            }).unwrap();
            prop_assert!(near(&values(&real), &x));
        }
    }

    #[test]
    fn a_cosine_is_two_lines() {
        let twiddles = twiddles(8);
        let input = cells(&twiddles.iter().copied().step_by(2).collect::<Vec<_>>());
        let output = cells(&[0.0f32; 16]);
        f32(&forward(8, &input, &twiddles, &output)).unwrap();
        let mut wanted = [0.0; 16];
        wanted[2] = 4.0;
        wanted[14] = 4.0;
        assert!(near(&values(&output), &wanted));
    }

    #[test]
    fn frames_are_windowed_and_padded() {
        // Sums of two elements, weighted 1 and 3, every third element on; two columns.
        let input = cells(&[1.0f32, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0]);
        let (output, twiddles) = (cells(&[0.0f32; 8]), twiddles(2));
        let op = F32 {
            length: 4,
            inner: 2,
            components: 1,
            frames: 2,
            hop: 3,
            bins: 1,
            window: Some(&[1.0, 3.0]),
            ..forward(4, &input, &twiddles, &output)
        };
        f32(&op).unwrap();
        assert_eq!(values(&output), [7.0, 0.0, 70.0, 0.0, 4.0, 0.0, 40.0, 0.0]);
        for bad in [
            F32 { bins: 3, ..op },
            F32 {
                components: 2,
                ..op
            },
            F32 {
                window: Some(&[1.0]),
                ..op
            },
            F32 {
                twiddles: &[],
                bins: 0,
                output: &[],
                ..op
            },
            F32 {
                hop: usize::MAX,
                ..op
            },
        ] {
            assert!(f32(&bad).is_err());
        }
    }
}
