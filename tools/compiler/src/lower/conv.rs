use cadet_format::{Conv2dF32, Conv2dI8, DepthwiseConv2dF32, DepthwiseConv2dI8, Opcode};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::Epilogue;
use super::shape::{nhwc, params};
use super::weights::{Layer, Order, operands};
use crate::ir::{Bounds, Node, Window};

/// `Conv` as `conv2d`, or as `depthwise_conv2d` where each channel is a group of its own.
pub(super) fn conv(
    emitter: &mut Emitter<'_>,
    node: &Node,
    window: &Window,
    group: usize,
    bounds: Bounds,
) {
    let input = nhwc(emitter.shape(node.inputs[0]));
    let output = nhwc(emitter.shape(node.output()));
    let (inputs, outputs) = (input[3] / group, output[3]);
    let [kh, kw] = window.kernel;
    let taps = kh * kw;
    let is_depthwise = group > 1 && group == input[3];
    let layer = Layer {
        weights: node.inputs[1],
        bias: node.inputs.get(2).copied(),
        outputs,
        dims: if is_depthwise {
            vec![kh, kw, outputs]
        } else {
            vec![outputs, kh, kw, inputs]
        },
        order: if is_depthwise {
            Order::TapsOutputs { taps }
        } else {
            Order::OutputsTapsInputs { inputs, taps }
        },
    };
    let x = emitter.activation(node.inputs[0], &input);
    let y = emitter.activation(node.output(), &output);
    let weights = operands(emitter, node, &layer);
    let (window, groups) = (params(window), group as u32);
    let kernel = Kernel {
        opcode: if is_depthwise {
            Opcode::DepthwiseConv2d
        } else {
            Opcode::Conv2d
        },
        dtype: emitter.dtype(node.output()),
        numerics: emitter.numerics(node),
        params: match (emitter.epilogue(node, bounds), is_depthwise) {
            (Epilogue::F32(clamp), true) => block(DepthwiseConv2dF32 { window, clamp }),
            (Epilogue::I8(quant), true) => block(DepthwiseConv2dI8 { window, quant }),
            (Epilogue::F32(clamp), false) => block(Conv2dF32 {
                window,
                groups,
                clamp,
            }),
            (Epilogue::I8(quant), false) => block(Conv2dI8 {
                window,
                groups,
                quant,
            }),
        },
        macs: output.iter().product::<usize>() * taps * inputs,
    };
    emitter.step(node, &kernel, &[&[x], &weights[..]].concat(), &[y]);
}
