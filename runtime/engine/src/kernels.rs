//! The kernels that a session can call. A runtime is built with a table of them: the linker drops what no
//! table names, and a user's own kernels (opcodes from 0x8000) are further rows.

use cadet_format::{DType, Error, KernelId, Numerics, Opcode};

use crate::{Context, ops};

/// Runs one step.
pub type StepFn = fn(&Context<'_>) -> Result<(), Error>;

/// One kernel: what it is asked for by, and what runs it.
#[derive(Clone, Copy)]
pub struct Kernel {
    /// Identity, as packages name it.
    pub id: KernelId,
    /// Its code.
    pub run: StepFn,
}

const fn kernel(opcode: Opcode, dtype: DType, numerics: Numerics, run: StepFn) -> Kernel {
    Kernel {
        id: KernelId::new(opcode, dtype, numerics),
        run,
    }
}

/// Every built-in kernel.
pub const ALL: &[Kernel] = &[
    kernel(Opcode::Conv2d, DType::F32, Numerics::None, ops::conv2d::f32),
    kernel(Opcode::Conv2d, DType::I8, Numerics::Onnx, ops::conv2d::i8),
    kernel(Opcode::Conv2d, DType::I8, Numerics::Tflite, ops::conv2d::i8),
    kernel(
        Opcode::DepthwiseConv2d,
        DType::F32,
        Numerics::None,
        ops::depthwise_conv2d::f32,
    ),
    kernel(
        Opcode::DepthwiseConv2d,
        DType::I8,
        Numerics::Onnx,
        ops::depthwise_conv2d::i8,
    ),
    kernel(
        Opcode::DepthwiseConv2d,
        DType::I8,
        Numerics::Tflite,
        ops::depthwise_conv2d::i8,
    ),
    kernel(
        Opcode::FullyConnected,
        DType::F32,
        Numerics::None,
        ops::fully_connected::f32,
    ),
    kernel(
        Opcode::FullyConnected,
        DType::I8,
        Numerics::Onnx,
        ops::fully_connected::i8,
    ),
    kernel(
        Opcode::FullyConnected,
        DType::I8,
        Numerics::Tflite,
        ops::fully_connected::i8,
    ),
    kernel(
        Opcode::MaxPool2d,
        DType::F32,
        Numerics::None,
        ops::pool2d::max_f32,
    ),
    kernel(
        Opcode::MaxPool2d,
        DType::I8,
        Numerics::None,
        ops::pool2d::max_i8,
    ),
    kernel(
        Opcode::AveragePool2d,
        DType::F32,
        Numerics::None,
        ops::pool2d::average_f32,
    ),
    kernel(
        Opcode::AveragePool2d,
        DType::I8,
        Numerics::Onnx,
        ops::pool2d::average_i8,
    ),
    kernel(
        Opcode::AveragePool2d,
        DType::I8,
        Numerics::Tflite,
        ops::pool2d::average_i8,
    ),
    kernel(Opcode::Add, DType::F32, Numerics::None, ops::add::f32),
    kernel(Opcode::Add, DType::I8, Numerics::Onnx, ops::add::i8),
    kernel(Opcode::Add, DType::I8, Numerics::Tflite, ops::add::i8),
    kernel(
        Opcode::Unary,
        DType::F32,
        Numerics::None,
        ops::elementwise::unary,
    ),
    kernel(
        Opcode::Table,
        DType::I8,
        Numerics::None,
        ops::elementwise::table,
    ),
    kernel(
        Opcode::Softmax,
        DType::F32,
        Numerics::None,
        ops::softmax::f32,
    ),
    kernel(Opcode::Softmax, DType::I8, Numerics::Onnx, ops::softmax::i8),
    kernel(
        Opcode::Softmax,
        DType::I8,
        Numerics::Tflite,
        ops::softmax::i8,
    ),
    kernel(
        Opcode::Transpose,
        DType::F32,
        Numerics::None,
        ops::data::transpose,
    ),
    kernel(
        Opcode::Transpose,
        DType::I8,
        Numerics::None,
        ops::data::transpose,
    ),
    kernel(Opcode::Copy, DType::F32, Numerics::None, ops::data::copy),
    kernel(Opcode::Copy, DType::I8, Numerics::None, ops::data::copy),
    kernel(
        Opcode::Quantize,
        DType::I8,
        Numerics::Onnx,
        ops::affine::quantize,
    ),
    kernel(
        Opcode::Dequantize,
        DType::I8,
        Numerics::None,
        ops::affine::dequantize,
    ),
    kernel(
        Opcode::Requantize,
        DType::I8,
        Numerics::Onnx,
        ops::affine::requantize,
    ),
    kernel(
        Opcode::Requantize,
        DType::I8,
        Numerics::Tflite,
        ops::affine::requantize,
    ),
];
