use cadet_format::{KernelId, Opcode};
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
    match (Opcode::from_u16(kernel.opcode), operand) {
        (Some(Opcode::Conv2d), 0) => {
            window(params, input, output).map_or(none, |window| Overlap::window(&window, bytes))
        }
        (Some(Opcode::DepthwiseConv2d | Opcode::MaxPool2d | Opcode::AveragePool2d), 0) => {
            window(params, input, output)
                .map_or(none, |window| Overlap::channelwise_window(&window, bytes))
        }
        (Some(Opcode::FullyConnected), 0) => {
            let lengths = [last(input), last(output)];
            Overlap::rows(output.len() / lengths[1].max(1), lengths, bytes)
        }
        (
            Some(
                Opcode::Add
                | Opcode::Mul
                | Opcode::Binary
                | Opcode::Compare
                | Opcode::Pow
                | Opcode::Select
                | Opcode::Cast
                | Opcode::Unary
                | Opcode::Transcendental
                | Opcode::Table
                | Opcode::Softmax
                | Opcode::Quantize
                | Opcode::Dequantize
                | Opcode::Requantize,
            ),
            _,
        ) if input.len() == output.len() => Overlap::elementwise(input.len(), bytes),
        _ => none,
    }
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
