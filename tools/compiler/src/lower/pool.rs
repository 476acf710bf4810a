use cadet_format::{AveragePool2dF32, AveragePool2dI8, MaxPool2d, Numerics, Opcode};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::{Epilogue, ratio};
use super::shape::{nhwc, params};
use crate::ir::{Bounds, Node, Window};

/// `MaxPool` as `max_pool2d`.
pub(super) fn max_pool(emitter: &mut Emitter<'_>, node: &Node, window: &Window) {
    let window = params(window);
    let kernel = Kernel {
        opcode: Opcode::MaxPool2d,
        dtype: emitter.dtype(node.output()),
        numerics: Numerics::None,
        params: block(MaxPool2d { window }),
        macs: 0,
    };
    step(emitter, node, &kernel);
}

/// `AveragePool` as `average_pool2d`.
pub(super) fn average_pool(
    emitter: &mut Emitter<'_>,
    node: &Node,
    window: &Window,
    count_padding: bool,
) {
    let (window, count_padding) = (params(window), u32::from(count_padding));
    let kernel = Kernel {
        opcode: Opcode::AveragePool2d,
        dtype: emitter.dtype(node.output()),
        numerics: emitter.numerics(node),
        params: match emitter.epilogue(node, Bounds::NONE) {
            Epilogue::F32(_) => block(AveragePool2dF32 {
                window,
                count_padding,
            }),
            Epilogue::I8(quant) => block(AveragePool2dI8 {
                window,
                count_padding,
                quant,
                // Input and output share their scale.
                multiplier: ratio(1.0),
            }),
        },
        macs: 0,
    };
    step(emitter, node, &kernel);
}

fn step(emitter: &mut Emitter<'_>, node: &Node, kernel: &Kernel) {
    let input = nhwc(emitter.shape(node.inputs[0]));
    let output = nhwc(emitter.shape(node.output()));
    let x = emitter.activation(node.inputs[0], &input);
    let y = emitter.activation(node.output(), &output);
    emitter.step(node, kernel, &[x], &[y]);
}
