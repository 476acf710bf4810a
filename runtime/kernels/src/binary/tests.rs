use super::*;
use crate::testing::{cells, values};
use crate::{Cell, Source};
use proptest::prelude::*;
use std::vec::Vec;

fn pair<'a, T: Copy, Y>(
    shape: &'a [usize],
    a: &'a [T],
    b: &'a [Cell<T>],
    output: &'a [Cell<Y>],
) -> Pair<'a, T, T, Y> {
    Pair {
        a: Source::Constant(a),
        a_shape: shape,
        b: Source::Cells(b),
        b_shape: shape,
        output,
        shape,
    }
}

fn float(function: Function, a: f32, b: f32) -> f32 {
    let (y, b) = (cells(&[0.0]), cells(&[b]));
    f32(
        function,
        [f32::NEG_INFINITY, f32::INFINITY],
        &pair(&[1], &[a], &b, &y),
    )
    .unwrap();
    values(&y)[0]
}

fn whole<T: Integer>(function: Function, a: T, b: T) -> T {
    let (y, b) = (cells(&[T::default()]), cells(&[b]));
    integer(function, &pair(&[1], &[a], &b, &y)).unwrap();
    values(&y)[0]
}

fn truth<T: Copy + Default + PartialOrd>(comparison: Comparison, a: T, b: T) -> bool {
    let (y, b) = (cells(&[7u8]), cells(&[b]));
    compare(comparison, &pair(&[1], &[a], &b, &y)).unwrap();
    values(&y)[0] == 1
}

const ALL: [Function; 14] = [
    Function::Add,
    Function::Sub,
    Function::Mul,
    Function::Div,
    Function::Min,
    Function::Max,
    Function::Modulo,
    Function::Remainder,
    Function::PRelu,
    Function::And,
    Function::Or,
    Function::Xor,
    Function::ShiftLeft,
    Function::ShiftRight,
];

#[test]
fn nan_goes_through() {
    for function in ALL.into_iter().take(8) {
        assert!(float(function, f32::NAN, 1.0).is_nan(), "{function:?}");
        assert!(float(function, 1.0, f32::NAN).is_nan(), "{function:?}");
    }
    for comparison in [Comparison::Equal, Comparison::Less, Comparison::LessOrEqual] {
        assert!(!truth(comparison, f32::NAN, f32::NAN), "{comparison:?}");
    }
}

#[test]
fn zeros_keep_their_signs() {
    let is_negative = |y: f32| y == 0.0 && y.is_sign_negative();
    assert!(is_negative(float(Function::Min, 0.0, -0.0)));
    assert!(is_negative(float(Function::Min, -0.0, 0.0)));
    assert!(!is_negative(float(Function::Max, -0.0, 0.0)));
    assert!(!is_negative(float(Function::Max, 0.0, -0.0)));
    assert!(is_negative(float(Function::Modulo, 0.0, -2.0)));
    assert!(!is_negative(float(Function::Modulo, -0.0, 2.0)));
}

#[test]
fn float_remainders_follow_onnx() {
    let infinity = f32::INFINITY;
    for (a, b, wanted) in [
        (-3.0, infinity, infinity),
        (3.0, infinity, 3.0),
        (-1.0, -infinity, -1.0),
        (1.0, -infinity, -infinity),
        (5.0, -3.0, -1.0),
        (-5.0, 3.0, 1.0),
    ] {
        assert_eq!(float(Function::Modulo, a, b), wanted, "{a} mod {b}");
    }
    assert!(float(Function::Modulo, 1.0, 0.0).is_nan());
    assert!(float(Function::Remainder, infinity, 2.0).is_nan());
    assert_eq!(float(Function::Remainder, -5.0, 3.0), -2.0);
}

#[test]
fn floats_are_clamped_and_have_no_bits() {
    let (b, y) = (cells(&[4.0, -4.0]), cells(&[0.0; 2]));
    f32(Function::Mul, [-1.0, 6.0], &pair(&[2], &[2.0, 2.0], &b, &y)).unwrap();
    assert_eq!(values(&y), [6.0, -1.0]);
    assert!(f32(Function::Xor, [0.0, 1.0], &pair(&[2], &[2.0, 2.0], &b, &y)).is_err());
}

#[test]
fn integers_wrap_and_divide_by_zero() {
    assert_eq!(whole(Function::Add, i32::MAX, 1), i32::MIN);
    assert_eq!(whole(Function::Div, i8::MIN, -1), i8::MIN);
    assert_eq!(whole(Function::Div, -7i64, 2), -3);
    for function in [Function::Div, Function::Modulo, Function::Remainder] {
        assert_eq!(whole(function, 7i32, 0), 0, "{function:?}");
    }
    assert_eq!(whole(Function::Modulo, 5u8, 200), 5);
    assert_eq!(whole(Function::PRelu, -3i32, 4), -12);
}

#[test]
fn shifts_by_too_much_leave_the_sign() {
    for count in [-1i8, 8, 127] {
        assert_eq!(whole(Function::ShiftRight, -8, count), -1);
        assert_eq!(whole(Function::ShiftRight, 4, count), 0);
        assert_eq!(whole(Function::ShiftLeft, -8, count), 0);
    }
    assert_eq!(whole(Function::ShiftRight, 200u8, 9), 0);
    assert_eq!(whole(Function::ShiftLeft, 64i8, 1), -128);
}

#[test]
fn any_byte_but_zero_is_true() {
    let (b, y) = (cells(&[0u8, 1, 0, 2]), cells(&[9u8; 4]));
    let a = [0u8, 0, 4, 8];
    let run = |function| {
        boolean(function, &pair(&[4], &a, &b, &y)).unwrap();
        values(&y)
    };
    assert_eq!(run(Function::And), [0, 0, 0, 1]);
    assert_eq!(run(Function::Or), [0, 1, 1, 1]);
    assert_eq!(run(Function::Xor), [0, 1, 1, 0]);
    assert!(boolean(Function::Add, &pair(&[4], &a, &b, &y)).is_err());
    equal_booleans(&pair(&[4], &a, &b, &y)).unwrap();
    assert_eq!(values(&y), [1, 0, 0, 1]);
}

proptest! {
    #[test]
    fn integers_equal_wide_arithmetic(a: i8, b: i8) {
        let (x, y) = (i64::from(a), i64::from(b));
        prop_assert_eq!(whole(Function::Sub, a, b), (x - y) as i8);
        prop_assert_eq!(whole(Function::Mul, a, b), (x * y) as i8);
        prop_assert_eq!(whole(Function::Min, a, b), x.min(y) as i8);
        prop_assert_eq!(whole(Function::Max, a, b), x.max(y) as i8);
        prop_assert_eq!(whole(Function::Xor, a, b), (x ^ y) as i8);
        if b != 0 {
            let floor = (x as f64 / y as f64).floor() as i64;
            prop_assert_eq!(whole(Function::Div, a, b), (x / y) as i8);
            prop_assert_eq!(whole(Function::Remainder, a, b), (x % y) as i8);
            prop_assert_eq!(whole(Function::Modulo, a, b), (x - floor * y) as i8);
        }
    }

    #[test]
    fn comparisons_are_rusts(a: i64, b: i64, x: f32, y: f32) {
        prop_assert_eq!(truth(Comparison::Less, a, b), a < b);
        prop_assert_eq!(truth(Comparison::LessOrEqual, x, y), x <= y);
        prop_assert!(truth(Comparison::Equal, a, a));
    }

    /// In place on either operand.
    #[test]
    fn overwrites_an_operand(a in prop::collection::vec(-9i32..9, 1..40)) {
        let (x, zeros) = (cells(&a), cells(&std::vec![0; a.len()]));
        let shape = [a.len()];
        let sub = |a, b| Pair {
            a: Source::Cells(a),
            a_shape: &shape,
            b: Source::Cells(b),
            b_shape: &shape,
            output: &x[..],
            shape: &shape,
        };
        integer(Function::Sub, &sub(&x[..], &zeros[..])).unwrap();
        prop_assert_eq!(&values(&x), &a);
        integer(Function::Sub, &sub(&zeros[..], &x[..])).unwrap();
        prop_assert_eq!(values(&x), a.iter().map(|x| -x).collect::<Vec<_>>());
    }
}
