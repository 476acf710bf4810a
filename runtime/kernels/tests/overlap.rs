//! The distances of [`Overlap`], against traces of reads and writes, and with kernels that overwrite their
//! own inputs.

use std::cell::Cell;

use bytemuck::{Pod, Zeroable};
use cadet_kernels::requantize::{Multiplier, Multipliers, Quant};
use cadet_kernels::{
    Axis, Indices, Overlap, Pair, Source, Window, affine, average_pool2d, binary, cast, conv2d,
    depthwise_conv2d, flip_sign, fully_connected, max_pool2d, quantize_linear, scatter_elements,
    scatter_nd, select, softmax, table, tensor_scatter, transcendental, triangle, unary, view,
};
use proptest::prelude::*;

/// A window with an output as large as the padding allows; the channels of the output are a multiple of those
/// of the input.
fn windows() -> impl Strategy<Value = Window> {
    let extents = (1_usize..7, 1_usize..7, 1_usize..4, 1_usize..4, 1_usize..4);
    let steps = (1_usize..4, 1_usize..4, 1_usize..3, 1_usize..3);
    let rest = (0_usize..3, 0_usize..3, 1_usize..4);
    (extents, steps, rest).prop_filter_map(
        "the window is larger than the padded input",
        |((h, w, kh, kw, c), (sy, sx, dy, dx), (py, px, multiplier))| {
            let span = |k: usize, d: usize| (k - 1) * d + 1;
            let oh = (h + 2 * py).checked_sub(span(kh, dy))? / sy + 1;
            let ow = (w + 2 * px).checked_sub(span(kw, dx))? / sx + 1;
            Some(Window {
                input: [h, w, c],
                output: [oh, ow, c * multiplier],
                kernel: [kh, kw],
                stride: [sy, sx],
                dilation: [dy, dx],
                pad: [py, px],
            })
        },
    )
}

/// Input elements that are read, then the output element that is written, in the order of a kernel.
type Trace = Vec<(Vec<usize>, usize)>;

fn trace(window: &Window, channelwise: bool, is_reversed: bool) -> Trace {
    let ([h, w, inputs], [oh, ow, outputs]) = (window.input, window.output);
    let ([kh, kw], [py, px]) = (window.kernel, window.pad);
    let mut pixels: Vec<(usize, usize)> = (0..oh * ow).map(|p| (p / ow, p % ow)).collect();
    if is_reversed {
        pixels.reverse();
    }
    let mut trace = Trace::new();
    for (oy, ox) in pixels {
        for o in 0..outputs {
            let mut reads = Vec::new();
            for (ky, kx) in (0..kh).flat_map(|ky| (0..kw).map(move |kx| (ky, kx))) {
                let y = (oy * window.stride[0] + ky * window.dilation[0]).checked_sub(py);
                let x = (ox * window.stride[1] + kx * window.dilation[1]).checked_sub(px);
                let (Some(y), Some(x)) = (y, x) else { continue };
                if y < h && x < w {
                    let channels = if channelwise {
                        let i = o / (outputs / inputs);
                        i..i + 1
                    } else {
                        0..inputs
                    };
                    reads.extend(channels.map(|i| (y * w + x) * inputs + i));
                }
            }
            trace.push((reads, (oy * ow + ox) * outputs + o));
        }
    }
    trace
}

/// Whether a byte is written before its last read when the output starts `distance` bytes after the input.
fn destroys(trace: &Trace, bytes: [usize; 2], distance: isize) -> bool {
    let elements = trace.iter().flat_map(|(reads, _)| reads);
    let mut last_read = vec![None; elements.max().map_or(0, |last| (last + 1) * bytes[0])];
    for (time, (reads, _)) in trace.iter().enumerate() {
        for read in reads {
            last_read[read * bytes[0]..][..bytes[0]].fill(Some(time));
        }
    }
    trace.iter().enumerate().any(|(time, &(_, written))| {
        (written * bytes[1]..(written + 1) * bytes[1]).any(|byte| {
            let byte = usize::try_from(byte as isize + distance).ok();
            byte.and_then(|byte| *last_read.get(byte)?) > Some(time)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn windows_keep_the_smallest_safe_distance(
        window in windows(),
        channelwise: bool,
        bytes in prop::sample::select(vec![[1, 1], [4, 4], [1, 4], [4, 1]]),
    ) {
        let overlap = if channelwise {
            Overlap::channelwise_window(&window, bytes)
        } else {
            Overlap::window(&window, bytes)
        };
        let (before, after) = (overlap.before as isize, overlap.after as isize);
        let [there, back] = [false, true].map(|reversed| trace(&window, channelwise, reversed));
        let [input, output] = [window.input, window.output].map(|e| e.iter().product::<usize>());
        for distance in before..=(output * bytes[1]) as isize {
            prop_assert!(!destroys(&there, bytes, -distance), "{distance} before");
        }
        for distance in after..=(input * bytes[0]) as isize {
            prop_assert!(!destroys(&back, bytes, distance), "{distance} after");
        }
        prop_assert!(before == 0 || destroys(&there, bytes, 1 - before));
        prop_assert!(after == 1 || destroys(&back, bytes, after - 1));
    }

    #[test]
    fn elements_keep_the_smallest_safe_distance(elements in 1_usize..40, input in 1_usize..5, output in 1_usize..5) {
        let bytes = [input, output];
        let before = Overlap::elementwise(elements, bytes).before as isize;
        let trace: Trace = (0..elements).map(|i| (vec![i], i)).collect();
        prop_assert!(!destroys(&trace, bytes, -before));
        prop_assert!(before == 0 || destroys(&trace, bytes, 1 - before));
    }
}

/// Runs `kernel` on operands with no byte in common and at every distance that `overlap` allows.
fn overwrites<X: Pod, Y: Pod + PartialEq + std::fmt::Debug>(
    overlap: Overlap,
    input: &[X],
    outputs: usize,
    kernel: impl Fn(&[Cell<X>], &[Cell<Y>]),
) {
    let run = |input_at: usize, output_at: usize| -> Vec<Y> {
        let (x, y) = (size_of_val(input), outputs * size_of::<Y>());
        let mut memory = vec![0_u32; (input_at + x).max(output_at + y).div_ceil(4)];
        let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut memory);
        memory[input_at..][..x].copy_from_slice(bytemuck::cast_slice(input));
        let cells = Cell::from_mut(memory).as_slice_of_cells();
        let output = view(&cells[output_at..][..y]).unwrap();
        kernel(view(&cells[input_at..][..x]).unwrap(), output);
        output.iter().map(Cell::get).collect()
    };
    let element = size_of::<X>().max(size_of::<Y>());
    let apart = (outputs * size_of::<Y>()).next_multiple_of(element);
    let wanted = run(apart, 0);
    for distance in (overlap.before..apart).filter(|d| d.is_multiple_of(element)) {
        assert_eq!(run(distance, 0), wanted, "{distance} before");
    }
    for distance in (overlap.after..size_of_val(input)).filter(|d| d.is_multiple_of(element)) {
        assert_eq!(run(0, distance), wanted, "{distance} after");
    }
}

fn numbers<T: Zeroable>(count: usize, number: impl Fn(i8) -> T) -> Vec<T> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        number((state >> 24) as i8)
    };
    (0..count).map(|_| next()).collect()
}

fn integers(count: usize) -> Vec<i8> {
    numbers(count, |number| number)
}

fn floats(count: usize) -> Vec<f32> {
    numbers(count, |number| f32::from(number) * 0.03)
}

const QUANT: Quant = Quant {
    input_zero_point: 3,
    output_zero_point: -4,
    min: -128,
    max: 127,
};
const SCALES: [f32; 16] = [0.01; 16];

proptest! {
    #[test]
    fn convolutions_overwrite_their_input(window in windows()) {
        let [inputs, outputs] = [window.input, window.output].map(|e| e.iter().product::<usize>());
        let ([_, _, i], [_, _, o], [kh, kw]) = (window.input, window.output, window.kernel);
        let multipliers = Multipliers::Onnx(&SCALES[..o]);
        let weights = integers(o * kh * kw * i);
        overwrites(Overlap::window(&window, [1, 1]), &integers(inputs), outputs, |input, output| {
            conv2d::i8(&conv2d::I8 { sum: None,
                window, groups: 1, input, weights: &weights, weight_zero_points: None, bias: None, multipliers,
                quant: QUANT, output,
            }).unwrap();
        });
        let weights = &weights[..o * kh * kw];
        overwrites(Overlap::channelwise_window(&window, [1, 1]), &integers(inputs), outputs, |input, output| {
            depthwise_conv2d::i8(&depthwise_conv2d::I8 {
                window, input, weights, weight_zero_points: None, bias: None, multipliers, quant: QUANT, output,
            }).unwrap();
        });
    }

    #[test]
    fn poolings_overwrite_their_input(window in windows()) {
        let ([h, w, c], [oh, ow, _]) = (window.input, window.output);
        let window = Window { output: [oh, ow, c], ..window };
        let overlap = Overlap::channelwise_window(&window, [4, 4]);
        overwrites(overlap, &floats(h * w * c), oh * ow * c, |input, output| {
            max_pool2d::pool(&window, input, output).unwrap();
        });
        overwrites(overlap, &floats(h * w * c), oh * ow * c, |input, output| {
            let op = average_pool2d::F32 { window, count_padding: false, input, output };
            average_pool2d::f32(&op).unwrap();
        });
    }

    #[test]
    fn matrices_overwrite_their_input(rows in 1_usize..5, inputs in 1_usize..9, outputs in 1_usize..9) {
        let extents = fully_connected::Extents { rows, inputs, outputs };
        let weights = integers(inputs * outputs);
        let overlap = Overlap::rows(rows, [inputs, outputs], [1, 1]);
        overwrites(overlap, &integers(rows * inputs), rows * outputs, |input, output| {
            fully_connected::i8(&fully_connected::I8 {
                extents, input, weights: &weights, weight_zero_points: None, bias: None,
                multipliers: Multipliers::Onnx(&SCALES[..outputs]), quant: QUANT, output,
            }).unwrap();
        });
    }

    #[test]
    fn elementwise_kernels_overwrite_their_input(rows in 1_usize..4, length in 1_usize..9) {
        let count = rows * length;
        let same = |bytes: usize| Overlap::elementwise(count, [bytes, bytes]);
        let (reals, steps) = (floats(count), integers(count));
        overwrites(same(4), &reals, count, |x, y| unary::f32(unary::Function::Tanh, x, y).unwrap());
        overwrites(same(4), &reals, count, |x, y| softmax::f32(length, x, y).unwrap());
        let entries = integers(256);
        overwrites(same(1), &steps, count, |x, y| table::i8(&entries, x, y).unwrap());
        let fixed_point = softmax::Scaling::Tflite { multiplier: 1 << 30, shift: 23, diff_min: -248 };
        for scaling in [softmax::Scaling::Onnx { input: 0.1, output: 0.01, zero_point: -7 }, fixed_point] {
            overwrites(same(1), &steps, count, |x, y| softmax::i8(length, scaling, x, y).unwrap());
        }
        overwrites(same(1), &steps, count, |x, y| {
            affine::requantize(&QUANT, Multiplier::Onnx(0.7), x, y).unwrap();
        });
        overwrites(Overlap::elementwise(count, [4, 1]), &reals, count, |x, y: &[Cell<i8>]| {
            affine::quantize(0.02, 5, x, y).unwrap();
        });
        overwrites(Overlap::elementwise(count, [1, 4]), &steps, count, |x, y| {
            affine::dequantize(0.02, 5, x, y).unwrap();
        });
    }

    #[test]
    fn rows_and_conversions_overwrite_their_input(rows in 1_usize..4, length in 1_usize..9) {
        let count = rows * length;
        let same = |bytes: usize| Overlap::elementwise(count, [bytes, bytes]);
        let (reals, steps) = (floats(count), integers(count));
        overwrites(same(4), &reals, count, |x, y| softmax::log_f32(length, x, y).unwrap());
        overwrites(same(4), &reals, count, |x, y| softmax::hard_f32(length, x, y).unwrap());
        overwrites(same(4), &reals, count, |x, y| {
            transcendental::f32(transcendental::Function::Sin, x, y).unwrap();
        });
        overwrites(same(1), &numbers(count, |number| number as u8), count, |x, y| flip_sign::flip(x, y).unwrap());
        overwrites(Overlap::elementwise(count, [1, 4]), &steps, count, |x, y| {
            cast::cast(cast::Input::I8(Source::Cells(x)), cast::Output::F32(y)).unwrap();
        });
        overwrites(Overlap::elementwise(count, [4, 1]), &reals, count, |x, y| {
            cast::cast(cast::Input::F32(Source::Cells(x)), cast::Output::I8(y)).unwrap();
        });
        let grid = quantize_linear::Grid { outer: rows, axis: length, inner: 1, grain: quantize_linear::Grain::Axis };
        let scales = Source::Constant(&SCALES[..length]);
        overwrites(Overlap::elementwise(count, [4, 1]), &reals, count, |input, output| {
            let op = quantize_linear::Quantize::<i8> { grid, input, scales, zero_points: None, output };
            quantize_linear::quantize(&op).unwrap();
        });
        overwrites(Overlap::elementwise(count, [1, 4]), &steps, count, |input, output| {
            let input = Source::<i8>::Cells(input);
            let op = quantize_linear::Dequantize { grid, input, scales, zero_points: None, output };
            quantize_linear::dequantize(&op).unwrap();
        });
    }

    #[test]
    fn updates_overwrite_what_they_change(rows in 2_usize..5, length in 1_usize..9) {
        let count = rows * length;
        let same = Overlap::elementwise(count, [4, 4]);
        let data = floats(count);
        let (updates, shape) = (floats(length), [rows, length]);
        let (updates, last) = (Source::Constant(&updates[..]), vec![-1; length]);
        overwrites(same, &data, count, |input, output| {
            let input = Source::Cells(input);
            let op = triangle::Triangle { shape: &shape, upper: true, diagonal: 1, input, output };
            triangle::copy(&op).unwrap();
        });
        overwrites(same, &data, count, |data, output| {
            let indices = Indices::I64(Source::Constant(&last));
            let op = scatter_elements::ScatterElements {
                axis: 0, data_shape: &shape, shape: &[1, length], data: Source::Cells(data), indices, updates, output,
            };
            scatter_elements::write(&op, |old, update| old + update).unwrap();
        });
        overwrites(same, &data, count, |data, output| {
            let indices = Indices::I64(Source::Constant(&last[..1]));
            let op = scatter_nd::ScatterNd {
                indexed: &shape[..1], slice: length, data: Source::Cells(data), indices, updates, output,
            };
            scatter_nd::write(&op, |old, update| old + update).unwrap();
        });
        overwrites(same, &data, count, |cache, output| {
            let axis = Axis { outer: 1, length: rows, inner: length };
            let op = tensor_scatter::TensorScatter {
                batch: 1, axis, circular: false, cache: Source::Cells(cache), update: updates,
                starts: Some(Indices::I64(Source::Constant(&[1]))), output,
            };
            tensor_scatter::copy(&op).unwrap();
        });
    }

    #[test]
    fn comparisons_and_choices_overwrite_an_operand(count in 1_usize..20) {
        let (reals, shape) = (floats(count), &[count][..]);
        let other = Source::Constant(&[0.5_f32][..]);
        overwrites(Overlap::elementwise(count, [4, 1]), &reals, count, |a, output| {
            let pair = Pair { a: Source::Cells(a), a_shape: shape, b: other, b_shape: &[], output, shape };
            binary::compare(binary::Comparison::Less, &pair).unwrap();
        });
        let conditions: Vec<u8> = numbers(count, |number| u8::from(number > 0));
        overwrites(Overlap::elementwise(count, [1, 4]), &conditions, count, |condition, output| {
            select::copy(&select::Select {
                condition: Source::Cells(condition), a: Source::Constant(&reals), b: other,
                shapes: [shape, shape, &[]], output, shape,
            }).unwrap();
        });
    }

    #[test]
    fn sums_overwrite_both_their_inputs(count in 1_usize..20) {
        let other = floats(count + 1);
        let other: Vec<Cell<f32>> = other[1..].iter().copied().map(Cell::new).collect();
        let overlap = Overlap::elementwise(count, [4, 4]);
        for is_first in [true, false] {
            overwrites(overlap, &floats(count), count, |input, output| {
                let (a, b) = if is_first { (input, &other[..]) } else { (&other[..], input) };
                let shape = &[count][..];
                let (a, b) = (Source::Cells(a), Source::Cells(b));
                let pair = Pair { a, a_shape: shape, b, b_shape: shape, output, shape };
                binary::f32(binary::Function::Add, [-1.0, 1.0], &pair).unwrap();
            });
        }
    }
}
