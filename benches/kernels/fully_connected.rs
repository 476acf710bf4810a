//! Fully connected layers of one row: convolutions with a window of one pixel.

use cadet_benches::group;
use cadet_kernels::Window;
use criterion::Criterion;

use crate::conv2d::convolutions;

/// Inputs and outputs: anomaly detection from its ends to its middle, and the last layers of the classifiers.
const LAYERS: &[[usize; 2]] = &[
    [640, 128],
    [128, 128],
    [128, 8],
    [8, 128],
    [128, 640],
    [64, 12],
];

pub(crate) fn all(c: &mut Criterion) {
    for &[inputs, outputs] in LAYERS {
        let name = format!("{inputs}x{outputs}");
        let mut group = group(c, "fully_connected", &name, inputs * outputs);
        convolutions(&mut group, Window::of_rows(1, [inputs, outputs]));
    }
}
