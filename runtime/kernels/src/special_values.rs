//! NaN, infinities and subnormals: what the crate's documentation says of them, by every instruction set.
//!
//! Finite values are small whole numbers, so that sums of them are exact in any order and results equal the
//! scalar file's.

use core::cell::Cell;
use proptest::prelude::*;
use std::vec::Vec;

use crate::blocked::{f32_len, pack_f32};
use crate::broadcast::Pair;
use crate::conv2d::{self, blocked};
use crate::requantize::{Multiplier, Multipliers, Quant};
use crate::testing::{cells, in_blocks, numbers, values};
use crate::{Epilogue, Isa, Source, Weight, Window, add, average_pool2d, binary, depthwise_conv2d};
use crate::{f16, max_pool2d, quantize_linear, softmax, unary};

const QUANT: Quant = Quant {
    input_zero_point: -3,
    output_zero_point: 5,
    min: -100,
    max: 120,
};

/// Small whole numbers, zeros of both signs among them; of 16 values one is NaN and one infinite where `special`.
fn floats(count: usize, seed: u32, special: bool) -> Vec<f32> {
    let values = numbers(count, seed).map(|n| match n & 15 {
        0 if special => f32::NAN,
        1 if special => f32::INFINITY.copysign(f32::from(n)),
        2 => -0.0,
        _ => f32::from(n / 16),
    });
    values.collect()
}

/// Multipliers that a damaged package may hold.
fn multipliers(count: usize, seed: u32) -> Vec<f32> {
    let values = numbers(count, seed).map(|n| match n & 7 {
        0 => f32::NAN,
        1 => f32::INFINITY,
        2 => f32::NEG_INFINITY,
        3 => f32::from_bits(n.unsigned_abs().into()),
        4 => -0.0,
        _ => f32::from(n) * 1e-3,
    });
    values.collect()
}

/// NaN stands for NaN, whatever its bits.
#[track_caller]
fn assert_same(found: &[f32], expected: &[f32], isa: Isa) {
    for (index, (y, expected)) in found.iter().zip(expected).enumerate() {
        let both_nan = y.is_nan() && expected.is_nan();
        let name = isa.name();
        assert!(
            both_nan || y == expected,
            "{y} for {expected} at {index}, {name}"
        );
    }
}

/// Windows of all kinds, over channels that fill a vector and that do not.
fn windows() -> impl Strategy<Value = Window> {
    let channels = (1usize..40, 1usize..40);
    (conv2d::tests::windows(), channels).prop_map(|((mut window, _), (inputs, outputs))| {
        window.input[2] = inputs;
        window.output[2] = outputs;
        window
    })
}

fn same_channels(window: Window) -> Window {
    let mut window = window;
    window.output[2] = window.input[2];
    window
}

/// One pixel under each window.
const ONE: Window = Window {
    input: [1, 1, 1],
    output: [1, 1, 1],
    kernel: [1, 1],
    stride: [1, 1],
    dilation: [1, 1],
    pad: [0, 0],
};

fn halves(values: &[f32]) -> Vec<f16> {
    values.iter().map(|&it| f16::from_f32(it)).collect()
}

fn elements(extents: [usize; 3]) -> usize {
    extents.iter().product()
}

/// Convolution by the canonical scalar file, and by `isa` on blocks.
fn convolved<W: Weight>(
    window: Window,
    input: &[f32],
    weights: &[W],
    bias: &[f32],
    clamp: [f32; 2],
) {
    let (outputs, depth) = (window.output[2], window.taps() * window.input[2]);
    let (input, expected) = (
        cells(input),
        cells(&std::vec![0f32; elements(window.output)]),
    );
    let epilogue = Epilogue {
        scales: None,
        bias: Some(bias),
        clamp,
    };
    let op = conv2d::F32 {
        sum: None,
        window,
        groups: 1,
        input: &input,
        weights,
        epilogue,
        output: &expected,
    };
    conv2d::f32(&op).unwrap();
    let mut packed = std::vec![W::default(); f32_len(outputs, depth).unwrap()];
    pack_f32(weights, outputs, depth, &mut packed).unwrap();
    for isa in Isa::all() {
        let output = cells(&std::vec![0f32; expected.len()]);
        blocked::f32(
            &conv2d::F32 {
                weights: &packed[..],
                output: &output,
                ..op
            },
            isa,
        )
        .unwrap();
        assert_same(&values(&output), &values(&expected), isa);
    }
}

fn convolved_by_channel<W: Weight>(
    window: Window,
    input: &[f32],
    weights: &[W],
    bias: &[f32],
    clamp: [f32; 2],
) {
    let (input, expected) = (
        cells(input),
        cells(&std::vec![0f32; elements(window.output)]),
    );
    let epilogue = Epilogue {
        scales: None,
        bias: Some(bias),
        clamp,
    };
    let op = depthwise_conv2d::F32 {
        window,
        input: &input,
        weights,
        epilogue,
        output: &expected,
    };
    depthwise_conv2d::f32(&op).unwrap();
    for isa in Isa::all() {
        let output = cells(&std::vec![0f32; expected.len()]);
        depthwise_conv2d::f32_by(
            &depthwise_conv2d::F32 {
                output: &output,
                ..op
            },
            isa,
        )
        .unwrap();
        assert_same(&values(&output), &values(&expected), isa);
    }
}

proptest! {
    #[test]
    fn layers_let_nan_and_infinities_through(window in windows(), seed: u32) {
        let input = floats(elements(window.input), seed, true);
        let depth = window.taps() * window.input[2];
        let clamp = if seed % 2 == 0 { [0.0, 6.0] } else { [f32::NEG_INFINITY, f32::INFINITY] };
        // Only where nothing is padded may weights be anything.
        let is_special = window.pad == [0, 0];
        let outputs = window.output[2];
        let weights = floats(outputs * depth, seed ^ 1, is_special);
        let bias = floats(outputs, seed ^ 2, true);
        convolved(window, &input, &weights, &bias, clamp);
        convolved(window, &input, &halves(&weights), &bias, clamp);
        let window = same_channels(window);
        let weights = floats(depth, seed ^ 1, is_special);
        let bias = floats(window.input[2], seed ^ 2, true);
        convolved_by_channel(window, &input, &weights, &bias, clamp);
        convolved_by_channel(window, &input, &halves(&weights), &bias, clamp);
    }

    /// Inputs, products and sums below the least normal number.
    #[test]
    fn layers_keep_subnormals(window in windows(), seed: u32, exponent in 70i32..130) {
        let scaled = |count, seed, exponent: i32| -> Vec<f32> {
            let values = floats(count, seed, false).into_iter();
            values.map(|it| (f64::from(it) * f64::from(-exponent).exp2()) as f32).collect()
        };
        let (outputs, depth) = (window.output[2], window.taps() * window.input[2]);
        let clamp = [-1.0, 1.0];
        let input = scaled(elements(window.input), seed, exponent);
        let weights = scaled(outputs * depth, seed ^ 1, 149 - exponent);
        convolved(window, &input, &weights, &scaled(outputs, seed ^ 2, 149), clamp);
        let window = same_channels(window);
        let weights = scaled(depth, seed ^ 1, 149 - exponent);
        convolved_by_channel(window, &input, &weights, &scaled(window.input[2], seed ^ 2, 149), clamp);
    }

    /// Weights of every exponent that f16 has, those below the least normal one among them; each product is exact, and
    /// so is a sum of one.
    #[test]
    fn layers_widen_every_half(bits: [u16; 16], channels in 1usize..33) {
        let window = Window { input: [1, 2, 1], output: [1, 2, channels], ..ONE };
        let weights: Vec<f16> = bits.iter().cycle().take(channels).map(|&it| f16::from_bits(it)).collect();
        let (bias, clamp) = (std::vec![0.0; channels], [f32::NEG_INFINITY, f32::INFINITY]);
        convolved(window, &[1.0, -0.5], &weights, &bias, clamp);
        let window = Window { input: [1, 2, channels], ..window };
        convolved_by_channel(window, &std::vec![-0.5; 2 * channels], &weights, &bias, clamp);
    }

    #[test]
    fn int8_is_the_same_whatever_the_multipliers(window in windows(), seed: u32) {
        let (outputs, depth) = (window.output[2], window.taps() * window.input[2]);
        let input = cells(&numbers(elements(window.input), seed).collect::<Vec<_>>());
        let weights: Vec<i8> = numbers(outputs * depth, seed ^ 1).collect();
        let m = multipliers(outputs, seed ^ 2);
        let expected = cells(&std::vec![0i8; elements(window.output)]);
        let op = conv2d::I8 { sum: None,
            window, groups: 1, input: &input, weights: &weights, weight_zero_points: None, bias: None,
            multipliers: Multipliers::Onnx(&m), quant: QUANT, output: &expected,
        };
        conv2d::i8(&op).unwrap();
        let [packed, pairs] = in_blocks(&window, &weights);
        for isa in Isa::all() {
            let output = cells(&std::vec![0i8; expected.len()]);
            blocked::i8(&conv2d::I8 { weights: &packed, output: &output, ..op }, isa).unwrap();
            prop_assert_eq!(values(&output), values(&expected), "{}", isa.name());
            let output = cells(&std::vec![0i8; expected.len()]);
            blocked::i8_pairs(&conv2d::I8 { weights: &pairs, output: &output, ..op }, isa).unwrap();
            prop_assert_eq!(values(&output), values(&expected), "{} in pairs", isa.name());
        }

        let window = same_channels(window);
        let m = multipliers(window.input[2], seed ^ 3);
        let expected = cells(&std::vec![0i8; elements(window.output)]);
        let weights: Vec<i8> = numbers(depth, seed ^ 4).collect();
        let op = depthwise_conv2d::I8 {
            window, input: &input, weights: &weights, weight_zero_points: None, bias: None,
            multipliers: Multipliers::Onnx(&m), quant: QUANT, output: &expected,
        };
        depthwise_conv2d::i8(&op).unwrap();
        for isa in Isa::all() {
            let output = cells(&std::vec![0i8; expected.len()]);
            depthwise_conv2d::i8_by(&depthwise_conv2d::I8 { output: &output, ..op }, isa).unwrap();
            prop_assert_eq!(values(&output), values(&expected), "{}", isa.name());
        }
    }

    #[test]
    fn int8_sums_are_the_same_whatever_the_multipliers(count in 1usize..40, seed: u32) {
        let [a, b] = [seed, seed ^ 1].map(|seed| cells(&numbers(count, seed).collect::<Vec<_>>()));
        let m = multipliers(2, seed ^ 2);
        let run = |isa| {
            let output = cells(&std::vec![0i8; count]);
            let pair = Pair {
                a: Source::Cells(&a), a_shape: &[count], b: Source::Cells(&b), b_shape: &[count], output: &output, shape: &[count],
            };
            let scaling = add::Scaling::Onnx { a: m[0], b: m[1] };
            add::i8_by(&add::I8 { pair, sum: add::Sum { quant: QUANT, b_zero_point: 9, scaling } }, isa).unwrap();
            values(&output)
        };
        for isa in Isa::all() {
            prop_assert_eq!(run(isa), run(Isa::Baseline), "{}", isa.name());
        }
    }
}

/// Two pixels of one channel under one window.
const PAIR: Window = Window {
    input: [1, 2, 1],
    output: [1, 1, 1],
    kernel: [1, 2],
    stride: [1, 1],
    dilation: [1, 1],
    pad: [0, 0],
};

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;
/// The least number above 0.
const TINY: f32 = f32::from_bits(1);

#[test]
fn pools_let_nan_through_and_keep_subnormals() {
    for (x, largest, mean) in [
        ([NAN, 1.0], NAN, NAN),
        ([1.0, NAN], NAN, NAN),
        ([INF, -INF], INF, NAN),
        ([-INF, -INF], -INF, -INF),
        ([3.0 * TINY, TINY], 3.0 * TINY, 2.0 * TINY),
    ] {
        let (x, y) = (cells(&x), cells(&[0f32]));
        max_pool2d::pool(&PAIR, &x, &y).unwrap();
        assert_same(&values(&y), &[largest], Isa::Baseline);
        let op = average_pool2d::F32 {
            window: PAIR,
            count_padding: false,
            input: &x,
            output: &y,
        };
        average_pool2d::f32(&op).unwrap();
        assert_same(&values(&y), &[mean], Isa::Baseline);
    }
    let (x, y) = (cells(&[5i8, 9]), cells(&[0i8]));
    let op = average_pool2d::I8 {
        window: PAIR,
        count_padding: false,
        input: &x,
        quant: QUANT,
        multiplier: Multiplier::Onnx(NAN),
        output: &y,
    };
    average_pool2d::i8(&op).unwrap();
    assert_eq!(values(&y), [5], "the zero point");
}

#[test]
fn a_row_of_softmax_with_nan_or_infinity_is_nan() {
    let all_nan = [NAN; 2];
    for (x, expected) in [
        ([NAN, 1.0], all_nan),
        ([1.0, NAN], all_nan),
        ([INF, 1.0], [NAN, NAN]),
        ([-INF, -INF], all_nan),
        ([-INF, 1.0], [0.0, 1.0]),
        ([TINY, 0.0], [0.5, 0.5]),
        ([-100.0, 0.0], [(-100f64).exp() as f32, 1.0]),
    ] {
        let y = cells(&x);
        softmax::f32(2, &y, &y).unwrap();
        assert_same(&values(&y), &expected, Isa::Baseline);
    }
}

/// Functions of the one kernel that maps elements.
const FUNCTIONS: &[unary::Function] = &[
    unary::Function::Clamp(0.0, 6.0),
    unary::Function::LeakyRelu(0.5),
    unary::Function::Sigmoid,
    unary::Function::Tanh,
    unary::Function::Exp,
    unary::Function::Abs,
    unary::Function::Neg,
    unary::Function::Sign,
    unary::Function::Reciprocal,
    unary::Function::Sqrt,
    unary::Function::Ceil,
    unary::Function::Floor,
    unary::Function::Round,
    unary::Function::Softsign,
    unary::Function::HardSigmoid(0.2, 0.5),
    unary::Function::HardSwish,
    unary::Function::ThresholdedRelu(1.0),
    unary::Function::Shrink {
        lambd: 0.5,
        bias: 0.1,
    },
];

#[test]
fn functions_give_nan_for_nan() {
    for &function in FUNCTIONS {
        assert!(function.apply(NAN).is_nan(), "{function:?}");
    }
}

#[test]
fn functions_keep_subnormals() {
    use unary::Function::{Abs, Clamp, LeakyRelu, Neg, Softsign, Sqrt, Tanh};
    for (function, expected) in [
        (Clamp(0.0, 6.0), 4.0 * TINY),
        (LeakyRelu(0.5), 4.0 * TINY),
        (Abs, 4.0 * TINY),
        (Neg, -4.0 * TINY),
        (Softsign, 4.0 * TINY),
        (Tanh, 4.0 * TINY),
        (Sqrt, 2f64.powf(-73.5) as f32),
    ] {
        assert_eq!(function.apply(4.0 * TINY), expected, "{function:?}");
    }
    assert_eq!(LeakyRelu(0.5).apply(-4.0 * TINY), -2.0 * TINY);
}

#[test]
fn pairs_let_nan_through_and_keep_subnormals() {
    use binary::Function::{Add, Max, Min, Mul, Sub};
    let run = |function, clamp, a: f32, b: f32| {
        let (x, z, y) = (cells(&[a]), cells(&[b]), cells(&[0f32]));
        let pair = Pair {
            a: Source::Cells(&x),
            a_shape: &[1],
            b: Source::Cells(&z),
            b_shape: &[1],
            output: &y,
            shape: &[1],
        };
        binary::f32(function, clamp, &pair).unwrap();
        y[0].get()
    };
    for function in [Add, Sub, Mul, Min, Max] {
        assert!(run(function, [0.0, 6.0], NAN, 1.0).is_nan(), "{function:?}");
        assert!(run(function, [0.0, 6.0], 1.0, NAN).is_nan(), "{function:?}");
    }
    let open = [-INF, INF];
    assert!(run(Sub, open, INF, INF).is_nan());
    assert!(run(Mul, open, INF, 0.0).is_nan());
    assert_eq!(run(Add, open, TINY, TINY), 2.0 * TINY);
    assert_eq!(run(Mul, open, 2.0 * TINY, 0.5), TINY);
}

#[test]
fn integers_of_nan_are_the_zero_point_and_of_infinities_the_ends() {
    let x: Vec<Cell<f32>> = cells(&[NAN, INF, -INF, TINY]);
    let y = cells(&[0i8; 4]);
    let op = quantize_linear::Quantize {
        grid: quantize_linear::Grid {
            outer: 1,
            axis: 4,
            inner: 1,
            grain: quantize_linear::Grain::Tensor,
        },
        input: &x,
        scales: Source::Constant(&[0.5]),
        zero_points: Some(Source::Constant(&[7])),
        output: &y,
    };
    quantize_linear::quantize(&op).unwrap();
    assert_eq!(values(&y), [7, 127, -128, 7]);
}
