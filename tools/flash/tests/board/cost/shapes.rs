//! The shapes of layers.

/// Shape of a convolution's weights, groups, stride and padding at each side, on input `input`.
pub(super) struct Conv {
    pub(super) input: usize,
    pub(super) weights: [usize; 4],
    pub(super) group: i64,
    pub(super) stride: i64,
    pub(super) pad: i64,
}

/// What convolutions read; functions, pools and sums read the first few.
pub(super) const IMAGES: [[usize; 4]; 12] = [
    [1, 3, 24, 24],
    [1, 8, 16, 12],
    [1, 32, 8, 8],
    [1, 64, 6, 5],
    [1, 1, 24, 10],
    [1, 128, 3, 3],
    [1, 16, 30, 28],
    [1, 8, 48, 40],
    [1, 48, 14, 12],
    [1, 100, 6, 6],
    [1, 3, 64, 60],
    [1, 1, 40, 12],
];

const fn conv(input: usize, weights: [usize; 4], stride: i64, pad: i64) -> Conv {
    Conv {
        input,
        weights,
        group: 1,
        stride,
        pad,
    }
}

const fn depthwise(input: usize, kernel: [usize; 2], stride: i64, pad: i64) -> Conv {
    let channels = IMAGES[input][1];
    Conv {
        input,
        weights: [channels, 1, kernel[0], kernel[1]],
        group: channels as i64,
        stride,
        pad,
    }
}

pub(super) const CONVS: [Conv; 41] = [
    conv(0, [8, 3, 3, 3], 2, 1),
    conv(0, [16, 3, 3, 3], 1, 1),
    conv(0, [12, 3, 5, 5], 2, 2),
    conv(1, [8, 8, 1, 1], 1, 0),
    conv(1, [24, 8, 1, 1], 1, 0),
    conv(1, [16, 8, 3, 3], 1, 1),
    conv(1, [16, 8, 3, 3], 2, 1),
    conv(1, [20, 8, 1, 1], 2, 0),
    conv(2, [32, 32, 1, 1], 1, 0),
    conv(2, [64, 32, 1, 1], 1, 0),
    conv(2, [32, 32, 3, 3], 1, 1),
    conv(3, [64, 64, 1, 1], 1, 0),
    conv(3, [48, 64, 3, 3], 1, 1),
    conv(4, [32, 1, 9, 3], 2, 1),
    conv(5, [128, 128, 1, 1], 1, 0),
    depthwise(1, [3, 3], 1, 1),
    depthwise(1, [3, 3], 2, 1),
    depthwise(2, [3, 3], 1, 1),
    depthwise(2, [5, 5], 1, 2),
    depthwise(3, [3, 3], 2, 1),
    depthwise(3, [3, 3], 1, 1),
    depthwise(5, [3, 3], 1, 1),
    conv(6, [16, 16, 3, 3], 1, 1),
    conv(6, [24, 16, 3, 3], 2, 1),
    conv(6, [32, 16, 1, 1], 1, 0),
    conv(6, [8, 16, 1, 1], 1, 0),
    depthwise(6, [3, 3], 1, 1),
    depthwise(6, [3, 3], 2, 1),
    conv(7, [16, 8, 1, 1], 1, 0),
    conv(7, [8, 8, 3, 3], 2, 1),
    depthwise(7, [3, 3], 1, 1),
    conv(8, [48, 48, 3, 3], 1, 1),
    conv(8, [80, 48, 1, 1], 1, 0),
    conv(8, [10, 48, 1, 1], 1, 0),
    depthwise(8, [3, 3], 1, 1),
    depthwise(8, [3, 3], 2, 1),
    conv(9, [60, 100, 1, 1], 1, 0),
    conv(9, [30, 100, 1, 1], 1, 0),
    depthwise(9, [3, 3], 1, 1),
    conv(10, [8, 3, 3, 3], 2, 1),
    conv(11, [48, 1, 8, 4], 2, 1),
];

pub(super) const FUNCTIONS: [&str; 16] = [
    "Relu",
    "LeakyRelu",
    "Sigmoid",
    "Tanh",
    "HardSigmoid",
    "HardSwish",
    "Exp",
    "Abs",
    "Neg",
    "Floor",
    "Elu",
    "Selu",
    "Softplus",
    "Erf",
    "Sin",
    "Cos",
];

pub(super) const DENSE: [[usize; 2]; 9] = [
    [8, 128],
    [64, 10],
    [128, 128],
    [300, 24],
    [640, 64],
    [96, 200],
    [256, 6],
    [500, 90],
    [40, 32],
];
