//! Convolution without groups: canonical weights by the scalar file, blocks by the others.

use cadet_benches::{Group, QUANT, bytes, cells, elements, floats, group, halves};
use cadet_format::Layout;
use cadet_kernels::blocked::{f32_len, i8_len, pack_f32, pack_i8, pack_pairs, pairs_len, runs};
use cadet_kernels::conv2d::{self, F32, I8, blocked};
use cadet_kernels::requantize::Multipliers;
use cadet_kernels::{Epilogue, Isa, Weight, Window};
use cadet_repack::layout;
use criterion::Criterion;

/// Shapes by name.
const LAYERS: &[(&str, Window)] = &[
    // Keyword spotting: the first layer, and those between its depthwise ones.
    (
        "10x4x1x64@25x5s2",
        layer([49, 10, 1], [25, 5, 64], [10, 4], 2, [4, 1]),
    ),
    (
        "1x1x64x64@25x5",
        layer([25, 5, 64], [25, 5, 64], [1, 1], 1, [0, 0]),
    ),
    // Image classification.
    (
        "3x3x3x16@32x32",
        layer([32, 32, 3], [32, 32, 16], [3, 3], 1, [1, 1]),
    ),
    (
        "3x3x16x16@32x32",
        layer([32, 32, 16], [32, 32, 16], [3, 3], 1, [1, 1]),
    ),
    (
        "3x3x16x32@16x16s2",
        layer([32, 32, 16], [16, 16, 32], [3, 3], 2, [0, 0]),
    ),
    (
        "3x3x64x64@8x8",
        layer([8, 8, 64], [8, 8, 64], [3, 3], 1, [1, 1]),
    ),
    // Visual wake words: the first layer, and pointwise ones from wide to deep.
    (
        "3x3x3x8@48x48s2",
        layer([96, 96, 3], [48, 48, 8], [3, 3], 2, [0, 0]),
    ),
    (
        "1x1x8x16@48x48",
        layer([48, 48, 8], [48, 48, 16], [1, 1], 1, [0, 0]),
    ),
    (
        "1x1x128x128@6x6",
        layer([6, 6, 128], [6, 6, 128], [1, 1], 1, [0, 0]),
    ),
    (
        "1x1x256x256@3x3",
        layer([3, 3, 256], [3, 3, 256], [1, 1], 1, [0, 0]),
    ),
];

const fn layer(
    input: [usize; 3],
    output: [usize; 3],
    kernel: [usize; 2],
    stride: usize,
    pad: [usize; 2],
) -> Window {
    Window {
        input,
        output,
        kernel,
        stride: [stride, stride],
        dilation: [1, 1],
        pad,
    }
}

pub(crate) fn all(c: &mut Criterion) {
    for (name, window) in LAYERS {
        convolutions(&mut group(c, "conv2d", name, macs(window)), *window);
    }
}

fn macs(window: &Window) -> usize {
    elements(window.output) * depth(window)
}

/// Products for each output.
fn depth(window: &Window) -> usize {
    let [kh, kw] = window.kernel;
    kh * kw * window.input[2]
}

/// One layer in both types, the one in floats on weights in f16 too, by every instruction set.
pub(crate) fn convolutions(group: &mut Group<'_>, window: Window) {
    let weights = floats(window.output[2] * depth(&window));
    for isa in Isa::all() {
        f32(group, window, &weights, ("f32", isa));
    }
    for isa in Isa::all() {
        f32(group, window, &halves(&weights), ("f32-f16", isa));
    }
    for isa in Isa::all() {
        i8(group, window, isa);
    }
}

fn f32<W: Weight>(group: &mut Group<'_>, window: Window, weights: &[W], (name, isa): (&str, Isa)) {
    let (outputs, depth) = (window.output[2], depth(&window));
    let input = cells(floats(elements(window.input)));
    let output = cells(floats(elements(window.output)));
    let mut packed = vec![W::default(); f32_len(outputs, depth).expect("a length")];
    pack_f32(weights, outputs, depth, &mut packed).expect("a matrix");
    let op = F32 {
        sum: None,
        window,
        groups: 1,
        input: &input,
        weights,
        epilogue: Epilogue::NONE,
        output: &output,
    };
    group.bench_function(format!("{name}/{}", isa.name()), |b| match isa {
        Isa::Baseline => b.iter(|| conv2d::f32(&op)),
        _ => b.iter(|| {
            blocked::f32(
                &F32 {
                    weights: &packed[..],
                    ..op
                },
                isa,
            )
        }),
    });
}

fn i8(group: &mut Group<'_>, window: Window, isa: Isa) {
    let (outputs, depth) = (window.output[2], depth(&window));
    let input = cells(bytes(elements(window.input)));
    let output = cells(bytes(elements(window.output)));
    let weights = bytes(outputs * depth);
    let runs = runs(window.kernel, window.dilation, window.input[2]);
    let (mut lanes, mut pairs) = (Vec::new(), Vec::new());
    lanes.resize(i8_len(outputs, depth).expect("a length"), 0);
    pairs.resize(pairs_len(outputs, runs).expect("a length"), 0);
    pack_i8(&weights, outputs, depth, &mut lanes).expect("a matrix");
    pack_pairs(&weights, outputs, runs, &mut pairs).expect("a matrix");
    let (bias, multipliers) = (vec![100; outputs], vec![0.001; outputs]);
    let op = I8 {
        sum: None,
        window,
        groups: 1,
        input: &input,
        weights: &weights,
        weight_zero_points: None,
        bias: Some(&bias),
        multipliers: Multipliers::Onnx(&multipliers),
        quant: QUANT,
        output: &output,
    };
    let with = |weights| I8 { weights, ..op };
    group.bench_function(format!("i8/{}", isa.name()), |b| match layout(isa) {
        Layout::Canonical => b.iter(|| conv2d::i8(&op)),
        Layout::Blocked => b.iter(|| blocked::i8(&with(&lanes), isa)),
        Layout::BlockedPairs => b.iter(|| blocked::i8_pairs(&with(&pairs), isa)),
    });
}
