use cadet_format::{KernelId, Opcode, StridedCopy};
use cadet_kernels::strided_copy::View;
use cadet_kernels::{Overlap, Window};

use super::emitter::LoweredTensor;

/// How near the output of a step may start to its input number `operand`, as the contract of the
/// step's kernel says; kernels that are not named here keep them apart.
pub(super) fn overlap(
    kernel: KernelId,
    params: &[u8],
    operand: usize,
    input: &LoweredTensor,
    output: &LoweredTensor,
) -> Overlap {
    let bytes = [input, output].map(|tensor| tensor.dtype.bits() as usize / 8);
    let none = Overlap::none(input.bytes(), output.bytes());
    let last = |tensor: &LoweredTensor| tensor.dims.last().copied().unwrap_or(1);
    let Some(opcode) = Opcode::from_u16(kernel.opcode) else {
        return none;
    };
    match (opcode, operand) {
        (Opcode::Conv2d | Opcode::Conv2dCompressed, 0) => {
            window(params, input, output).map_or(none, |window| Overlap::window(&window, bytes))
        }
        (
            Opcode::DepthwiseConv2d
            | Opcode::DepthwiseConv2dCompressed
            | Opcode::MaxPool2d
            | Opcode::AveragePool2d,
            0,
        ) => window(params, input, output)
            .map_or(none, |window| Overlap::channelwise_window(&window, bytes)),
        (Opcode::FullyConnected | Opcode::FullyConnectedCompressed, 0) => {
            let lengths = [last(input), last(output)];
            Overlap::rows(output.len() / lengths[1].max(1), lengths, bytes)
        }
        (Opcode::Normalize, 0) if is_trailing(params, input) => {
            Overlap::elementwise(input.len(), bytes)
        }
        // A group's result takes no more room than the group.
        (Opcode::Reduce, 0) if is_trailing(params, input) => Overlap { before: 0, ..none },
        _ if is_elementwise(opcode, operand) && input.len() == output.len() => {
            Overlap::elementwise(input.len(), bytes)
        }
        (Opcode::StridedCopy, 0) => strided_copy(params, input, output).unwrap_or(none),
        _ => none,
    }
}

/// Whether a kernel reads element `i` of an operand of the output's size for the last time when it
/// makes output element `i`.
fn is_elementwise(opcode: Opcode, operand: usize) -> bool {
    match opcode {
        Opcode::Add
        | Opcode::Binary
        | Opcode::Compare
        | Opcode::Mul
        | Opcode::Pow
        | Opcode::PRelu
        | Opcode::Select => true,
        Opcode::Cast
        | Opcode::Copy
        | Opcode::Dequantize
        | Opcode::DequantizeLinear
        | Opcode::FlipSign
        | Opcode::Hardmax
        | Opcode::LogSoftmax
        | Opcode::MaskedSoftmax
        | Opcode::Quantize
        | Opcode::QuantizeLinear
        | Opcode::Requantize
        | Opcode::Rotary
        | Opcode::ScatterElements
        | Opcode::ScatterNd
        | Opcode::Softmax
        | Opcode::Table
        | Opcode::TensorScatter
        | Opcode::Transcendental
        | Opcode::Triangle
        | Opcode::Unary => operand == 0,
        _ => false,
    }
}

fn strided_copy(params: &[u8], input: &LoweredTensor, output: &LoweredTensor) -> Option<Overlap> {
    let params: StridedCopy = bytemuck::try_pod_read_unaligned(params).ok()?;
    let extents = params.extents.map(|extent| extent as usize);
    let view = View {
        extents: extents.get(..params.rank as usize)?,
        offset: params.offset as isize,
        strides: params.strides.map(|stride| stride as isize),
    };
    Some(view.overlap(input.bytes(), output.bytes()))
}

/// Whether the axes that a parameter block begins with are the last ones, so that their groups lie one
/// behind the other.
fn is_trailing(params: &[u8], input: &LoweredTensor) -> bool {
    let axes = params
        .first_chunk()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let last = 1u64 << input.dims.len();
    u64::from(axes) + (1 << axes.trailing_zeros().min(32)) == last
}

/// The window that parameter blocks of windows begin with, over `[1, h, w, c]`.
fn window(params: &[u8], input: &LoweredTensor, output: &LoweredTensor) -> Option<Window> {
    let block = params.get(..size_of::<cadet_format::Window>())?;
    let window: cadet_format::Window = bytemuck::pod_read_unaligned(block);
    let wide = |values: [u32; 2]| values.map(|value| value as usize);
    let image = |tensor: &LoweredTensor| match tensor.dims[..] {
        [1, h, w, c] => Some([h, w, c]),
        _ => None,
    };
    Some(Window {
        input: image(input)?,
        output: image(output)?,
        kernel: wide(window.kernel),
        stride: wide(window.stride),
        dilation: wide(window.dilation),
        pad: wide(window.pad),
    })
}
