//! Sums of two int8 tensors, as they close the blocks of image classification.

use cadet_benches::{QUANT, bytes, cells, elements, group};
use cadet_kernels::add::{I8, Scaling, Sum, i8_by};
use cadet_kernels::{Isa, Pair, Source};
use criterion::Criterion;

pub(crate) fn all(c: &mut Criterion) {
    for shape in [[32, 32, 16], [16, 16, 32], [8, 8, 64]] {
        let [height, width, channels] = shape;
        let count = elements(shape);
        let mut group = group(c, "add", &format!("{height}x{width}x{channels}"), count);
        let [a, b, output] = [(); 3].map(|()| cells(bytes(count)));
        let op = I8 {
            pair: Pair {
                a: Source::Cells(&a),
                a_shape: &shape,
                b: Source::Cells(&b),
                b_shape: &shape,
                output: &output,
                shape: &shape,
            },
            sum: Sum {
                quant: QUANT,
                b_zero_point: 4,
                scaling: Scaling::Onnx { a: 0.4, b: 0.6 },
            },
        };
        for isa in Isa::all() {
            group.bench_function(format!("i8/{}", isa.name()), |b| b.iter(|| i8_by(&op, isa)));
        }
    }
}
