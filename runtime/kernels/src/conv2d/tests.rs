use super::*;
use crate::f16;
use crate::testing::{cells, numbers, reals, values};
use proptest::prelude::*;
use std::vec::Vec;

/// A window with an output as large as padding on all sides allows, and a number of groups.
pub(crate) fn windows() -> impl Strategy<Value = (Window, usize)> {
    let extents = (1usize..7, 1usize..7, 1usize..3, 1usize..4, 1usize..4);
    let steps = (1usize..3, 1usize..3, 1usize..3, 1usize..3);
    let rest = (0usize..3, 0usize..3, 1usize..4, 1usize..4);
    (extents, steps, rest).prop_filter_map(
        "the window is larger than the padded input",
        |((h, w, groups, kh, kw), (sy, sx, dy, dx), (py, px, i, o))| {
            let span = |k: usize, d: usize| (k - 1) * d + 1;
            let oh = (h + 2 * py).checked_sub(span(kh, dy))? / sy + 1;
            let ow = (w + 2 * px).checked_sub(span(kw, dx))? / sx + 1;
            let window = Window {
                input: [h, w, i * groups],
                output: [oh, ow, o * groups],
                kernel: [kh, kw],
                stride: [sy, sx],
                dilation: [dy, dx],
                pad: [py, px],
            };
            Some((window, groups))
        },
    )
}

/// The definition, in signed coordinates: sum over taps of `f(input element, weight element)`.
fn definition(window: &Window, groups: usize, mut f: impl FnMut(usize, Option<usize>, usize)) {
    let ([h, w, i], [oh, ow, o]) = (window.input, window.output);
    let ([kh, kw], [sy, sx]) = (window.kernel, window.stride);
    let ([dy, dx], [py, px]) = (window.dilation, window.pad);
    let (gi, go) = (i / groups, o / groups);
    for (y, x, c) in (0..oh).flat_map(|y| (0..ow).flat_map(move |x| (0..o).map(move |c| (y, x, c))))
    {
        for (ky, kx, k) in
            (0..kh).flat_map(|a| (0..kw).flat_map(move |b| (0..gi).map(move |k| (a, b, k))))
        {
            let iy = (y * sy + ky * dy) as isize - py as isize;
            let ix = (x * sx + kx * dx) as isize - px as isize;
            let inside = (0..h as isize).contains(&iy) && (0..w as isize).contains(&ix);
            let input = inside.then(|| (iy as usize * w + ix as usize) * i + c / go * gi + k);
            f(
                (y * ow + x) * o + c,
                input,
                ((c * kh + ky) * kw + kx) * gi + k,
            );
        }
    }
}

proptest! {
    #[test]
    fn int8_equals_the_definition((window, groups) in windows(), seed: u32, zx in -128i32..128, zy in -128i32..128) {
        let [kh, kw] = window.kernel;
        let (i, o) = (window.input[2], window.output[2]);
        let x: Vec<i8> = numbers(window.input.iter().product(), seed).collect();
        let w: Vec<i8> = numbers(o * kh * kw * (i / groups), seed ^ 1).collect();
        let zw: Vec<i8> = numbers(o, seed ^ 2).collect();
        let bias: Vec<i32> = numbers(o, seed ^ 3).map(|b| i32::from(b) * 100).collect();
        let m: Vec<f32> = numbers(o, seed ^ 4).map(|m| (f32::from(m) + 129.0) * 1e-5).collect();
        let outputs: usize = window.output.iter().product();
        let mut sums: Vec<i64> = (0..outputs).map(|y| i64::from(bias[y % o])).collect();
        definition(&window, groups, |y, input, weight| {
            let x = input.map_or(0, |x_index| i64::from(x[x_index]) - i64::from(zx));
            sums[y] += x * (i64::from(w[weight]) - i64::from(zw[y % o]));
        });
        let expected: Vec<i8> = sums.iter().enumerate().map(|(y, &sum)| {
            let scaled = (sum as i32 as f32 * m[y % o]).round_ties_even() as i32;
            (scaled + zy).clamp(-100, 110) as i8
        }).collect();
        let output = cells(&std::vec![0i8; outputs]);
        i8(&I8 { sum: None,
            window, groups, input: &cells(&x), weights: &w, weight_zero_points: Some(&zw),
            bias: Some(&bias), multipliers: Multipliers::Onnx(&m),
            quant: Quant { input_zero_point: zx, output_zero_point: zy, min: -100, max: 110 },
            output: &output,
        }).unwrap();
        prop_assert_eq!(values(&output), expected);
    }

    /// The bound of DESIGN: twice the number of products times the unit roundoff.
    #[test]
    fn f32_is_within_its_bound((window, groups) in windows(), seed: u32) {
        let [kh, kw] = window.kernel;
        let (i, o) = (window.input[2], window.output[2]);
        let x = reals(window.input.iter().product(), seed);
        let w = reals(o * kh * kw * (i / groups), seed ^ 1);
        let outputs: usize = window.output.iter().product();
        let mut sums = std::vec![(0.0f64, 0.0f64); outputs];
        definition(&window, groups, |y, input, weight| {
            let product = input.map_or(0.0, |x_index| f64::from(x[x_index])) * f64::from(w[weight]);
            sums[y].0 += product;
            sums[y].1 += product.abs();
        });
        let output = cells(&std::vec![0.0f32; outputs]);
        f32(&F32 { sum: None,
            window, groups, input: &cells(&x), weights: &w[..], epilogue: Epilogue::NONE, output: &output,
        }).unwrap();
        let products = (kh * kw * i / groups) as f64;
        for (y, (sum, magnitude)) in values(&output).iter().zip(sums) {
            let bound = 2.0 * products * 2f64.powi(-24) * magnitude;
            prop_assert!((f64::from(*y) - sum).abs() <= bound, "{y} for {sum} within {bound}");
        }
    }

    /// Weights and activations in fewer bits are decoded exactly, so that the f32 kernel gives the same.
    #[test]
    fn compressed_weights_equal_decoded_ones((window, groups) in windows(), seed: u32) {
        let [kh, kw] = window.kernel;
        let (i, o) = (window.input[2], window.output[2]);
        let w: Vec<i8> = numbers(o * kh * kw * (i / groups), seed ^ 1).collect();
        let decoded: Vec<f32> = w.iter().map(|&w| f32::from(w)).collect();
        let halves: Vec<f16> = decoded.iter().map(|&w| f16::from_f32(w)).collect();
        let (scales, bias) = (reals(o, seed ^ 2), reals(o, seed ^ 3));
        let epilogue = Epilogue { scales: Some(&scales), bias: Some(&bias), ..Epilogue::NONE };
        let x: Vec<f16> = reals(window.input.iter().product(), seed).into_iter().map(f16::from_f32).collect();
        let wide = cells(&x.iter().map(|x| x.to_f32()).collect::<Vec<_>>());
        let outputs: usize = window.output.iter().product();
        let (a, b, c) = (cells(&std::vec![0.0f32; outputs]), cells(&std::vec![0.0f32; outputs]), cells(&std::vec![f16::ZERO; outputs]));
        f32(&F32 { sum: None, window, groups, input: &wide, weights: &decoded[..], epilogue, output: &a }).unwrap();
        f32(&F32 { sum: None, window, groups, input: &wide, weights: &w[..], epilogue, output: &b }).unwrap();
        f32(&F32 { sum: None, window, groups, input: &cells(&x), weights: &halves[..], epilogue, output: &c }).unwrap();
        prop_assert_eq!(values(&a), values(&b));
        let narrowed: Vec<f16> = values(&a).into_iter().map(f16::from_f32).collect();
        prop_assert_eq!(narrowed, values(&c));
    }

    /// Depthwise is the same function with one group a channel and weights in another order.
    #[test]
    fn depthwise_equals_grouped((window, _) in windows(), seed: u32, multiplier in 1usize..3) {
        let channels = window.input[2];
        let [oh, ow, _] = window.output;
        let window = Window { output: [oh, ow, channels * multiplier], ..window };
        let [kh, kw] = window.kernel;
        let o = channels * multiplier;
        let x: Vec<i8> = numbers(window.input.iter().product(), seed).collect();
        let w: Vec<i8> = numbers(kh * kw * o, seed ^ 1).collect();
        let m: Vec<[i32; 2]> = numbers(o, seed ^ 2).map(|m| [(1 << 30) + i32::from(m) * 1000, -6]).collect();
        let by_filter: Vec<i8> = (0..o).flat_map(|c| (0..kh * kw).map(move |tap| (c, tap)))
            .map(|(c, tap)| w[tap * o + c]).collect();
        let outputs: usize = window.output.iter().product();
        let (a, b) = (cells(&std::vec![0i8; outputs]), cells(&std::vec![0i8; outputs]));
        let quant = Quant { input_zero_point: -3, output_zero_point: 5, min: -128, max: 127 };
        let multipliers = Multipliers::Tflite(&m);
        i8(&I8 { sum: None,
            window, groups: channels, input: &cells(&x), weights: &by_filter, weight_zero_points: None,
            bias: None, multipliers, quant, output: &a,
        }).unwrap();
        crate::depthwise_conv2d::i8(&crate::depthwise_conv2d::I8 {
            window, input: &cells(&x), weights: &w, weight_zero_points: None,
            bias: None, multipliers, quant, output: &b,
        }).unwrap();
        prop_assert_eq!(values(&a), values(&b));
    }
}

#[test]
fn operands_that_do_not_fit_are_refused() {
    let window = Window {
        input: [2, 2, 2],
        output: [2, 2, 4],
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0],
    };
    let (input, output) = (cells(&[0.0f32; 8]), cells(&[7.0f32; 16]));
    let op = F32 {
        sum: None,
        window,
        groups: 1,
        input: &input,
        weights: &[0.0; 8],
        epilogue: Epilogue::NONE,
        output: &output,
    };
    assert_eq!(f32(&F32 { groups: 3, ..op }), Err(ContractError));
    assert_eq!(f32(&F32 { groups: 0, ..op }), Err(ContractError));
    assert_eq!(
        f32(&F32 {
            weights: &[0.0; 7],
            ..op
        }),
        Err(ContractError)
    );
    assert_eq!(
        f32(&F32 {
            epilogue: Epilogue {
                bias: Some(&[0.0; 3]),
                ..Epilogue::NONE
            },
            ..op
        }),
        Err(ContractError)
    );
    let wide = Window {
        stride: [usize::MAX, 1],
        ..window
    };
    assert_eq!(f32(&F32 { window: wide, ..op }), Err(ContractError));
    assert!(
        values(&output).iter().all(|&y| y == 7.0),
        "written before the check"
    );
    assert_eq!(f32(&op), Ok(()));
}
