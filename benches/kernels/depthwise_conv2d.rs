//! Depthwise convolution.

use cadet_benches::{Group, QUANT, bytes, cells, elements, floats, group, halves};
use cadet_kernels::depthwise_conv2d::{F32, I8, f32_by, i8_by};
use cadet_kernels::requantize::Multipliers;
use cadet_kernels::{Epilogue, Isa, Weight, Window};
use criterion::Criterion;

/// Height, width, channels and stride of layers with windows of 3 by 3: keyword spotting's, and those of visual wake
/// words from wide to deep.
const LAYERS: &[([usize; 3], usize)] = &[
    ([25, 5, 64], 1),
    ([48, 48, 8], 1),
    ([48, 48, 16], 2),
    ([24, 24, 32], 1),
    ([6, 6, 128], 1),
    ([3, 3, 256], 1),
];

pub(crate) fn all(c: &mut Criterion) {
    for &(input, stride) in LAYERS {
        let [height, width, channels] = input;
        let output = [height / stride, width / stride, channels];
        let pad = 2 - stride;
        let window = Window {
            input,
            output,
            kernel: [3, 3],
            stride: [stride; 2],
            dilation: [1, 1],
            pad: [pad, pad],
        };
        let name = format!("3x3x{channels}@{}x{}s{stride}", output[0], output[1]);
        let mut group = group(c, "depthwise_conv2d", &name, 9 * elements(output));
        let weights = floats(9 * channels);
        for isa in Isa::all() {
            f32(&mut group, window, &weights, ("f32", isa));
        }
        for isa in Isa::all() {
            f32(&mut group, window, &halves(&weights), ("f32-f16", isa));
        }
        for isa in Isa::all() {
            i8(&mut group, window, isa);
        }
    }
}

fn f32<W: Weight>(group: &mut Group<'_>, window: Window, weights: &[W], (name, isa): (&str, Isa)) {
    let input = cells(floats(elements(window.input)));
    let output = cells(floats(elements(window.output)));
    let op = F32 {
        window,
        input: &input,
        weights,
        epilogue: Epilogue::NONE,
        output: &output,
    };
    group.bench_function(format!("{name}/{}", isa.name()), |b| {
        b.iter(|| f32_by(&op, isa));
    });
}

fn i8(group: &mut Group<'_>, window: Window, isa: Isa) {
    let channels = window.output[2];
    let input = cells(bytes(elements(window.input)));
    let output = cells(bytes(elements(window.output)));
    let op = I8 {
        window,
        input: &input,
        weights: &bytes(9 * channels),
        weight_zero_points: None,
        bias: Some(&vec![100; channels]),
        multipliers: Multipliers::Onnx(&vec![0.001; channels]),
        quant: QUANT,
        output: &output,
    };
    group.bench_function(format!("i8/{}", isa.name()), |b| b.iter(|| i8_by(&op, isa)));
}
