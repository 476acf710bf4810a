//! Parts make what the whole makes, bit for bit.

use core::fmt::Debug;
use std::vec::Vec;

use bytemuck::{Pod, bytes_of};
use proptest::prelude::*;

use super::*;
use crate::blocked::{f32_len, pack_f32};
use crate::requantize::{Multiplier, Multipliers, Quant};
use crate::testing::{cells, in_blocks, numbers, reals, values};
use crate::{
    Epilogue, Isa, Overlap, Pair, Source, Window, add, average_pool2d, conv2d, depthwise_conv2d,
    max_pool2d,
};

/// Makes parts last to first.
struct Backwards {
    hands: usize,
    runs: Cell<usize>,
}

// SAFETY: the tests that make one use it on one thread.
unsafe impl Sync for Backwards {}

// SAFETY: calls each once, here.
unsafe impl Team for Backwards {
    fn hands(&self) -> usize {
        self.hands
    }

    fn run(&self, parts: usize, work: &(dyn Fn(usize) + Sync)) {
        self.runs.set(self.runs.get() + 1);
        (0..parts).rev().for_each(work);
    }
}

const HANDS: [usize; 6] = [1, 2, 3, 4, 5, 40];

/// Checks `kernel` on operands that are apart and on such that overlap as far as the contract allows, the output behind the
/// input or before it. Gives how often something was cut.
fn check<X: Pod + Debug, Y: Pod + Debug>(
    window: &Window,
    values_of: &[X],
    kernel: impl Fn(&[Cell<X>], &[Cell<Y>], Option<Crew<'_>>) -> Result,
) -> core::result::Result<usize, TestCaseError> {
    let outputs: usize = window.output.iter().product();
    let sizes = [size_of::<X>(), size_of::<Y>()];
    let overlap = Overlap::window(window, sizes);
    let (input_bytes, output_bytes) = (size_of_val(values_of), outputs * sizes[1]);
    let apart = input_bytes.next_multiple_of(8);
    // Where the input starts and where the output does.
    let places = [
        (0, apart),
        (0, overlap.after.next_multiple_of(4)),
        (overlap.before.next_multiple_of(4), 0),
    ];
    let mut cuts = 0;
    for (from, to) in places {
        let bytes = (from + input_bytes).max(to + output_bytes).div_ceil(8);
        let make = |crew: Option<Crew<'_>>| {
            let mut memory = std::vec![0u64; bytes];
            let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut memory);
            let all = Cell::from_mut(memory).as_slice_of_cells();
            let input = view(&all[from..][..input_bytes]).unwrap();
            let output = view(&all[to..][..output_bytes]).unwrap();
            input
                .iter()
                .zip(values_of)
                .for_each(|(cell, x): (&Cell<X>, _)| cell.set(*x));
            kernel(input, output, crew).unwrap();
            values::<Y>(output)
                .iter()
                .flat_map(|y| bytes_of(y).to_vec())
                .collect::<Vec<u8>>()
        };
        let expected = make(None);
        for hands in HANDS {
            let team = Backwards {
                hands,
                runs: Cell::new(0),
            };
            for room in [0, input_bytes] {
                let mut scratch = std::vec![0u64; room.div_ceil(8)];
                let scratch: &mut [u8] = bytemuck::cast_slice_mut(&mut scratch);
                let scratch = Cell::from_mut(scratch).as_slice_of_cells();
                let made = make(Some(Crew {
                    team: &team,
                    scratch,
                }));
                prop_assert!(
                    made == expected,
                    "{hands} hands, {from} to {to}, room of {room}"
                );
            }
            cuts += team.runs.get();
        }
    }
    Ok(cuts)
}

/// Windows of all kinds; some of single pixels, some with one output pixel, some with so many channels that rows are held a
/// few pixels at a time.
fn windows() -> impl Strategy<Value = Window> {
    let inputs = prop_oneof![6 => 1usize..40, 1 => 300usize..700];
    let kind = 0..4;
    (conv2d::tests::windows(), inputs, 1usize..70, kind).prop_map(
        |((mut window, _), inputs, outputs, kind)| {
            window.input[2] = inputs;
            window.output[2] = outputs;
            let [height, width, _] = window.input;
            match kind {
                0 => {
                    window.kernel = [1, 1];
                    window.stride = [1, 1];
                    window.pad = [0, 0];
                    window.output = [height, width, outputs];
                }
                1 => {
                    window.kernel = [height, width];
                    window.dilation = [1, 1];
                    window.pad = [0, 0];
                    window.output = [1, 1, outputs];
                }
                _ => {}
            }
            window
        },
    )
}

fn quant(zero_point: i32) -> Quant {
    Quant {
        input_zero_point: zero_point,
        output_zero_point: 3,
        min: -120,
        max: 125,
    }
}

fn integers(count: usize, seed: u32) -> Vec<i8> {
    numbers(count, seed).collect()
}

fn floats(count: usize, seed: u32) -> Vec<f32> {
    integers(count, seed)
        .into_iter()
        .map(|m| (f32::from(m) + 129.0) * 1e-5)
        .collect()
}

proptest! {
    #[test]
    fn convolutions(window in windows(), seed: u32, zero_point in -128i32..128, has_one: bool) {
        let ([_, _, inputs], [_, _, outputs]) = (window.input, window.output);
        let depth = window.taps() * inputs;
        let (x, y) = (window.input.iter().product(), seed ^ 1);
        let weights = reals(outputs * depth, y);
        let mut packed = std::vec![0.0; f32_len(outputs, depth).unwrap()];
        pack_f32(&weights, outputs, depth, &mut packed).unwrap();
        let bias = reals(outputs, seed ^ 2);
        let epilogue = Epilogue { scales: None, bias: Some(&bias), clamp: [-300.0, 200.0] };
        for isa in Isa::all() {
            check(&window, &reals(x, seed), |input, output, crew| {
                let op = conv2d::F32 { sum: None, window, groups: 1, input, weights: &packed[..], epilogue, output };
                conv2d::blocked::f32_in_parts(&op, isa, crew)
            })?;
        }
        check(&window, &reals(x, seed), |input, output, crew| {
            let op = conv2d::F32 { sum: None, window, groups: 1, input, weights: &weights[..], epilogue, output };
            conv2d::f32_in_parts(&op, crew)
        })?;
        let weights = integers(outputs * depth, y);
        let [packed, pairs] = in_blocks(&window, &weights);
        let bias: Vec<i32> = integers(outputs, seed ^ 2).into_iter().map(|b| i32::from(b) * 1000).collect();
        let multipliers = floats(if has_one { 1 } else { outputs }, seed ^ 3);
        for isa in Isa::all() {
            let op = conv2d::I8 { sum: None,
                window, groups: 1, input: &[], weights: &weights, weight_zero_points: None, bias: Some(&bias),
                multipliers: Multipliers::Onnx(&multipliers), quant: quant(zero_point), output: &[],
            };
            check(&window, &integers(x, seed), |input, output, crew| {
                conv2d::blocked::i8_in_parts(&conv2d::I8 { input, weights: &packed, output, ..op }, isa, crew)
            })?;
            check(&window, &integers(x, seed), |input, output, crew| {
                conv2d::blocked::i8_pairs_in_parts(&conv2d::I8 { input, weights: &pairs, output, ..op }, isa, crew)
            })?;
            check(&window, &integers(x, seed), |input, output, crew| {
                conv2d::i8_in_parts(&conv2d::I8 { input, output, ..op }, crew)
            })?;
        }
    }

    #[test]
    fn channelwise(window in windows(), seed: u32, zero_point in -128i32..128) {
        let mut window = window;
        window.output[2] = window.input[2];
        let (channels, taps) = (window.input[2], window.taps());
        let x = window.input.iter().product();
        let (weights, bias) = (reals(channels * taps, seed ^ 1), reals(channels, seed ^ 2));
        let epilogue = Epilogue { scales: None, bias: Some(&bias), clamp: [-300.0, 200.0] };
        let by_tap = integers(channels * taps, seed ^ 1);
        let multipliers = floats(channels, seed ^ 3);
        for isa in Isa::all() {
            check(&window, &reals(x, seed), |input, output, crew| {
                let op = depthwise_conv2d::F32 { window, input, weights: &weights[..], epilogue, output };
                depthwise_conv2d::f32_in_parts(&op, isa, crew)
            })?;
            check(&window, &integers(x, seed), |input, output, crew| {
                let op = depthwise_conv2d::I8 {
                    window, input, weights: &by_tap, weight_zero_points: None, bias: None,
                    multipliers: Multipliers::Onnx(&multipliers), quant: quant(zero_point), output,
                };
                depthwise_conv2d::i8_in_parts(&op, isa, crew)
            })?;
        }
        check(&window, &reals(x, seed), |input, output, crew| max_pool2d::in_parts(&window, input, output, crew))?;
        check(&window, &reals(x, seed), |input, output, crew| {
            average_pool2d::f32_in_parts(&average_pool2d::F32 { window, count_padding: false, input, output }, crew)
        })?;
        check(&window, &integers(x, seed), |input, output, crew| {
            let multiplier = Multiplier::Onnx(0.7);
            let op = average_pool2d::I8 { window, count_padding: true, input, quant: quant(zero_point), multiplier, output };
            average_pool2d::i8_in_parts(&op, crew)
        })?;
    }

    #[test]
    fn elements(count in 1usize..200, seed: u32, is_over: bool) {
        let (a, b) = (integers(count, seed), cells(&integers(count, seed ^ 1)));
        let make = |crew: Option<Crew<'_>>, isa| {
            let a = cells(&a);
            let output = if is_over { &a } else { &cells(&std::vec![0; count]) };
            let pair = Pair {
                a: Source::Cells(&a), a_shape: &[count], b: Source::Cells(&b), b_shape: &[count], output, shape: &[count],
            };
            let scaling = add::Scaling::Onnx { a: 0.4, b: 0.9 };
            add::i8_in_parts(&add::I8 { pair, sum: add::Sum { quant: quant(4), b_zero_point: -7, scaling } }, isa, crew).unwrap();
            values(output)
        };
        for isa in Isa::all() {
            let expected = make(None, isa);
            for hands in HANDS {
                let team = Backwards { hands, runs: Cell::new(0) };
                prop_assert_eq!(make(Some(Crew { team: &team, scratch: &[] }), isa), &expected[..]);
                prop_assert_eq!(team.runs.get(), usize::from(hands.min(count) > 1));
            }
        }
    }
}

/// What the properties above say nothing of where nothing is cut.
#[test]
fn rows_pixels_and_blocks_are_cut() {
    let window = |input: [usize; 3], output: [usize; 3], kernel: usize, pad: usize| Window {
        input,
        output,
        kernel: [kernel; 2],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [pad; 2],
    };
    // The last one's operands are apart where the output is behind the input.
    let cases = [
        (window([6, 5, 4], [6, 5, 20], 3, 1), 4),
        (window([6, 5, 4], [6, 5, 20], 1, 0), 4),
        (window([1, 1, 40], [1, 1, 100], 1, 0), 5),
    ];
    for (window, places) in cases {
        let depth = window.taps() * window.input[2];
        let weights = reals(f32_len(window.output[2], depth).unwrap(), 1);
        let input = reals(window.input.iter().product(), 2);
        let cuts = check(&window, &input, |input, output, crew| {
            let epilogue = Epilogue::NONE;
            let op = conv2d::F32 {
                sum: None,
                window,
                groups: 1,
                input,
                weights: &weights[..],
                epilogue,
                output,
            };
            conv2d::blocked::f32_in_parts(&op, Isa::detect(), crew)
        });
        // With more hands than one, where they are apart with room and without, where they overlap with room only.
        assert_eq!(cuts.unwrap(), 5 * places, "{window:?}");
    }
}

#[test]
fn operands_that_do_not_fit_are_refused() {
    let window = Window::of_rows(40, [3, 5]);
    let (input, output) = (cells(&[0.0f32; 120]), cells(&[7.0f32; 200]));
    let team = Backwards {
        hands: 2,
        runs: Cell::new(0),
    };
    let crew = Some(Crew {
        team: &team,
        scratch: &[],
    });
    let weights = [0.0; 48];
    let op = conv2d::F32 {
        sum: None,
        window,
        groups: 1,
        input: &input,
        weights: &weights[..],
        epilogue: Epilogue::NONE,
        output: &output,
    };
    let wrong = [
        conv2d::F32 {
            weights: &weights[..47],
            ..op
        },
        conv2d::F32 {
            input: &input[..119],
            ..op
        },
        conv2d::F32 {
            window: Window {
                stride: [usize::MAX, 1],
                ..window
            },
            ..op
        },
        conv2d::F32 {
            window: Window {
                output: [0, 1, 5],
                ..window
            },
            ..op
        },
    ];
    for op in wrong {
        assert_eq!(
            conv2d::blocked::f32_in_parts(&op, Isa::detect(), crew),
            Err(ContractError)
        );
    }
    assert!(
        values(&output).iter().all(|&y| y == 7.0),
        "written before the check"
    );
    assert_eq!(
        conv2d::blocked::f32_in_parts(&op, Isa::detect(), crew),
        Ok(())
    );
}
