//! Layers with weights in fewer bits than their activations need.

use cadet_format::{DType, Numerics, Opcode};
use cadet_kernels::f16;

use super::{Kernel, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(
        Opcode::Conv2dCompressed,
        DType::F32,
        Numerics::None,
        ops::conv2d::compressed::<f32>,
    ),
    kernel(
        Opcode::Conv2dCompressed,
        DType::F16,
        Numerics::None,
        ops::conv2d::compressed::<f16>,
    ),
    kernel(
        Opcode::DepthwiseConv2dCompressed,
        DType::F32,
        Numerics::None,
        ops::depthwise_conv2d::compressed,
    ),
    kernel(
        Opcode::DepthwiseConv2dCompressed,
        DType::F16,
        Numerics::None,
        ops::depthwise_conv2d::compressed_f16,
    ),
    kernel(
        Opcode::FullyConnectedCompressed,
        DType::F32,
        Numerics::None,
        ops::fully_connected::compressed::<f32>,
    ),
    kernel(
        Opcode::FullyConnectedCompressed,
        DType::F16,
        Numerics::None,
        ops::fully_connected::compressed::<f16>,
    ),
];
