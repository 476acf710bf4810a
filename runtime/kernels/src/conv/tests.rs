use super::*;
use crate::testing::{cells, numbers, reals, values};
use crate::{ContractError, Window, Window3d, conv2d};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

type Axis = (usize, usize, usize, usize, usize, usize);

/// Input, output, kernel, stride, dilation and padding of an axis.
fn axes(transposed: bool) -> impl Strategy<Value = Axis> {
    let steps = (
        1usize..5,
        1usize..4,
        1usize..3,
        1usize..3,
        0usize..3,
        0usize..2,
    );
    steps.prop_filter_map(
        "no output",
        move |(input, kernel, stride, dilation, pad, more)| {
            let span = (kernel - 1) * dilation + 1;
            let output = if transposed {
                ((input - 1) * stride + span + more).checked_sub(2 * pad)?
            } else {
                (input + 2 * pad).checked_sub(span)? / stride + 1
            };
            (output > 0).then_some((input, output, kernel, stride, dilation, pad))
        },
    )
}

fn geometries() -> impl Strategy<Value = Geometry> {
    let channels = (1usize..3, 1usize..3, 1usize..3);
    any::<bool>().prop_flat_map(move |transposed| {
        let axes = [axes(transposed), axes(transposed), axes(transposed)];
        (axes, channels.clone()).prop_map(move |([z, y, x], (groups, i, o))| Geometry {
            window: Window3d {
                input: [z.0, y.0, x.0, i * groups],
                output: [z.1, y.1, x.1, o * groups],
                kernel: [z.2, y.2, x.2],
                stride: [z.3, y.3, x.3],
                dilation: [z.4, y.4, x.4],
                pad: [z.5, y.5, x.5],
            },
            groups,
            transposed,
        })
    })
}

/// All positions in `extents`.
fn positions([d, h, w]: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    (0..d * h * w).map(move |i| [i / (h * w), i / w % h, i % w])
}

/// The definition: `f(output element, input element, weight element)` for every product.
fn definition(g: &Geometry, mut f: impl FnMut(usize, usize, usize)) {
    let (
        Window3d {
            kernel,
            stride,
            dilation,
            pad,
            ..
        },
        transposed,
    ) = (g.window, g.transposed);
    let ([id, ih, iw, i], [od, oh, ow, o]) = (g.window.input, g.window.output);
    let (gi, go) = (i / g.groups, o / g.groups);
    // The forward window of either direction reads `from` and writes `to`.
    let (from, to) = if transposed {
        ([od, oh, ow], [id, ih, iw])
    } else {
        ([id, ih, iw], [od, oh, ow])
    };
    let flat = |[z, y, x]: [usize; 3], [_, h, w]: [usize; 3]| (z * h + y) * w + x;
    for (q, k) in positions(to).flat_map(|q| positions(kernel).map(move |k| (q, k))) {
        let mut p = [0; 3];
        let inside = (0..3).all(|a| {
            let place = (q[a] * stride[a] + k[a] * dilation[a]).wrapping_sub(pad[a]);
            p[a] = place;
            place < from[a]
        });
        if !inside {
            continue;
        }
        let (input, output) = if transposed {
            (flat(q, to), flat(p, from))
        } else {
            (flat(p, from), flat(q, to))
        };
        for (c, ci) in (0..o).flat_map(|c| (0..gi).map(move |ci| (c, ci))) {
            let weight = (c * kernel.iter().product::<usize>() + flat(k, kernel)) * gi + ci;
            f(output * o + c, input * i + c / go * gi + ci, weight);
        }
    }
}

fn weight_count(g: &Geometry) -> usize {
    let taps: usize = g.window.kernel.iter().product();
    g.channels() * taps * (g.window.input[3] / g.groups)
}

proptest! {
    #[test]
    fn f32_is_within_its_bound(geometry in geometries(), seed: u32) {
        let x = reals(geometry.window.input.iter().product(), seed);
        let w = reals(weight_count(&geometry), seed ^ 1);
        let mut sums = vec![(0.0f64, 0.0f64, 0.0f64); geometry.window.output.iter().product()];
        definition(&geometry, |y, xi, wi| {
            let product = f64::from(x[xi]) * f64::from(w[wi]);
            let (sum, magnitude, count) = sums[y];
            sums[y] = (sum + product, magnitude + product.abs(), count + 1.0);
        });
        let output = cells(&vec![0.0f32; sums.len()]);
        f32(&F32 {
            geometry, input: &cells(&x), weights: &w, epilogue: Epilogue::NONE, output: &output,
        }).unwrap();
        for (y, (sum, magnitude, count)) in values(&output).iter().zip(sums) {
            let bound = 2.0 * count * 2f64.powi(-24) * magnitude;
            prop_assert!((f64::from(*y) - sum).abs() <= bound, "{y} for {sum} within {bound}");
        }
    }

    #[test]
    fn integers_equal_the_definition(geometry in geometries(), seed: u32, zx in -128i32..128, zy in -128i32..128) {
        let o = geometry.channels();
        let x: Vec<i8> = numbers(geometry.window.input.iter().product(), seed).collect();
        let w: Vec<i8> = numbers(weight_count(&geometry), seed ^ 1).collect();
        let zw: Vec<i8> = numbers(o, seed ^ 2).collect();
        let bias: Vec<i32> = numbers(o, seed ^ 3).map(|b| i32::from(b) * 100).collect();
        let m: Vec<f32> = numbers(o, seed ^ 4).map(|m| (f32::from(m) + 129.0) * 1e-5).collect();
        let mut sums = vec![0i32; geometry.window.output.iter().product()];
        definition(&geometry, |y, xi, wi| {
            sums[y] += (i32::from(x[xi]) - zx) * (i32::from(w[wi]) - i32::from(zw[y % o]));
        });
        let output = cells(&vec![0i32; sums.len()]);
        integer(&Integer {
            geometry, input: &cells(&x), zero_point: Some(Source::Constant(&[zx as i8])),
            weights: &w, weight_zero_points: Some(&zw), output: &output,
        }).unwrap();
        prop_assert_eq!(values(&output), &sums[..]);

        // The same input as u8, with its zero point.
        let unsigned: Vec<u8> = x.iter().map(|&x| x as u8 ^ 0x80).collect();
        let zero_point = [cells(&[(zx + 128) as u8])[0].clone()];
        integer(&Integer {
            geometry, input: &cells(&unsigned), zero_point: Some(Source::Cells(&zero_point)),
            weights: &w, weight_zero_points: Some(&zw), output: &output,
        }).unwrap();
        prop_assert_eq!(values(&output), &sums[..]);

        let expected: Vec<i8> = sums.iter().enumerate().map(|(y, &sum)| {
            let scaled = ((sum + bias[y % o]) as f32 * m[y % o]).round_ties_even() as i32;
            (scaled + zy).clamp(-100, 110) as i8
        }).collect();
        let output = cells(&vec![0i8; expected.len()]);
        i8(&I8 {
            geometry, input: &cells(&x), weights: &w, weight_zero_points: Some(&zw), bias: Some(&bias),
            multipliers: Multipliers::Onnx(&m),
            quant: Quant { input_zero_point: zx, output_zero_point: zy, min: -100, max: 110 },
            output: &output,
        }).unwrap();
        prop_assert_eq!(values(&output), expected);
    }

    #[test]
    fn flat_windows_equal_conv2d((window, groups) in conv2d::tests::windows(), seed: u32) {
        let Window { input: [h, w, i], output: [oh, ow, o], kernel: [kh, kw], stride: [sy, sx], dilation: [dy, dx], pad: [py, px] } = window;
        let geometry = Geometry {
            window: Window3d {
                input: [1, h, w, i], output: [1, oh, ow, o], kernel: [1, kh, kw],
                stride: [1, sy, sx], dilation: [1, dy, dx], pad: [0, py, px],
            },
            groups,
            transposed: false,
        };
        let (x, weights) = (cells(&reals(h * w * i, seed)), reals(weight_count(&geometry), seed ^ 1));
        let (a, b) = (cells(&vec![0.0f32; oh * ow * o]), cells(&vec![0.0f32; oh * ow * o]));
        let epilogue = Epilogue { clamp: [-0.5, 0.5], ..Epilogue::NONE };
        f32(&F32 { geometry, input: &x, weights: &weights, epilogue, output: &a }).unwrap();
        conv2d::f32(&conv2d::F32 { sum: None, window, groups, input: &x, weights: &weights[..], epilogue, output: &b }).unwrap();
        prop_assert_eq!(values(&a), values(&b));
    }
}

#[test]
fn operands_that_do_not_fit_are_refused() {
    let window = Window3d {
        input: [1, 1, 2, 2],
        output: [1, 1, 2, 2],
        kernel: [1; 3],
        stride: [1; 3],
        dilation: [1; 3],
        pad: [0; 3],
    };
    let geometry = Geometry {
        window,
        groups: 1,
        transposed: true,
    };
    let (input, output) = (cells(&[1.0f32; 4]), cells(&[7.0f32; 4]));
    let op = F32 {
        geometry,
        input: &input,
        weights: &[1.0; 4],
        epilogue: Epilogue::NONE,
        output: &output,
    };
    let wide = Window3d {
        stride: [1, 1, usize::MAX],
        ..window
    };
    for geometry in [
        Geometry {
            groups: 0,
            ..geometry
        },
        Geometry {
            groups: 2,
            ..geometry
        },
        Geometry {
            window: wide,
            ..geometry
        },
    ] {
        assert_eq!(f32(&F32 { geometry, ..op }), Err(ContractError));
    }
    assert_eq!(values(&output), [7.0; 4], "written before the check");
    assert_eq!(f32(&op), Ok(()));
    assert_eq!(values(&output), [2.0; 4]);
}
