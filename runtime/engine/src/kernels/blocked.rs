//! Layers with weights in blocks ([`Layout::Blocked`], [`Layout::BlockedPairs`]).

use cadet_format::{DType, Layout, Numerics, Opcode};

use super::{Kernel, StepFn, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    blocked(
        Opcode::Conv2d,
        DType::F32,
        Numerics::None,
        ops::conv2d::blocked_f32,
    ),
    blocked(
        Opcode::Conv2d,
        DType::I8,
        Numerics::Onnx,
        ops::conv2d::blocked_i8,
    ),
    blocked(
        Opcode::Conv2d,
        DType::I8,
        Numerics::Tflite,
        ops::conv2d::blocked_i8,
    ),
    blocked(
        Opcode::FullyConnected,
        DType::F32,
        Numerics::None,
        ops::fully_connected::blocked_f32,
    ),
    blocked(
        Opcode::FullyConnected,
        DType::I8,
        Numerics::Onnx,
        ops::fully_connected::blocked_i8,
    ),
    blocked(
        Opcode::FullyConnected,
        DType::I8,
        Numerics::Tflite,
        ops::fully_connected::blocked_i8,
    ),
    blocked(
        Opcode::FullyConnected,
        DType::I8,
        Numerics::TfliteSingle,
        ops::fully_connected::blocked_i8,
    ),
    blocked(
        Opcode::Conv2dCompressed,
        DType::F32,
        Numerics::None,
        ops::conv2d::blocked_compressed,
    ),
    blocked(
        Opcode::FullyConnectedCompressed,
        DType::F32,
        Numerics::None,
        ops::fully_connected::blocked_compressed,
    ),
    pairs(Opcode::Conv2d, Numerics::Onnx, ops::conv2d::pairs_i8),
    pairs(Opcode::Conv2d, Numerics::Tflite, ops::conv2d::pairs_i8),
    pairs(
        Opcode::FullyConnected,
        Numerics::Onnx,
        ops::fully_connected::pairs_i8,
    ),
    pairs(
        Opcode::FullyConnected,
        Numerics::Tflite,
        ops::fully_connected::pairs_i8,
    ),
    pairs(
        Opcode::FullyConnected,
        Numerics::TfliteSingle,
        ops::fully_connected::pairs_i8,
    ),
    blocked(
        Opcode::Conv2dAdd,
        DType::F32,
        Numerics::None,
        ops::conv2d::blocked_added_f32,
    ),
    blocked(
        Opcode::Conv2dAdd,
        DType::I8,
        Numerics::Onnx,
        ops::conv2d::blocked_added_i8,
    ),
    blocked(
        Opcode::Conv2dAdd,
        DType::I8,
        Numerics::Tflite,
        ops::conv2d::blocked_added_i8,
    ),
    pairs(
        Opcode::Conv2dAdd,
        Numerics::Onnx,
        ops::conv2d::pairs_added_i8,
    ),
    pairs(
        Opcode::Conv2dAdd,
        Numerics::Tflite,
        ops::conv2d::pairs_added_i8,
    ),
    blocked(
        Opcode::FullyConnectedAdd,
        DType::F32,
        Numerics::None,
        ops::fully_connected::blocked_added_f32,
    ),
    blocked(
        Opcode::FullyConnectedAdd,
        DType::I8,
        Numerics::Onnx,
        ops::fully_connected::blocked_added_i8,
    ),
    blocked(
        Opcode::FullyConnectedAdd,
        DType::I8,
        Numerics::Tflite,
        ops::fully_connected::blocked_added_i8,
    ),
    blocked(
        Opcode::FullyConnectedAdd,
        DType::I8,
        Numerics::TfliteSingle,
        ops::fully_connected::blocked_added_i8,
    ),
    pairs(
        Opcode::FullyConnectedAdd,
        Numerics::Onnx,
        ops::fully_connected::pairs_added_i8,
    ),
    pairs(
        Opcode::FullyConnectedAdd,
        Numerics::Tflite,
        ops::fully_connected::pairs_added_i8,
    ),
    pairs(
        Opcode::FullyConnectedAdd,
        Numerics::TfliteSingle,
        ops::fully_connected::pairs_added_i8,
    ),
];

const fn blocked(opcode: Opcode, dtype: DType, numerics: Numerics, run: StepFn) -> Kernel {
    let canonical = kernel(opcode, dtype, numerics, run);
    Kernel {
        id: canonical.id.with_layout(Layout::Blocked),
        run,
    }
}

const fn pairs(opcode: Opcode, numerics: Numerics, run: StepFn) -> Kernel {
    let canonical = kernel(opcode, DType::I8, numerics, run);
    Kernel {
        id: canonical.id.with_layout(Layout::BlockedPairs),
        run,
    }
}
