use super::*;
use crate::testing::{cells, numbers, reals, ulps, values};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

/// A 2-D window with `ceil_mode`: its output may reach beyond the padding.
fn windows() -> impl Strategy<Value = (Window3d, [usize; 3])> {
    let axis = (
        1usize..6,
        1usize..4,
        1usize..4,
        1usize..3,
        0usize..2,
        0usize..2,
    );
    ([axis.clone(), axis.clone(), axis], 1usize..3).prop_filter_map(
        "no output",
        |(axes, channels)| {
            let output = |(input, kernel, stride, dilation, pad, pad_end): (
                usize,
                usize,
                usize,
                usize,
                usize,
                usize,
            )| {
                let span = (kernel - 1) * dilation + 1;
                let outputs = (input + pad + pad_end).checked_sub(span)?.div_ceil(stride) + 1;
                Some(if (outputs - 1) * stride >= input + pad {
                    outputs - 1
                } else {
                    outputs
                })
            };
            let [z, y, x] = axes;
            let window = Window3d {
                input: [z.0, y.0, x.0, channels],
                output: [output(z)?, output(y)?, output(x)?, channels],
                kernel: axes.map(|a| a.1),
                stride: axes.map(|a| a.2),
                dilation: axes.map(|a| a.3),
                pad: axes.map(|a| a.4),
            };
            Some((window, axes.map(|a| a.5)))
        },
    )
}

/// Of every output element: the input elements that its window reads, and how many taps lie in the padded input.
fn definition(w: &Window3d, pad_end: [usize; 3]) -> Vec<(Vec<usize>, usize)> {
    let ([id, ih, iw, c], [od, oh, ow, _]) = (w.input, w.output);
    let [kd, kh, kw] = w.kernel;
    let mut all = Vec::new();
    for element in 0..od * oh * ow * c {
        let (pixel, channel) = (element / c, element % c);
        let at = [pixel / (oh * ow), pixel / ow % oh, pixel % ow];
        let (mut inside, mut padded) = (Vec::new(), 0);
        for tap in 0..kd * kh * kw {
            let k = [tap / (kh * kw), tap / kw % kh, tap % kw];
            let place = |a: usize| at[a] * w.stride[a] + k[a] * w.dilation[a];
            padded += usize::from((0..3).all(|a| place(a) < w.pad[a] + w.input[a] + pad_end[a]));
            let [z, y, x] = [0, 1, 2].map(|a| place(a).wrapping_sub(w.pad[a]));
            if z < id && y < ih && x < iw {
                inside.push(((z * ih + y) * iw + x) * c + channel);
            }
        }
        all.push((inside, padded));
    }
    all
}

proptest! {
    #[test]
    fn means_divide_by_what_they_count((window, pad_end) in windows(), seed: u32) {
        let x = reals(window.input.iter().product(), seed);
        for counted_padding in [None, Some(pad_end)] {
            let output = cells(&vec![0.0f32; window.output.iter().product()]);
            average(&Average { window, counted_padding, input: &cells(&x), output: &output }).unwrap();
            for (y, (inside, padded)) in values(&output).iter().zip(definition(&window, pad_end)) {
                let sum: f64 = inside.iter().map(|&i| f64::from(x[i])).sum();
                let count = counted_padding.map_or(inside.len().max(1), |_| padded);
                let magnitude: f64 = inside.iter().map(|&i| f64::from(x[i]).abs()).sum::<f64>() / count as f64;
                let bound = 2.0 * (inside.len() + 1) as f64 * 2f64.powi(-24) * magnitude;
                prop_assert!((f64::from(*y) - sum / count as f64).abs() <= bound);
            }
        }
    }

    #[test]
    fn norms_are_within_two_ulps((window, _) in windows(), seed: u32, p in 2u32..9) {
        let x = reals(window.input.iter().product(), seed);
        let output = cells(&vec![0.0f32; window.output.iter().product()]);
        lp(&Lp { window, p, input: &cells(&x), output: &output }).unwrap();
        for (y, (inside, _)) in values(&output).into_iter().zip(definition(&window, [0; 3])) {
            let sum: f64 = inside.iter().map(|&i| f64::from(x[i].abs()).powi(p as i32)).sum();
            let expected = sum.powf(1.0 / f64::from(p)) as f32;
            prop_assert!(ulps(y, expected) <= 2, "{y} for {expected}");
        }
    }

    #[test]
    fn maxima_are_found_with_their_places((window, _) in windows(), seed: u32, first in 0usize..9) {
        let x: Vec<i8> = numbers(window.input.iter().product(), seed).collect();
        let [d, h, w, c] = window.input;
        let outputs: usize = window.output.iter().product();
        for column_major in [false, true] {
            let (output, places) = (cells(&vec![0i8; outputs]), cells(&vec![0i64; outputs]));
            let indices = Some(Indices { first, column_major, output: &places });
            max(&Max { window, input: &cells(&x), indices, output: &output }).unwrap();
            for ((y, place), (inside, _)) in values(&output).into_iter().zip(values(&places)).zip(definition(&window, [0; 3])) {
                prop_assert_eq!(y, inside.iter().map(|&i| x[i]).max().unwrap_or(i8::MIN));
                let Some(&i) = inside.iter().find(|&&i| x[i] == y) else {
                    prop_assert_eq!(place, -1);
                    continue;
                };
                let (channel, pixel) = (i % c, i / c);
                let (z, row, column) = (pixel / (h * w), pixel / w % h, pixel % w);
                let spatial = if column_major { z + d * (row + h * column) } else { pixel };
                prop_assert_eq!(place as usize, first + channel * d * h * w + spatial);
            }
        }
    }
}

#[test]
fn norms_keep_zero_infinity_and_nan() {
    let window = Window3d {
        input: [1, 1, 2, 1],
        output: [1, 1, 1, 1],
        kernel: [1, 1, 2],
        stride: [1; 3],
        dilation: [1; 3],
        pad: [0; 3],
    };
    for (x, expected) in [
        ([0.0, 0.0], 0.0),
        ([f32::NEG_INFINITY, 1.0], f32::INFINITY),
        ([3e38, 3e38], f32::INFINITY),
        ([3e-42, -4e-42], 5e-42),
    ] {
        let output = cells(&[0.0f32]);
        let op = Lp {
            window,
            p: 2,
            input: &cells(&x),
            output: &output,
        };
        lp(&op).unwrap();
        assert_eq!(values(&output), [expected]);
        lp(&Lp {
            input: &cells(&[x[0], f32::NAN]),
            ..op
        })
        .unwrap();
        assert!(values(&output)[0].is_nan());
        assert!(lp(&Lp { p: 0, ..op }).is_err());
    }
}
