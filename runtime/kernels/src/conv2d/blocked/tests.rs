use super::*;
use crate::add::{Scaling, Sum};
use crate::blocked::pack_f32;
use crate::requantize::{Multipliers, Quant};
use crate::testing::{cells, in_blocks, numbers, reals, values};
use crate::{Epilogue, Weight, conv2d, f16};
use core::cell::Cell;
use proptest::prelude::*;
use std::vec::Vec;

/// Windows of all kinds, with as many channels as take more than a block, and often with whole registers of inputs; and
/// rows, with as many as take all sums that a vector file keeps of one pixel.
fn windows() -> impl Strategy<Value = Window> {
    let inputs = prop_oneof![1usize..40, (1usize..6).prop_map(|it| 16 * it)];
    let channels = (inputs, 1usize..40);
    let several =
        (conv2d::tests::windows(), channels).prop_map(|((mut window, _), (inputs, outputs))| {
            window.input[2] = inputs;
            window.output[2] = outputs;
            window
        });
    let rows = (1usize..3, 1usize..70, 1usize..300);
    let rows = rows.prop_map(|(count, inputs, outputs)| Window::of_rows(count, [inputs, outputs]));
    prop_oneof![6 => several, 2 => rows, 1 => squares()]
}

/// Windows of 3 x 3 that some files make four outputs at a time of, with what padding there can be.
fn squares() -> impl Strategy<Value = Window> {
    let extents = (1usize..20, 1usize..10, 1usize..5, 1usize..40);
    let padding = [0usize..3, 0..3, 0..3, 0..3];
    (extents, padding).prop_filter_map("an input", |((height, halves, inputs, outputs), pads)| {
        let [top, left, bottom, right] = pads;
        let width = 2 * halves;
        Some(Window {
            input: [
                (height + 2)
                    .checked_sub(top + bottom)
                    .filter(|it| *it > 0)?,
                (width + 2).checked_sub(left + right).filter(|it| *it > 0)?,
                16 * inputs,
            ],
            output: [height, width, outputs],
            kernel: [3, 3],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [top, left],
        })
    })
}

proptest! {
    #[test]
    fn int8_equals_the_canonical_file(window in windows(), seed: u32, zx in -128i32..128, kind in 0..3, bounds in (-128i32..0, 0i32..128)) {
        let (outputs, depth) = (window.output[2], depth(&window).unwrap());
        let input = cells(&numbers(window.input.iter().product(), seed).collect::<Vec<_>>());
        let weights: Vec<i8> = numbers(outputs * depth, seed ^ 1).collect();
        let bias: Vec<i32> = numbers(outputs, seed ^ 2).map(|b| i32::from(b) * 1000).collect();
        let floats: Vec<f32> = numbers(outputs, seed ^ 3).map(|m| (f32::from(m) + 129.0) * 1e-5).collect();
        let pairs: Vec<[i32; 2]> = numbers(outputs, seed ^ 4).map(|m| [(i32::from(m) + 384) << 22, i32::from(m % 9) - 8]).collect();
        let multipliers = match kind {
            0 => Multipliers::Onnx(&floats),
            1 => Multipliers::Tflite(&pairs),
            _ => Multipliers::TfliteSingle(&pairs[..1]),
        };
        let expected = cells(&std::vec![0i8; window.output.iter().product()]);
        let op = I8 { sum: None,
            window, groups: 1, input: &input, weights: &weights, weight_zero_points: None,
            bias: (seed % 3 > 0).then_some(&bias), multipliers,
            quant: Quant { input_zero_point: zx, output_zero_point: 3, min: bounds.0, max: bounds.1 },
            output: &expected,
        };
        conv2d::i8(&op).unwrap();
        let [packed, pairs] = in_blocks(&window, &weights);
        for isa in Isa::all() {
            let output = cells(&std::vec![0i8; expected.len()]);
            i8(&I8 { weights: &packed, output: &output, ..op }, isa).unwrap();
            prop_assert_eq!(values(&output), values(&expected), "{}", isa.name());
            let output = cells(&std::vec![0i8; expected.len()]);
            i8_pairs(&I8 { weights: &pairs, output: &output, ..op }, isa).unwrap();
            prop_assert_eq!(values(&output), values(&expected), "{} in pairs", isa.name());
        }
    }

    #[test]
    fn f32_is_within_its_bound(window in windows(), seed: u32) {
        is_within_its_bound(window, &reals(weights_of(&window), seed ^ 1), None, seed)?;
    }

    #[test]
    fn f32_on_f16_weights_is_within_its_bound(window in windows(), seed: u32) {
        let weights: Vec<f16> = reals(weights_of(&window), seed ^ 1).into_iter().map(f16::from_f32).collect();
        is_within_its_bound(window, &weights, None, seed)?;
    }

    #[test]
    fn f32_on_scaled_int8_weights_is_within_its_bound(window in windows(), seed: u32) {
        let weights: Vec<i8> = numbers(weights_of(&window), seed ^ 1).collect();
        let scales: Vec<f32> = numbers(window.output[2], seed ^ 3).map(|it| (f32::from(it) + 129.0) * 1e-4).collect();
        is_within_its_bound(window, &weights, Some(&scales), seed)?;
    }
}

proptest! {
    #[test]
    fn int8_with_a_sum_is_the_layer_and_then_the_sum(window in windows(), seed: u32, kind in 0..3, zb in -128i32..128) {
        let (outputs, depth) = (window.output[2], depth(&window).unwrap());
        let input = cells(&numbers(window.input.iter().product(), seed).collect::<Vec<_>>());
        let weights: Vec<i8> = numbers(outputs * depth, seed ^ 1).collect();
        let floats: Vec<f32> = numbers(outputs, seed ^ 3).map(|m| (f32::from(m) + 129.0) * 1e-5).collect();
        let pairs: Vec<[i32; 2]> = numbers(outputs, seed ^ 4).map(|m| [(i32::from(m) + 384) << 22, i32::from(m % 9) - 8]).collect();
        let q31 = |m: i32| [(m + 400) << 21, -1];
        let (multipliers, scaling) = match kind {
            0 => (Multipliers::Onnx(&floats), Scaling::Onnx { a: 0.7, b: -0.4 }),
            1 => (Multipliers::Tflite(&pairs), Scaling::Tflite { left_shift: 20, a: q31(100), b: q31(1), y: [1 << 30, -18] }),
            _ => (Multipliers::TfliteSingle(&pairs[..1]), Scaling::Tflite { left_shift: 19, a: q31(0), b: q31(99), y: [1 << 30, -16] }),
        };
        let held: Vec<i8> = numbers(window.output.iter().product(), seed ^ 5).collect();
        let layer = cells(&held);
        let op = I8 {
            window, groups: 1, input: &input, weights: &weights, weight_zero_points: None, bias: None, multipliers,
            quant: Quant { input_zero_point: 5, output_zero_point: 3, min: -100, max: 90 },
            sum: None, output: &layer,
        };
        conv2d::i8(&op).unwrap();
        let sum = Sum {
            quant: Quant { input_zero_point: 3, output_zero_point: -9, min: -90, max: 100 },
            b_zero_point: zb, scaling,
        };
        let expected: Vec<i8> = values(&layer).into_iter().zip(&held).map(|(a, b)| sum.of(a, *b)).collect();
        let added = I8 { sum: Some(&sum), ..op };
        let output = cells(&held);
        conv2d::i8(&I8 { output: &output, ..added }).unwrap();
        prop_assert_eq!(&values(&output), &expected);
        let [packed, pairs] = in_blocks(&window, &weights);
        for isa in Isa::all() {
            let output = cells(&held);
            i8(&I8 { weights: &packed, output: &output, ..added }, isa).unwrap();
            prop_assert_eq!(&values(&output), &expected, "{}", isa.name());
            let output = cells(&held);
            i8_pairs(&I8 { weights: &pairs, output: &output, ..added }, isa).unwrap();
            prop_assert_eq!(&values(&output), &expected, "{} in pairs", isa.name());
        }
        prop_assert_eq!(i8(&I8 { weights: &packed, output: &input, ..added }, Isa::Baseline), Err(ContractError));
    }

    #[test]
    fn f32_with_a_sum_is_the_layer_and_then_the_sum(window in windows(), seed: u32) {
        let (outputs, depth) = (window.output[2], depth(&window).unwrap());
        let input = cells(&reals(window.input.iter().product(), seed));
        let weights = reals(outputs * depth, seed ^ 1);
        let mut packed = std::vec![0.0; f32_len(outputs, depth).unwrap()];
        pack_f32(&weights, outputs, depth, &mut packed).unwrap();
        let bias = reals(outputs, seed ^ 2);
        let held = reals(window.output.iter().product(), seed ^ 3);
        let epilogue = Epilogue { scales: None, bias: Some(&bias), clamp: [-3.0, 2.0] };
        for isa in Isa::all() {
            let run = |weights: &[f32], sum, is_blocked: bool| {
                let output = cells(&held);
                let op = F32 { window, groups: 1, input: &input, weights, epilogue, sum, output: &output };
                match is_blocked {
                    true => f32(&op, isa).unwrap(),
                    false => conv2d::f32(&op).unwrap(),
                }
                values(&output)
            };
            for (weights, is_blocked) in [(&weights, false), (&packed, true)] {
                let layer = run(weights, None, is_blocked);
                let added = run(weights, Some([-2.5, 2.5]), is_blocked);
                for ((layer, held), y) in layer.iter().zip(&held).zip(&added) {
                    let expected = (layer + held).clamp(-2.5, 2.5);
                    prop_assert_eq!(*y, expected, "{}", isa.name());
                }
            }
        }
    }
}

fn weights_of(window: &Window) -> usize {
    window.output[2] * depth(window).unwrap()
}

/// Every instruction set, on blocks of these weights, against the canonical file.
fn is_within_its_bound<W: Weight>(
    window: Window,
    weights: &[W],
    scales: Option<&[f32]>,
    seed: u32,
) -> core::result::Result<(), TestCaseError> {
    let (outputs, depth) = (window.output[2], depth(&window).unwrap());
    let input = cells(&reals(window.input.iter().product(), seed));
    let bias = reals(outputs, seed ^ 2);
    let epilogue = Epilogue {
        scales,
        bias: Some(&bias),
        clamp: [-3.0, 2.0],
    };
    let canonical = F32 {
        sum: None,
        window,
        groups: 1,
        input: &input,
        weights,
        epilogue,
        output: &cells(&std::vec![0f32; window.output.iter().product()]),
    };
    conv2d::f32(&canonical).unwrap();
    let expected = values(canonical.output);
    // The magnitudes of the products, added up.
    let absolute = |it: &f32| it.abs();
    let magnitudes = F32 {
        sum: None,
        input: &cells(&values(&input).iter().map(absolute).collect::<Vec<_>>()),
        weights: &weights
            .iter()
            .map(|it| it.widen().abs())
            .collect::<Vec<_>>()[..],
        epilogue: Epilogue {
            scales,
            ..Epilogue::NONE
        },
        window,
        groups: 1,
        output: &cells(&expected),
    };
    conv2d::f32(&magnitudes).unwrap();
    let magnitudes = values(magnitudes.output);
    let mut packed = std::vec![W::default(); f32_len(outputs, depth).unwrap()];
    pack_f32(weights, outputs, depth, &mut packed).unwrap();
    for isa in Isa::all() {
        let output = cells(&std::vec![0f32; expected.len()]);
        let op = F32 {
            weights: &packed[..],
            output: &output,
            ..canonical
        };
        f32(&op, isa).unwrap();
        for ((y, expected), magnitude) in values(&output).iter().zip(&expected).zip(&magnitudes) {
            let bound = 4.0 * (depth + 1) as f32 * 2f32.powi(-24) * (magnitude + 2.0);
            prop_assert!(
                (y - expected).abs() <= bound,
                "{y} for {expected} within {bound}, {}",
                isa.name()
            );
        }
    }
    Ok(())
}

#[test]
fn in_place_gives_what_two_buffers_give() {
    let window = Window {
        input: [5, 7, 24],
        output: [5, 7, 24],
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0],
    };
    let (x, weights) = (reals(5 * 7 * 24, 1), reals(24 * 24, 2));
    let mut packed = std::vec![0.0; f32_len(24, 24).unwrap()];
    pack_f32(&weights, 24, 24, &mut packed).unwrap();
    for isa in Isa::all() {
        let run = |input: &[Cell<f32>], output: &[Cell<f32>]| {
            let op = F32 {
                sum: None,
                window,
                groups: 1,
                input,
                weights: &packed[..],
                epilogue: Epilogue::NONE,
                output,
            };
            f32(&op, isa).unwrap();
            values(output)
        };
        let apart = run(&cells(&x), &cells(&x));
        // A pixel further on: pixels go last to first.
        let shared = cells(&[&x[..], &[0.0; 24]].concat());
        assert_eq!(run(&shared[..x.len()], &shared[24..]), apart);
        let shared = cells(&[&[0.0; 24], &x[..]].concat());
        assert_eq!(run(&shared[24..], &shared[..x.len()]), apart);
    }
}
