use cadet_format::{ClampF32, ConvInteger, DType, DeformConvF32, Numerics, Opcode};

use super::emitter::{Emitter, Kernel, block};
use super::shape::{channels_last, params, params3d};
use super::weights::Order;
use crate::ir::{Bounds, ElementType, Node, TensorId, Values, Window};

/// `ConvInteger` as `conv_integer`.
pub(super) fn conv_integer(emitter: &mut Emitter<'_>, node: &Node, window: &Window, group: usize) {
    let &[input, weights, zero_point, points] = &node.inputs[..] else {
        unreachable!("the importer gives all operands");
    };
    let output = channels_last(emitter.shape(node.output()));
    let x = emitter.activation(input, &channels_last(emitter.shape(input)));
    let y = emitter.activation(node.output(), &output);
    let tensor = emitter.graph().tensor(weights);
    let Some(Values::I64(values)) = &tensor.values else {
        unreachable!("the importer makes the weights a constant");
    };
    let values: Vec<i8> = values.iter().map(|&value| value as i8).collect();
    let (inputs, taps) = (tensor.shape[1], window.taps());
    let values = Order::OutputsTapsInputs { inputs, taps }.apply(&values);
    let dims = channels_last(&tensor.shape);
    let weights = emitter.matrix(&tensor.name, DType::I8, &dims, &values);
    let zero_point = zero_point_row(emitter, input, zero_point);
    let points = emitter.operand(points, &[tensor.shape[0]]);
    let pixels: usize = output[..output.len() - 1].iter().product();
    let kernel = Kernel {
        opcode: Opcode::ConvInteger,
        dtype: emitter.dtype(input),
        numerics: Numerics::None,
        params: block(ConvInteger {
            window: params3d(window),
            groups: group as u32,
        }),
        macs: pixels * values.len(),
    };
    emitter.step(node, &kernel, &[x, weights, zero_point, points], &[y]);
}

/// Row of a zero point. That of uint8 follows an input that quantisation made int8.
fn zero_point_row(emitter: &mut Emitter<'_>, input: TensorId, zero_point: TensorId) -> u16 {
    let tensor = emitter.graph().tensor(zero_point);
    match (&tensor.values, emitter.dtype(input), tensor.element) {
        (Some(Values::I64(values)), DType::I8, ElementType::U8) => {
            let values: Vec<i8> = values.iter().map(|value| (value - 128) as i8).collect();
            emitter.vector(&tensor.name, DType::I8, &values)
        }
        _ => emitter.operand(zero_point, &[1]),
    }
}

/// `DeformConv` as `deform_conv`.
pub(super) fn deform_conv(
    emitter: &mut Emitter<'_>,
    node: &Node,
    window: &Window,
    group: usize,
    offset_group: usize,
) {
    let &[input, weights, bias, ref moving @ ..] = &node.inputs[..] else {
        unreachable!("the importer gives all operands");
    };
    let output = channels_last(emitter.shape(node.output()));
    let tensor = emitter.graph().tensor(weights);
    let values = emitter.graph().constant_f32(weights).unwrap_or(&[]);
    let (inputs, taps) = (tensor.shape[1], window.taps());
    let values = Order::OutputsTapsInputs { inputs, taps }.apply(values);
    let dims = channels_last(&tensor.shape);
    let mut operands = vec![
        emitter.activation(input, &channels_last(emitter.shape(input))),
        emitter.matrix(&tensor.name, DType::F32, &dims, &values),
        emitter.operand(bias, emitter.shape(bias)),
    ];
    for &id in moving {
        operands.push(emitter.operand(id, &channels_last(emitter.shape(id))));
    }
    let y = emitter.activation(node.output(), &output);
    let pixels: usize = output[..output.len() - 1].iter().product();
    let kernel = Kernel {
        opcode: Opcode::DeformConv,
        dtype: DType::F32,
        numerics: Numerics::None,
        params: block(DeformConvF32 {
            window: params(window),
            groups: group as u32,
            offset_groups: offset_group as u32,
            clamp: ClampF32 {
                min: Bounds::NONE.min,
                max: Bounds::NONE.max,
            },
        }),
        macs: pixels * values.len(),
    };
    emitter.step(node, &kernel, &operands, &[y]);
}
