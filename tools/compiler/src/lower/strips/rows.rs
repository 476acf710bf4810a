use std::ops::Range;

use cadet_format::{Opcode, Window};

use crate::lower::emitter::{Lowered, LoweredStep};

/// Which rows of its inputs a step reads for rows of its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// A window, of whose extents these are the vertical ones.
    Window {
        kernel: usize,
        stride: usize,
        dilation: usize,
        pad: usize,
    },
    /// The same rows.
    Elementwise,
}

impl Rule {
    /// The rule of a step; `None` where it does not go row by row.
    pub(super) fn of(lowered: &Lowered, step: &LoweredStep) -> Option<Rule> {
        let kernel = lowered.kernels[usize::from(step.kernel)];
        match Opcode::from_u16(kernel.opcode)? {
            Opcode::Conv2d
            | Opcode::Conv2dCompressed
            | Opcode::DepthwiseConv2d
            | Opcode::DepthwiseConv2dCompressed
            | Opcode::MaxPool2d
            | Opcode::AveragePool2d => {
                let window = window(&step.params)?;
                Some(Rule::Window {
                    kernel: window.kernel[0] as usize,
                    stride: window.stride[0] as usize,
                    dilation: window.dilation[0] as usize,
                    pad: window.pad[0] as usize,
                })
            }
            Opcode::Add
            | Opcode::Cast
            | Opcode::Dequantize
            | Opcode::FlipSign
            | Opcode::Mul
            | Opcode::Quantize
            | Opcode::Requantize
            | Opcode::Table
            | Opcode::Transcendental
            | Opcode::Unary => Some(Rule::Elementwise),
            _ => None,
        }
    }

    /// Rows of an input of `height` rows that are read for the rows `output`; empty where all lie in the padding.
    pub(super) fn reads(self, output: &Range<usize>, height: usize) -> Range<usize> {
        match self {
            Rule::Elementwise => output.clone(),
            Rule::Window {
                kernel,
                stride,
                dilation,
                pad,
            } => {
                let last_tap = (kernel - 1) * dilation + 1;
                let last_row = output.end.saturating_sub(1) * stride;
                let end = (last_row + last_tap).saturating_sub(pad).min(height);
                (output.start * stride).saturating_sub(pad).min(end)..end
            }
        }
    }

    /// The parameters of a step for which output row `first` is the first one: what lies above it is no padding.
    pub(super) fn params(self, params: &[u8], first: usize) -> Vec<u8> {
        let mut params = params.to_vec();
        if let (Rule::Window { stride, pad, .. }, Some(mut window)) = (self, window(&params)) {
            window.pad[0] = pad.saturating_sub(first * stride) as u32;
            params[..size_of::<Window>()].copy_from_slice(bytemuck::bytes_of(&window));
        }
        params
    }
}

/// The window that the parameter blocks of windows begin with.
fn window(params: &[u8]) -> Option<Window> {
    let block = params.get(..size_of::<Window>())?;
    Some(bytemuck::pod_read_unaligned(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_read_what_lies_under_them() {
        let rule = Rule::Window {
            kernel: 3,
            stride: 2,
            dilation: 1,
            pad: 1,
        };
        assert_eq!(rule.reads(&(0..1), 8), 0..2);
        assert_eq!(rule.reads(&(1..3), 8), 1..6);
        assert_eq!(rule.reads(&(3..4), 8), 5..8);
        assert_eq!(rule.reads(&(9..10), 8), 8..8);
        assert_eq!(Rule::Elementwise.reads(&(2..5), 8), 2..5);
    }

    #[test]
    fn only_the_first_rows_see_the_padding_above() {
        let rule = Rule::Window {
            kernel: 5,
            stride: 1,
            dilation: 1,
            pad: 2,
        };
        let params = Window {
            kernel: [5, 3],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [2, 1],
        };
        let pads = [0, 1, 2, 7].map(|first| {
            let params = rule.params(bytemuck::bytes_of(&params), first);
            window(&params).unwrap().pad
        });
        assert_eq!(pads, [[2, 1], [1, 1], [0, 1], [0, 1]]);
    }
}
