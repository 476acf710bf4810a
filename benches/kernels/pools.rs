//! Poolings: the means over whole planes that end the classifiers, and maxima of 2 by 2.

use cadet_benches::{QUANT, bytes, cells, elements, floats, group};
use cadet_kernels::average_pool2d::{self, F32, I8};
use cadet_kernels::requantize::Multiplier;
use cadet_kernels::{Isa, Window, max_pool2d};
use criterion::Criterion;

pub(crate) fn all(c: &mut Criterion) {
    for input in [[25, 5, 64], [8, 8, 64], [3, 3, 256]] {
        means(c, input);
    }
    maxima(c, [24, 24, 8]);
}

fn name([height, width, channels]: [usize; 3]) -> String {
    format!("{height}x{width}x{channels}")
}

/// Without overlap.
fn window(input: [usize; 3], kernel: [usize; 2]) -> Window {
    let [height, width, channels] = input;
    Window {
        input,
        output: [height / kernel[0], width / kernel[1], channels],
        kernel,
        stride: kernel,
        dilation: [1, 1],
        pad: [0, 0],
    }
}

fn means(c: &mut Criterion, input: [usize; 3]) {
    let mut group = group(c, "average_pool2d", &name(input), elements(input));
    let [height, width, channels] = input;
    let window = window(input, [height, width]);
    let (x, y) = (cells(floats(elements(input))), cells(floats(channels)));
    let op = F32 {
        window,
        count_padding: false,
        input: &x,
        output: &y,
    };
    let isa = Isa::Baseline.name();
    group.bench_function(format!("f32/{isa}"), |b| {
        b.iter(|| average_pool2d::f32(&op));
    });
    let (x, y) = (cells(bytes(elements(input))), cells(bytes(channels)));
    let op = I8 {
        window,
        count_padding: false,
        input: &x,
        quant: QUANT,
        multiplier: Multiplier::Onnx(1.1),
        output: &y,
    };
    group.bench_function(format!("i8/{isa}"), |b| b.iter(|| average_pool2d::i8(&op)));
}

fn maxima(c: &mut Criterion, input: [usize; 3]) {
    let mut group = group(
        c,
        "max_pool2d",
        &format!("2x2@{}", name(input)),
        elements(input),
    );
    let window = window(input, [2, 2]);
    let count = elements(window.output);
    let isa = Isa::Baseline.name();
    let (x, y) = (cells(floats(elements(input))), cells(floats(count)));
    group.bench_function(format!("f32/{isa}"), |b| {
        b.iter(|| max_pool2d::pool(&window, &x, &y));
    });
    let (x, y) = (cells(bytes(elements(input))), cells(bytes(count)));
    group.bench_function(format!("i8/{isa}"), |b| {
        b.iter(|| max_pool2d::pool(&window, &x, &y));
    });
}
