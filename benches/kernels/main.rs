//! The kernels that have files for instruction sets, on shapes of MLPerf Tiny's models: a file a kernel. Ids are
//! `kernel/shape/type/instructions`; elements are multiplications with weights, so that criterion prints MACs a
//! second, and outputs where a kernel has no weights.

mod add;
mod conv2d;
mod depthwise_conv2d;
mod elementwise;
mod fully_connected;
mod pools;
mod softmax;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    benches,
    conv2d::all,
    depthwise_conv2d::all,
    fully_connected::all,
    add::all,
    pools::all,
    softmax::all,
    elementwise::all
);
criterion_main!(benches);
