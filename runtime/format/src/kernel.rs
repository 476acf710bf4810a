use bytemuck::{Pod, Zeroable};

/// Identity of a kernel that a package needs. 8 bytes, compared as a whole.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct KernelId {
    /// An [`Opcode`], or 0x8000 and up for a user's own kernel.
    pub opcode: u16,
    /// [`DType`](crate::DType) of the activations.
    pub dtype: u8,
    /// A [`Numerics`].
    pub numerics: u8,
    /// Layout of the weights: 0 is canonical.
    pub layout: u8,
    /// Version of the kernel's contract, from 1.
    pub version: u8,
    /// Zero.
    pub reserved: u16,
}

impl KernelId {
    /// Version 1 of a built-in kernel on canonical weights.
    pub const fn new(opcode: Opcode, dtype: crate::DType, numerics: Numerics) -> KernelId {
        KernelId {
            opcode: opcode as u16,
            dtype: dtype as u8,
            numerics: numerics as u8,
            layout: 0,
            version: 1,
            reserved: 0,
        }
    }
}

/// Rounding of integer steps. The scalar kernels define both.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numerics {
    /// Floating-point steps, and steps that only move data.
    None = 0,
    /// f32 multiplier, round half to even, as ONNX Runtime.
    Onnx = 1,
    /// Q31 multiplier and shift, double rounding, as TensorFlow Lite Micro and CMSIS-NN.
    Tflite = 2,
}

impl Numerics {
    /// The numerics with this code.
    pub const fn from_u8(code: u8) -> Option<Numerics> {
        Some(match code {
            0 => Numerics::None,
            1 => Numerics::Onnx,
            2 => Numerics::Tflite,
            _ => return None,
        })
    }
}

/// The built-in operators. `params.rs` and `SPEC.md` give operands and parameters of each.
#[repr(u16)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opcode {
    /// 2-D convolution with groups.
    Conv2d = 1,
    /// 2-D convolution, one filter or more a channel.
    DepthwiseConv2d = 2,
    /// Matrix-vector or matrix-matrix product with constant weights.
    FullyConnected = 3,
    /// Largest value of a window.
    MaxPool2d = 4,
    /// Mean of a window.
    AveragePool2d = 5,
    /// Sum of two tensors of one shape.
    Add = 6,
    /// A floating-point function of each element.
    Unary = 7,
    /// Any function of an 8-bit element, as a table of 256 bytes.
    Table = 8,
    /// Softmax over the last axis.
    Softmax = 9,
    /// Permutation of the axes.
    Transpose = 10,
    /// Copy of the bytes (a reshape that could not be made in place).
    Copy = 11,
    /// f32 to i8.
    Quantize = 12,
    /// i8 to f32.
    Dequantize = 13,
    /// i8 to i8 with another scale and zero point.
    Requantize = 14,
}

impl Opcode {
    /// Every built-in operator.
    pub const ALL: [Opcode; 14] = [
        Opcode::Conv2d,
        Opcode::DepthwiseConv2d,
        Opcode::FullyConnected,
        Opcode::MaxPool2d,
        Opcode::AveragePool2d,
        Opcode::Add,
        Opcode::Unary,
        Opcode::Table,
        Opcode::Softmax,
        Opcode::Transpose,
        Opcode::Copy,
        Opcode::Quantize,
        Opcode::Dequantize,
        Opcode::Requantize,
    ];

    /// The operator with this code; `None` for users' kernels and unknown ones.
    pub fn from_u16(code: u16) -> Option<Opcode> {
        Opcode::ALL.into_iter().find(|op| *op as u16 == code)
    }

    /// The name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Opcode::Conv2d => "conv2d",
            Opcode::DepthwiseConv2d => "depthwise_conv2d",
            Opcode::FullyConnected => "fully_connected",
            Opcode::MaxPool2d => "max_pool2d",
            Opcode::AveragePool2d => "average_pool2d",
            Opcode::Add => "add",
            Opcode::Unary => "unary",
            Opcode::Table => "table",
            Opcode::Softmax => "softmax",
            Opcode::Transpose => "transpose",
            Opcode::Copy => "copy",
            Opcode::Quantize => "quantize",
            Opcode::Dequantize => "dequantize",
            Opcode::Requantize => "requantize",
        }
    }
}
