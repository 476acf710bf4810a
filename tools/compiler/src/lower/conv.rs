use cadet_format::{
    Conv2dF32, Conv2dI8, ConvF32, ConvI8, DepthwiseConv2dF32, DepthwiseConv2dI8, Opcode,
};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::Epilogue;
use super::shape::{channels_last, nhwc, params, params3d};
use super::weights::{Layer, Order, operands, stored};
use crate::ir::{Bounds, Node, Window};
use crate::options::Weights;

/// How a convolution is lowered.
#[derive(Clone, Copy)]
enum Form {
    /// Over a plane, with each channel a group of its own.
    Depthwise,
    /// Over a plane.
    Planar,
    /// Over any axes.
    Forward,
    /// Over any axes, transposed.
    Transposed,
}

impl Form {
    fn opcode(self, compressed: bool) -> Opcode {
        match (self, compressed) {
            (Form::Depthwise, false) => Opcode::DepthwiseConv2d,
            (Form::Depthwise, true) => Opcode::DepthwiseConv2dCompressed,
            (Form::Planar, false) => Opcode::Conv2d,
            (Form::Planar, true) => Opcode::Conv2dCompressed,
            (Form::Forward, _) => Opcode::Conv,
            (Form::Transposed, _) => Opcode::ConvTranspose,
        }
    }

    /// Extents of an activation.
    fn extents(self, shape: &[usize]) -> Vec<usize> {
        match self {
            Form::Depthwise | Form::Planar => nhwc(shape).to_vec(),
            Form::Forward | Form::Transposed => channels_last(shape),
        }
    }

    /// The parameter block.
    fn params(self, window: &Window, groups: u32, epilogue: Epilogue) -> Vec<u8> {
        let (plane, volume) = (params(window), params3d(window));
        match (self, epilogue) {
            (Form::Depthwise, Epilogue::F32(clamp)) => block(DepthwiseConv2dF32 {
                window: plane,
                clamp,
            }),
            (Form::Depthwise, Epilogue::I8(quant)) => block(DepthwiseConv2dI8 {
                window: plane,
                quant,
            }),
            (Form::Planar, Epilogue::F32(clamp)) => block(Conv2dF32 {
                window: plane,
                groups,
                clamp,
            }),
            (Form::Planar, Epilogue::I8(quant)) => block(Conv2dI8 {
                window: plane,
                groups,
                quant,
            }),
            (Form::Forward | Form::Transposed, Epilogue::F32(clamp)) => block(ConvF32 {
                window: volume,
                groups,
                clamp,
            }),
            (Form::Forward | Form::Transposed, Epilogue::I8(quant)) => block(ConvI8 {
                window: volume,
                groups,
                quant,
            }),
        }
    }
}

/// `Conv` and `ConvTranspose` as the most special kernel that can do it.
pub(super) fn conv(
    emitter: &mut Emitter<'_>,
    node: &Node,
    window: &Window,
    group: usize,
    transposed: bool,
    bounds: Bounds,
) {
    let shape = emitter.shape(node.inputs[0]);
    let form = match (transposed, window.is_planar()) {
        (true, _) => Form::Transposed,
        (false, false) => Form::Forward,
        (false, true) if group > 1 && group == shape[1] => Form::Depthwise,
        (false, true) => Form::Planar,
    };
    let input = form.extents(shape);
    let output = form.extents(emitter.shape(node.output()));
    let x = emitter.activation(node.inputs[0], &input);
    let y = emitter.activation(node.output(), &output);
    let layer = layer(emitter, node, window, form);
    let weights = operands(emitter, node, &layer);
    // Every pixel of the output meets every weight; of a transposed convolution, every one of the input.
    let pixels = if transposed { &input } else { &output };
    let pixels: usize = pixels[..pixels.len() - 1].iter().product();
    let kernel = Kernel {
        opcode: form.opcode(layer.stored != Weights::F32),
        dtype: emitter.dtype(node.output()),
        numerics: emitter.numerics(node),
        params: form.params(window, group as u32, emitter.epilogue(node, bounds)),
        macs: pixels * emitter.graph().tensor(node.inputs[1]).len(),
    };
    emitter.step(node, &kernel, &[&[x], &weights[..]].concat(), &[y]);
}

fn layer(emitter: &Emitter<'_>, node: &Node, window: &Window, form: Form) -> Layer {
    let shape = emitter.shape(node.inputs[1]);
    let (outputs, inputs, taps) = (shape[0], shape[1], window.taps());
    let [kd, kh, kw] = window.kernel;
    let (dims, order) = match form {
        Form::Depthwise => (vec![kh, kw, outputs], Order::TapsOutputs { taps }),
        Form::Planar => (
            vec![outputs, kh, kw, inputs],
            Order::OutputsTapsInputs { inputs, taps },
        ),
        Form::Forward | Form::Transposed => (
            vec![outputs, kd, kh, kw, inputs],
            Order::OutputsTapsInputs { inputs, taps },
        ),
    };
    Layer {
        weights: node.inputs[1],
        bias: node.inputs.get(2).copied(),
        outputs,
        dims,
        order,
        stored: stored(emitter, node),
    }
}
