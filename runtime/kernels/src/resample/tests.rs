use super::*;
use crate::testing::{cells, values};
use proptest::prelude::*;
use std::vec::Vec;

fn line<'a, T: Copy + Default>(
    table: Table<'a>,
    input: &'a [Cell<T>],
    output: &'a [Cell<T>],
    outside: T,
) -> Resample<'a, T> {
    Resample {
        outer: 1,
        input_extents: [1, 1, input.len()],
        output_extents: [1, 1, output.len()],
        inner: 1,
        tables: [None, None, Some(table)],
        outside,
        input,
        output,
    }
}

#[test]
fn weights_and_outside() {
    let table = Table {
        first: &[0, 1, -1],
        weights: &[0.25, 0.75, 0.5, 0.5, 1.0, 1.0],
    };
    let (input, output) = (cells(&[4.0f32, 8.0, 16.0]), cells(&[0.0f32; 3]));
    f32(&line(table, &input, &output, -1.0)).unwrap();
    assert_eq!(values(&output), [7.0, 12.0, -1.0]);
}

#[test]
fn int8_rounds_once_and_saturates() {
    let table = Table {
        first: &[0, 0, 0],
        weights: &[0.5, 0.5, 2.0, 0.0, -2.0, 0.0],
    };
    let (input, output) = (cells(&[100i8, 103]), cells(&[0i8; 3]));
    i8(&line(table, &input, &output, 0), -3).unwrap();
    // Half of 103 + 106 is 104.5, which rounds to 104; less the zero point that is 101.
    assert_eq!(values(&output), [101, 127, -128]);
    assert!(i8(&line(table, &input, &output, 0), 128).is_err());
}

#[test]
fn refuses_tables_that_leave_the_input() {
    let (input, output) = (cells(&[0.0f32; 3]), cells(&[0.0f32; 2]));
    let weights = &[1.0, 0.0, 1.0, 0.0];
    for first in [&[0, 2][..], &[0, -2], &[0], &[i32::MAX, 0]] {
        assert!(f32(&line(Table { first, weights }, &input, &output, 0.0)).is_err());
    }
    let table = Table {
        first: &[0, 1],
        weights,
    };
    f32(&line(table, &input, &output, 0.0)).unwrap();
    let unchanged = Resample {
        tables: [None; 3],
        ..line(table, &input, &output, 0.0)
    };
    assert!(f32(&unchanged).is_err(), "another extent without a table");
}

proptest! {
    /// Against three nested sums over the whole input in f64.
    #[test]
    fn a_box_is_the_product_of_its_axes(
        (outer, inner) in (1usize..3, 1usize..3),
        extents in prop::array::uniform3((1usize..4, 1usize..4)),
        weights in prop::collection::vec(-2.0f32..2.0, 3 * 3 * 3),
        data in prop::collection::vec(-9.0f32..9.0, 4 * 27),
        starts in prop::collection::vec(0usize..3, 9),
    ) {
        let (input_extents, output_extents) = (extents.map(|e| e.0), extents.map(|e| e.1));
        // Up to three taps along each axis, from any start at which they fit.
        let mut firsts: [Vec<i32>; 3] = Default::default();
        let mut tables: [Vec<f32>; 3] = Default::default();
        let mut dense: [Vec<f64>; 3] = Default::default();
        for axis in 0..3 {
            let (input, output) = extents[axis];
            let n = input.min(2);
            for o in 0..output {
                let first = starts[axis * 3 + o] % (input - n + 1);
                let own = &weights[axis * 9 + o * 3..][..n];
                firsts[axis].push(first as i32);
                tables[axis].extend(own);
                let inside = |i: usize| i.checked_sub(first).and_then(|tap| own.get(tap));
                dense[axis].extend((0..input).map(|i| inside(i).map_or(0.0, |&w| f64::from(w))));
            }
        }
        let count = |extents: [usize; 3]| outer * inner * extents.iter().product::<usize>();
        let input = cells(&data[..count(input_extents)]);
        let output = cells(&std::vec![0.0f32; count(output_extents)]);
        f32(&Resample {
            outer,
            input_extents,
            output_extents,
            inner,
            tables: core::array::from_fn(|axis| Some(Table {
                first: &firsts[axis],
                weights: &tables[axis],
            })),
            outside: 0.0,
            input: &input,
            output: &output,
        }).unwrap();
        let [d, h, w] = input_extents;
        let [od, oh, ow] = output_extents;
        for (position, y) in values(&output).into_iter().enumerate() {
            let (i, rest) = (position % inner, position / inner);
            let (x, rest) = (rest % ow, rest / ow);
            let (row, rest) = (rest % oh, rest / oh);
            let (plane, o) = (rest % od, rest / od);
            let (mut sum, mut magnitude) = (0.0, 0.0);
            for z in 0..d {
                for yy in 0..h {
                    for xx in 0..w {
                        let value = data[(((o * d + z) * h + yy) * w + xx) * inner + i];
                        let weight = dense[0][plane * d + z]
                            * dense[1][row * h + yy]
                            * dense[2][x * w + xx];
                        sum += weight * f64::from(value);
                        magnitude += (weight * f64::from(value)).abs();
                    }
                }
            }
            let bound = 2.0 * 8.0 * magnitude * f64::from(f32::EPSILON) / 2.0;
            prop_assert!((f64::from(y) - sum).abs() <= bound, "{y} is not {sum}");
        }
    }
}
