use super::*;
use crate::testing::{cells, values};
use proptest::prelude::*;
use std::vec::Vec;

const ALL: [Function; 10] = [
    Function::Sum,
    Function::Mean,
    Function::Max,
    Function::Min,
    Function::Product,
    Function::SumSquare,
    Function::L1,
    Function::L2,
    Function::LogSum,
    Function::LogSumExp,
];

fn reduced(function: Function, extents: &[usize], axes: u32, x: &[f32]) -> Vec<f32> {
    let groups = Groups::new(extents, axes, [[0; 8]]).unwrap();
    let y = cells(&std::vec![0.5; groups.count()]);
    f32(function, extents, axes, &cells(x), &y).unwrap();
    values(&y)
}

/// The elements of each group, by dividing indices.
fn grouped(extents: &[usize], axes: u32, x: &[f32]) -> Vec<Vec<f64>> {
    let count: usize = (0..extents.len())
        .filter(|axis| axes >> axis & 1 == 0)
        .map(|axis| extents[axis])
        .product();
    let mut groups = std::vec![Vec::new(); count];
    for (position, &x) in x.iter().enumerate() {
        let (mut rest, mut group, mut weight) = (position, 0, 1);
        for axis in (0..extents.len()).rev() {
            if axes >> axis & 1 == 0 {
                group += rest % extents[axis] * weight;
                weight *= extents[axis];
            }
            rest /= extents[axis];
        }
        groups[group].push(f64::from(x));
    }
    groups
}

fn exact(function: Function, x: &[f64]) -> f64 {
    let sum: f64 = x.iter().sum();
    let square: f64 = x.iter().map(|x| x * x).sum();
    match function {
        Function::Sum => sum,
        Function::Mean => sum / x.len() as f64,
        Function::Max => x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Function::Min => x.iter().copied().fold(f64::INFINITY, f64::min),
        Function::Product => x.iter().product(),
        Function::SumSquare => square,
        Function::L1 => x.iter().map(|x| x.abs()).sum(),
        Function::L2 => square.sqrt(),
        Function::LogSum => sum.ln(),
        Function::LogSumExp => x.iter().map(|x| x.exp()).sum::<f64>().ln(),
    }
}

/// Extents, a set of axes, and positive elements, so that every function is well conditioned.
fn case() -> impl Strategy<Value = (Vec<usize>, u32, Vec<f32>)> {
    prop::collection::vec(1usize..5, 0..5).prop_flat_map(|extents| {
        let elements = extents.iter().product::<usize>();
        let axes = 0u32..1 << extents.len();
        (
            Just(extents),
            axes,
            prop::collection::vec(0.5f32..2.0, elements),
        )
    })
}

proptest! {
    #[test]
    fn f32_is_close_to_the_exact_one((extents, axes, x) in case()) {
        let groups = grouped(&extents, axes, &x);
        for function in ALL {
            let y = reduced(function, &extents, axes, &x);
            prop_assert_eq!(y.len(), groups.len());
            for (y, group) in y.iter().zip(&groups) {
                let wanted = exact(function, group);
                let bound = 2.0 * (group.len() + 4) as f64 * f64::from(2f32).powi(-24) * (1.0 + wanted.abs());
                prop_assert!((f64::from(*y) - wanted).abs() <= bound, "{function:?}: {y} for {wanted}");
            }
        }
    }

    #[test]
    fn quantised_means_are_within_half_a_step_a_rounding(x in prop::collection::vec(any::<i8>(), 1..200)) {
        let (sx, sy, count) = (0.03f32, 0.025f32, x.len());
        let quant = Quant { input_zero_point: 5, output_zero_point: -9, min: -128, max: 127 };
        let sum: i32 = x.iter().map(|&x| i32::from(x) - 5).sum();
        let real = f64::from(sx) / f64::from(sy) / count as f64;
        let wanted = (f64::from(sum) * real - 9.0).clamp(-128.0, 127.0);
        let shift = real.log2().floor() as i32 + 1;
        let q31 = (real * f64::from(31 - shift).exp2()).round().min(f64::from(i32::MAX)) as i32;
        let roundings = [(Multiplier::Onnx(real as f32), 0.5001), (Multiplier::Tflite(q31, shift), 1.0)];
        for (multiplier, bound) in roundings {
            let y = cells(&[0i8]);
            quantised_sum(&quant, multiplier, &[count], 1, &cells(&x), &y).unwrap();
            prop_assert!((f64::from(values(&y)[0]) - wanted).abs() <= bound);
        }
    }
}

#[test]
fn no_elements_give_the_neutral_value() {
    let neutral = [
        0.0,
        f32::NAN,
        f32::NEG_INFINITY,
        f32::INFINITY,
        1.0,
        0.0,
        0.0,
        0.0,
    ];
    let logs = [f32::NEG_INFINITY; 2];
    for (function, wanted) in ALL.into_iter().zip(neutral.into_iter().chain(logs)) {
        let y = reduced(function, &[2, 0], 0b10, &[]);
        assert!(
            y.iter()
                .all(|y| *y == wanted || y.is_nan() && wanted.is_nan()),
            "{function:?}"
        );
        assert_eq!(y.len(), 2);
    }
}

#[test]
fn nan_goes_through() {
    for function in ALL {
        for x in [[f32::NAN, 1.0], [1.0, f32::NAN]] {
            assert!(reduced(function, &[2], 1, &x)[0].is_nan(), "{function:?}");
        }
    }
}

#[test]
fn log_sum_exp_neither_overflows_nor_loses_infinities() {
    let f = |x: &[f32]| reduced(Function::LogSumExp, &[x.len()], 1, x)[0];
    assert_eq!(f(&[1000.0, 1000.0]), 1000.0 + core::f32::consts::LN_2);
    assert_eq!(f(&[f32::NEG_INFINITY; 2]), f32::NEG_INFINITY);
    assert_eq!(f(&[f32::INFINITY, 1.0]), f32::INFINITY);
}

#[test]
fn integers_wrap_and_cut() {
    let x = cells(&[7i32, -8, i32::MAX, 1]);
    let bounds = [i32::MIN, i32::MAX];
    for (function, wanted) in [
        (Function::Sum, [-1, i32::MIN]),
        (Function::Mean, [0, 1 << 30]),
        (Function::Max, [7, i32::MAX]),
        (Function::Min, [-8, 1]),
        (Function::L1, [15, i32::MIN]),
        (Function::L2, [10, i32::MAX]),
    ] {
        let y = cells(&[0i32; 2]);
        integer(function, bounds, &[2, 2], 0b10, &x, &y).unwrap();
        assert_eq!(values(&y), wanted, "{function:?}");
    }
    let y = cells(&[0i32; 2]);
    assert!(integer(Function::LogSum, bounds, &[2, 2], 0b10, &x, &y).is_err());
}

#[test]
fn the_bounds_of_booleans_are_those_of_no_elements() {
    let y = cells(&[7u8]);
    integer(Function::Max, [0, 1], &[0], 1, &[], &y).unwrap();
    assert_eq!(values(&y), [0]);
    integer(Function::Min, [0, 1], &[0], 1, &[], &y).unwrap();
    assert_eq!(values(&y), [1]);
}

#[test]
fn refuses_lengths_that_do_not_fit() {
    let (x, y) = (cells(&[0f32; 4]), cells(&[0f32; 4]));
    for (extents, axes) in [(&[2, 3][..], 1), (&[2, 2], 1), (&[2, 2], 4)] {
        assert!(f32(Function::Sum, extents, axes, &x, &y).is_err());
    }
}
