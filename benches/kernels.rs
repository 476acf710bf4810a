//! The kernels on shapes of small models (those of MLPerf Tiny's keyword spotter), in MACs a second.

use cadet_benches::{bytes, cells, floats};
use cadet_kernels::requantize::{Multipliers, Quant};
use cadet_kernels::{Epilogue, Window, conv2d, depthwise_conv2d, fully_connected};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const QUANT: Quant = Quant {
    input_zero_point: -3,
    output_zero_point: 5,
    min: -128,
    max: 127,
};

fn window(input: [usize; 3], kernel: [usize; 2], pad: [usize; 2]) -> Window {
    Window {
        input,
        output: input,
        kernel,
        stride: [1, 1],
        dilation: [1, 1],
        pad,
    }
}

fn pointwise(c: &mut Criterion) {
    let window = window([25, 5, 64], [1, 1], [0, 0]);
    let mut group = c.benchmark_group("conv2d/1x1x64x64@25x5");
    group.throughput(Throughput::Elements(25 * 5 * 64 * 64));
    let (input, output) = (cells(floats(25 * 5 * 64)), cells(floats(25 * 5 * 64)));
    let weights = floats(64 * 64);
    group.bench_function("f32/scalar", |b| {
        let op = conv2d::F32 {
            window,
            groups: 1,
            input: &input,
            weights: &weights[..],
            epilogue: Epilogue::NONE,
            output: &output,
        };
        b.iter(|| conv2d::f32(&op));
    });
    let (input, output) = (cells(bytes(25 * 5 * 64)), cells(bytes(25 * 5 * 64)));
    let (weights, m) = (bytes(64 * 64), [0.001; 64]);
    group.bench_function("i8/scalar", |b| {
        let op = conv2d::I8 {
            window,
            groups: 1,
            input: &input,
            weights: &weights,
            weight_zero_points: None,
            bias: None,
            multipliers: Multipliers::Onnx(&m),
            quant: QUANT,
            output: &output,
        };
        b.iter(|| conv2d::i8(&op));
    });
    group.finish();
}

fn depthwise(c: &mut Criterion) {
    let window = window([25, 5, 64], [3, 3], [1, 1]);
    let mut group = c.benchmark_group("depthwise_conv2d/3x3x64@25x5");
    group.throughput(Throughput::Elements(25 * 5 * 64 * 9));
    let (input, output) = (cells(floats(25 * 5 * 64)), cells(floats(25 * 5 * 64)));
    let weights = floats(9 * 64);
    group.bench_function("f32/scalar", |b| {
        let op = depthwise_conv2d::F32 {
            window,
            input: &input,
            weights: &weights[..],
            epilogue: Epilogue::NONE,
            output: &output,
        };
        b.iter(|| depthwise_conv2d::f32(&op));
    });
    let (input, output) = (cells(bytes(25 * 5 * 64)), cells(bytes(25 * 5 * 64)));
    let (weights, m) = (bytes(9 * 64), [0.001; 64]);
    group.bench_function("i8/scalar", |b| {
        let op = depthwise_conv2d::I8 {
            window,
            input: &input,
            weights: &weights,
            weight_zero_points: None,
            bias: None,
            multipliers: Multipliers::Onnx(&m),
            quant: QUANT,
            output: &output,
        };
        b.iter(|| depthwise_conv2d::i8(&op));
    });
    group.finish();
}

fn dense(c: &mut Criterion) {
    let extents = fully_connected::Extents {
        rows: 1,
        inputs: 640,
        outputs: 128,
    };
    let mut group = c.benchmark_group("fully_connected/640x128");
    group.throughput(Throughput::Elements(640 * 128));
    let (input, output, weights) = (cells(floats(640)), cells(floats(128)), floats(640 * 128));
    group.bench_function("f32/scalar", |b| {
        let op = fully_connected::F32 {
            extents,
            input: &input,
            weights: &weights[..],
            epilogue: Epilogue::NONE,
            output: &output,
        };
        b.iter(|| fully_connected::f32(&op));
    });
    let (input, output, weights) = (cells(bytes(640)), cells(bytes(128)), bytes(640 * 128));
    group.bench_function("i8/scalar", |b| {
        let op = fully_connected::I8 {
            extents,
            input: &input,
            weights: &weights,
            weight_zero_points: None,
            bias: None,
            multipliers: Multipliers::Onnx(&[0.001; 128]),
            quant: QUANT,
            output: &output,
        };
        b.iter(|| fully_connected::i8(&op));
    });
    group.finish();
}

criterion_group!(benches, pointwise, depthwise, dense);
criterion_main!(benches);
