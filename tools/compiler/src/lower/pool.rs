use cadet_format::{
    AveragePool, AveragePool2dF32, AveragePool2dI8, LpPool, MaxPool, MaxPool2d, MaxUnpool,
    Numerics, Opcode,
};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::{Epilogue, ratio};
use super::shape::{channels_last, narrow, nhwc, params, params3d};
use crate::ir::{Bounds, Node, Window};

/// `MaxPool` as `max_pool2d`, or as `max_pool` where it is over a volume or gives places.
pub(super) fn max_pool(
    emitter: &mut Emitter<'_>,
    node: &Node,
    window: &Window,
    column_major: bool,
) {
    let is_planar = window.is_planar() && node.outputs.len() == 1;
    let (opcode, params) = if is_planar {
        let window = params(window);
        (Opcode::MaxPool2d, block(MaxPool2d { window }))
    } else {
        let params = MaxPool {
            window: params3d(window),
            column_major: u32::from(column_major),
        };
        (Opcode::MaxPool, block(params))
    };
    let kernel = Kernel {
        opcode,
        dtype: emitter.dtype(node.output()),
        numerics: Numerics::None,
        params,
        macs: 0,
    };
    step(emitter, node, &kernel, is_planar);
}

/// `AveragePool` as `average_pool2d`, or as `average_pool` where it is over a volume or counts only some
/// of the taps in the padding.
pub(super) fn average_pool(
    emitter: &mut Emitter<'_>,
    node: &Node,
    window: &Window,
    counted_padding: Option<[usize; 3]>,
) {
    let is_planar =
        window.is_planar() && counted_padding.is_none_or(|padding| padding == window.pads_end);
    let count_padding = u32::from(counted_padding.is_some());
    let affines = emitter.affines(node);
    let scales = affines.map_or(1.0, |(from, to)| from.scale / to.scale);
    let (opcode, params) = match emitter.epilogue(node, Bounds::NONE) {
        Epilogue::I8(quant) => {
            let params = AveragePool2dI8 {
                window: params(window),
                count_padding,
                quant,
                multiplier: ratio(scales),
            };
            (Opcode::AveragePool2d, block(params))
        }
        Epilogue::F32(_) if is_planar => {
            let params = AveragePool2dF32 {
                window: params(window),
                count_padding,
            };
            (Opcode::AveragePool2d, block(params))
        }
        Epilogue::F32(_) => {
            let params = AveragePool {
                window: params3d(window),
                pad_end: narrow(counted_padding.unwrap_or_default()),
                count_padding,
            };
            (Opcode::AveragePool, block(params))
        }
    };
    let kernel = Kernel {
        opcode,
        dtype: emitter.dtype(node.output()),
        numerics: emitter.numerics(node),
        params,
        macs: 0,
    };
    step(emitter, node, &kernel, is_planar);
}

/// `LpPool` as `lp_pool`.
pub(super) fn lp_pool(emitter: &mut Emitter<'_>, node: &Node, window: &Window, p: u32) {
    let window = params3d(window);
    let kernel = Kernel {
        opcode: Opcode::LpPool,
        dtype: emitter.dtype(node.output()),
        numerics: Numerics::None,
        params: block(LpPool { window, p }),
        macs: 0,
    };
    step(emitter, node, &kernel, false);
}

/// `MaxUnpool` as `max_unpool`.
pub(super) fn max_unpool(emitter: &mut Emitter<'_>, node: &Node, shape: &[usize]) {
    let mut params = MaxUnpool { shape: [0; 8] };
    for (slot, &extent) in params.shape.iter_mut().zip(shape) {
        *slot = extent as u32;
    }
    let row = |emitter: &mut Emitter<'_>, id| emitter.operand(id, emitter.shape(id));
    let operands = [node.inputs[0], node.inputs[1]].map(|id| row(emitter, id));
    let output = row(emitter, node.output());
    let kernel = Kernel {
        opcode: Opcode::MaxUnpool,
        dtype: emitter.dtype(node.output()),
        numerics: Numerics::None,
        params: block(params),
        macs: 0,
    };
    emitter.step(node, &kernel, &operands, &[output]);
}

fn step(emitter: &mut Emitter<'_>, node: &Node, kernel: &Kernel, is_planar: bool) {
    let row = |emitter: &mut Emitter<'_>, id| {
        let shape = emitter.shape(id);
        if is_planar {
            emitter.activation(id, &nhwc(shape))
        } else {
            emitter.activation(id, &channels_last(shape))
        }
    };
    let x = row(emitter, node.inputs[0]);
    let outputs: Vec<u16> = node.outputs.iter().map(|&id| row(emitter, id)).collect();
    emitter.step(node, kernel, &[x], &outputs);
}
