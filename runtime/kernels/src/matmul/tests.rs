use super::*;
use crate::testing::{cells, values};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

/// Batch extents of a, b and output, and whether a and b are transposed; m, k and n.
#[derive(Clone, Debug)]
struct Case {
    a: Vec<usize>,
    b: Vec<usize>,
    output: Vec<usize>,
    transposed: [bool; 2],
}

impl Case {
    fn shape(&self) -> Shape<'_> {
        Shape {
            a: &self.a,
            b: &self.b,
            output: &self.output,
            transpose_a: self.transposed[0],
            transpose_b: self.transposed[1],
        }
    }

    /// Pairs of elements of a and b for each element of the output, by dividing indices.
    fn pairs(&self) -> Vec<Vec<(usize, usize)>> {
        let rank = self.output.len();
        let element = |extents: &[usize], index: &[usize]| {
            let missing = rank - extents.len();
            let axes = extents.iter().zip(&index[missing..]);
            axes.fold(0, |at, (&extent, &i)| at * extent + i.min(extent - 1))
        };
        let swap = |index: &mut [usize], yes| {
            if yes {
                index.swap(rank - 2, rank - 1);
            }
        };
        let depth = self.a[self.a.len() - if self.transposed[0] { 2 } else { 1 }];
        let count = self.output.iter().product::<usize>();
        let mut all = Vec::new();
        for position in 0..count {
            let mut index = vec![0; rank];
            let mut rest = position;
            for axis in (0..rank).rev() {
                index[axis] = rest % self.output[axis];
                rest /= self.output[axis];
            }
            let pair = |k| {
                let (mut a, mut b) = (index.clone(), index.clone());
                a[rank - 1] = k;
                b[rank - 2] = k;
                swap(&mut a, self.transposed[0]);
                swap(&mut b, self.transposed[1]);
                (element(&self.a, &a), element(&self.b, &b))
            };
            all.push((0..depth).map(pair).collect());
        }
        all
    }
}

fn case() -> impl Strategy<Value = Case> {
    let batch = prop::collection::vec((1usize..4, 0u8..3), 0..3);
    let matrix = (1usize..5, 1usize..5, 1usize..5);
    (batch, matrix, any::<[bool; 2]>()).prop_map(|(batch, (m, k, n), transposed)| {
        let axes = |one| {
            let axes = batch
                .iter()
                .map(move |&(e, which)| if which == one { 1 } else { e });
            axes.collect::<Vec<_>>()
        };
        let (mut a, mut b, mut output) = (axes(1), axes(2), axes(9));
        a.extend(if transposed[0] { [k, m] } else { [m, k] });
        b.extend(if transposed[1] { [n, k] } else { [k, n] });
        output.extend([m, n]);
        Case {
            a,
            b,
            output,
            transposed,
        }
    })
}

/// `count` values that differ.
fn numbered(count: usize) -> Vec<u8> {
    (0..count).map(|i| (i * 37 + 11) as u8).collect()
}

fn count(extents: &[usize]) -> usize {
    extents.iter().product()
}

fn value(byte: u8, unsigned: bool) -> i32 {
    if unsigned {
        i32::from(byte)
    } else {
        i32::from(byte as i8)
    }
}

proptest! {
    #[test]
    fn f32_equals_the_sum_of_the_pairs(case in case()) {
        let float = |bytes: Vec<u8>| bytes.into_iter().map(|b| f32::from(b as i8) / 7.0).collect::<Vec<_>>();
        let (a, b) = (float(numbered(count(&case.a))), float(numbered(count(&case.b))));
        let output = cells(&vec![0.0; count(&case.output)]);
        let a_cells = cells(&a);
        f32(&F32 {
            shape: case.shape(),
            a: Source::Cells(&a_cells),
            b: Source::Constant(&b),
            output: &output,
        }).unwrap();
        for (y, pairs) in values(&output).iter().zip(case.pairs()) {
            let products = pairs.iter().map(|&(i, j)| f64::from(a[i]) * f64::from(b[j]));
            let (sum, magnitude) = products.fold((0.0, 0.0), |(s, m), p| (s + p, m + p.abs()));
            let bound = 2.0 * pairs.len() as f64 * f64::from(2f32).powi(-24) * magnitude;
            prop_assert!((f64::from(*y) - sum).abs() <= bound);
        }
    }

    #[test]
    fn integers_equal_the_sum_of_the_pairs(
        case in case(),
        unsigned: [bool; 2],
        zero: [u8; 2],
        per_row: bool,
        quant_unsigned: bool,
    ) {
        let (a, b) = (numbered(count(&case.a)), numbered(count(&case.b)));
        let rank = case.output.len();
        let (rows, columns) = (case.output[rank - 2], case.output[rank - 1]);
        let zeros = |zero: u8, n| (0..n).map(|i| zero.wrapping_add(i as u8)).collect::<Vec<_>>();
        let a_zeros = zeros(zero[0], if per_row { rows } else { 1 });
        let b_zeros = zeros(zero[1], if per_row { columns } else { 1 });
        let op = Integer {
            shape: case.shape(),
            a: Bytes {
                unsigned: unsigned[0],
                elements: Source::Constant(&a),
                zero_points: Some(Source::Constant(&a_zeros)),
            },
            b: Bytes {
                unsigned: unsigned[1],
                elements: Source::Constant(&b),
                zero_points: Some(Source::Constant(&b_zeros)),
            },
        };
        let output = cells(&vec![0i32; count(&case.output)]);
        i32(&op, &output).unwrap();
        let bytes = cells(&vec![0u8; count(&case.output)]);
        let multipliers = vec![0.01f32; columns];
        let quant = Quant { input_zero_point: 0, output_zero_point: 3, min: -128, max: 127 };
        quantised(&op, &Quantised {
            multipliers: Multipliers::Onnx(&multipliers),
            quant,
            unsigned: quant_unsigned,
            output: &bytes,
        }).unwrap();
        let (sums, bytes) = (values(&output), values(&bytes));
        for (at, pairs) in case.pairs().iter().enumerate() {
            let (row, column) = (at / columns % rows, at % columns);
            let a_zero = value(a_zeros[row % a_zeros.len()], unsigned[0]);
            let b_zero = value(b_zeros[column % b_zeros.len()], unsigned[1]);
            let wanted: i32 = pairs.iter().map(|&(i, j)| {
                (value(a[i], unsigned[0]) - a_zero) * (value(b[j], unsigned[1]) - b_zero)
            }).sum();
            prop_assert_eq!(sums[at], wanted);
            let scaled = (wanted as f32 * 0.01).round_ties_even() + 3.0;
            let offset = if quant_unsigned { 128 } else { 0 };
            let expected = scaled.clamp(-128.0, 127.0) as i32 + offset;
            prop_assert_eq!(value(bytes[at], quant_unsigned), expected);
        }
    }
}

#[test]
fn no_depth_gives_zeros_and_no_rows_nothing() {
    let output = cells(&[7.0f32; 6]);
    let shape = Shape {
        a: &[2, 0],
        b: &[0, 3],
        output: &[2, 3],
        transpose_a: false,
        transpose_b: false,
    };
    let op = F32 {
        shape,
        a: Source::Constant(&[]),
        b: Source::Constant(&[]),
        output: &output,
    };
    f32(&op).unwrap();
    assert_eq!(values(&output), [0.0; 6]);
    let shape = Shape {
        a: &[0, 0],
        output: &[0, 3],
        ..shape
    };
    f32(&F32 {
        shape,
        output: &[],
        ..op
    })
    .unwrap();
}

#[test]
fn refuses_extents_that_do_not_fit() {
    let output = cells(&[0.0f32; 4]);
    let four = Source::Constant(&[0.0f32; 4][..]);
    for (a, b, y) in [
        (&[4][..], &[4, 1][..], &[4, 1][..]),
        (&[2, 2], &[1, 4], &[2, 2]),
        (&[2, 2], &[2, 2], &[4, 1]),
        (&[2, 2, 1], &[4, 1, 1], &[4, 1, 1]),
    ] {
        let shape = Shape {
            a,
            b,
            output: y,
            transpose_a: false,
            transpose_b: false,
        };
        assert!(
            f32(&F32 {
                shape,
                a: four,
                b: four,
                output: &output
            })
            .is_err()
        );
    }
}
