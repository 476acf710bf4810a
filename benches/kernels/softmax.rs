//! Softmax of one row: the classes of keyword spotting, and a thousand.

use cadet_benches::{bytes, cells, floats, group};
use cadet_kernels::Isa;
use cadet_kernels::softmax::{self, Scaling};
use criterion::Criterion;

pub(crate) fn all(c: &mut Criterion) {
    for length in [12, 1000] {
        let mut group = group(c, "softmax", &length.to_string(), length);
        let isa = Isa::Baseline.name();
        let (x, y) = (cells(floats(length)), cells(floats(length)));
        group.bench_function(format!("f32/{isa}"), |b| {
            b.iter(|| softmax::f32(length, &x, &y));
        });
        let (x, y) = (cells(bytes(length)), cells(bytes(length)));
        let scaling = Scaling::Onnx {
            input: 0.1,
            output: 1.0 / 256.0,
            zero_point: -128,
        };
        group.bench_function(format!("i8/{isa}"), |b| {
            b.iter(|| softmax::i8(length, scaling, &x, &y));
        });
    }
}
