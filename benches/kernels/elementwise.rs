//! Elements one by one, over a plane of image classification: what fusing has left.

use cadet_benches::{cells, elements, floats, group};
use cadet_kernels::{Isa, Pair, Source, binary, unary};
use criterion::Criterion;

const SHAPE: [usize; 3] = [32, 32, 16];

pub(crate) fn all(c: &mut Criterion) {
    let count = elements(SHAPE);
    let [a, b, output] = [(); 3].map(|()| cells(floats(count)));
    let isa = Isa::Baseline.name();
    for (name, function) in [
        ("relu", unary::Function::Clamp(0.0, f32::INFINITY)),
        ("hard_swish", unary::Function::HardSwish),
        ("sigmoid", unary::Function::Sigmoid),
    ] {
        let mut group = group(c, name, "32x32x16", count);
        group.bench_function(format!("f32/{isa}"), |b| {
            b.iter(|| unary::f32(function, &a, &output));
        });
    }
    let pair = Pair {
        a: Source::Cells(&a),
        a_shape: &SHAPE,
        b: Source::Cells(&b),
        b_shape: &SHAPE,
        output: &output,
        shape: &SHAPE,
    };
    let open = [f32::NEG_INFINITY, f32::INFINITY];
    for (name, function) in [
        ("add", binary::Function::Add),
        ("mul", binary::Function::Mul),
    ] {
        let mut group = group(c, name, "32x32x16", count);
        group.bench_function(format!("f32/{isa}"), |b| {
            b.iter(|| binary::f32(function, open, &pair));
        });
    }
}
