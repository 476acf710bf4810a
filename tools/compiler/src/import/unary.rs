use cadet_kernels::binary;
use cadet_kernels::transcendental::Function as Wide;
use cadet_kernels::unary::Function as Plain;

use super::binary::{broadcast, pairwise};
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{Bounds, ElementType, Op, TensorId, Unary, Values};

/// A function of each float: the activations and the functions of ONNX that have one input.
pub(super) fn unary(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let input = importer.input(node, 0)?;
    let is_float = importer.graph.tensor(input).element == ElementType::F32;
    if !is_float && matches!(node.proto.op_type.as_str(), "Abs" | "Neg" | "Sign" | "Relu") {
        return integer(importer, node, input);
    }
    let input = importer.float_input(node, 0)?;
    apply(importer, node, function(node)?, input)
}

/// The node's result as a function of a float tensor; of a constant, its values.
pub(super) fn apply(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    function: Unary,
    input: TensorId,
) -> Result<(), Refusal> {
    let shape = importer.graph.shape(input).to_vec();
    importer.declare(&node.proto.output[0], ElementType::F32, &shape);
    if let Some(values) = importer.graph.constant_f32(input) {
        let values = function.apply(values);
        return importer.set_constant(&node.proto.output[0], Values::F32(values));
    }
    importer.emit(node, Op::Unary(function), vec![input])
}

fn function(node: &OnnxNode<'_>) -> Result<Unary, Refusal> {
    let op = node.proto.op_type.as_str();
    let known: &[&str] = match op {
        "LeakyRelu" | "Elu" | "Celu" | "ThresholdedRelu" | "Swish" => &["alpha"],
        "Selu" => &["alpha", "gamma"],
        "HardSigmoid" => &["alpha", "beta"],
        "Shrink" => &["lambd", "bias"],
        "Gelu" => &["approximate"],
        _ => &[],
    };
    node.expect_attributes(known)?;
    let alpha = |default| node.float("alpha", default);
    Ok(match op {
        "Relu" => Unary::Clip(Bounds::RELU),
        "LeakyRelu" => Unary::Plain(Plain::LeakyRelu(alpha(0.01))),
        "Sigmoid" => Unary::Plain(Plain::Sigmoid),
        "Tanh" => Unary::Plain(Plain::Tanh),
        "Exp" => Unary::Plain(Plain::Exp),
        "Abs" => Unary::Plain(Plain::Abs),
        "Neg" => Unary::Plain(Plain::Neg),
        "Sign" => Unary::Plain(Plain::Sign),
        "Reciprocal" => Unary::Plain(Plain::Reciprocal),
        "Sqrt" => Unary::Plain(Plain::Sqrt),
        "Ceil" => Unary::Plain(Plain::Ceil),
        "Floor" => Unary::Plain(Plain::Floor),
        "Round" => Unary::Plain(Plain::Round),
        "Softsign" => Unary::Plain(Plain::Softsign),
        "HardSigmoid" => Unary::Plain(Plain::HardSigmoid(alpha(0.2), node.float("beta", 0.5))),
        "HardSwish" => Unary::Plain(Plain::HardSwish),
        "ThresholdedRelu" => Unary::Plain(Plain::ThresholdedRelu(alpha(1.0))),
        "Shrink" => Unary::Plain(Plain::Shrink {
            lambd: node.float("lambd", 0.5),
            bias: node.float("bias", 0.0),
        }),
        "Log" => Unary::Wide(Wide::Log),
        "Sin" => Unary::Wide(Wide::Sin),
        "Cos" => Unary::Wide(Wide::Cos),
        "Tan" => Unary::Wide(Wide::Tan),
        "Asin" => Unary::Wide(Wide::Asin),
        "Acos" => Unary::Wide(Wide::Acos),
        "Atan" => Unary::Wide(Wide::Atan),
        "Sinh" => Unary::Wide(Wide::Sinh),
        "Cosh" => Unary::Wide(Wide::Cosh),
        "Asinh" => Unary::Wide(Wide::Asinh),
        "Acosh" => Unary::Wide(Wide::Acosh),
        "Atanh" => Unary::Wide(Wide::Atanh),
        "Erf" => Unary::Wide(Wide::Erf),
        "Gelu" if node.string("approximate") == "tanh" => Unary::Wide(Wide::GeluTanh),
        "Gelu" => Unary::Wide(Wide::Gelu),
        "Softplus" => Unary::Wide(Wide::Softplus),
        "Mish" => Unary::Wide(Wide::Mish),
        "Swish" => Unary::Wide(Wide::Swish(alpha(1.0))),
        "Elu" => Unary::Wide(Wide::Elu(alpha(1.0))),
        "Selu" => Unary::Wide(Wide::Selu(
            alpha(1.673_263_2),
            node.float("gamma", 1.050_701),
        )),
        "Celu" => Unary::Wide(Wide::Celu(alpha(1.0))),
        _ => {
            return Err(Refusal::new(
                "the function is not supported",
                "replace it, or leave it out of the deployed model",
            ));
        }
    })
}

/// A function of integers, made of functions of pairs with a constant.
fn integer(importer: &mut Importer, node: &OnnxNode<'_>, input: TensorId) -> Result<(), Refusal> {
    use binary::Function;
    node.expect_attributes(&[])?;
    let (element, shape) = {
        let tensor = importer.graph.tensor(input);
        (tensor.element, tensor.shape.clone())
    };
    let mut scalar = |value: i64| importer.scalar(node, element, value as f32);
    let (minus_one, zero, one) = (scalar(-1), scalar(0), scalar(1));
    let binary = |function| Op::Binary {
        function,
        bounds: Bounds::NONE,
    };
    let part = |function, inputs: [TensorId; 2], importer: &mut Importer| {
        let name = crate::ir::elementwise::pair(function).0;
        importer.part(
            node,
            name,
            binary(function),
            inputs.to_vec(),
            (element, shape.clone()),
        )
    };
    let (last, inputs) = match node.proto.op_type.as_str() {
        "Neg" => (Function::Sub, [zero, input]),
        "Relu" => (Function::Max, [input, zero]),
        "Abs" if element == ElementType::U8 => (Function::Max, [input, zero]),
        "Abs" => {
            let negative = part(Function::Sub, [zero, input], importer);
            (Function::Max, [input, negative])
        }
        // `Sign`.
        _ if element == ElementType::U8 => (Function::Min, [input, one]),
        _ => {
            let above = part(Function::Max, [input, minus_one], importer);
            (Function::Min, [above, one])
        }
    };
    pairwise(importer, node, binary(last), inputs, element)
}

/// `Clip`, with bounds as attributes before version 11 and as inputs since.
pub(super) fn clip(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["min", "max"])?;
    let input = importer.input(node, 0)?;
    let element = importer.graph.tensor(input).element;
    let mut bounds = Bounds::NONE;
    let mut given = [None, None];
    if node.opset < 11 {
        bounds.min = node.optional_float("min").unwrap_or(bounds.min);
        bounds.max = node.optional_float("max").unwrap_or(bounds.max);
    } else {
        for (index, id) in [(1, 0), (2, 1)] {
            if node.input(index).is_some() {
                given[id] = Some(importer.input(node, index)?);
            }
        }
    }
    let constant = |id: Option<TensorId>, default: f32| match id {
        None => Some(default),
        Some(id) => importer.graph.constant_f32(id)?.first().copied(),
    };
    let (min, max) = (
        constant(given[0], bounds.min),
        constant(given[1], bounds.max),
    );
    if let (ElementType::F32, Some(min), Some(max)) = (element, min, max) {
        // ONNX gives `max` where the bounds cross.
        let bounds = Bounds {
            min: min.min(max),
            max,
        };
        return apply(importer, node, Unary::Clip(bounds), input);
    }
    limit(importer, node, input, given)
}

/// `Min(Max(input, min), max)`.
fn limit(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    input: TensorId,
    [min, max]: [Option<TensorId>; 2],
) -> Result<(), Refusal> {
    let binary = |function| Op::Binary {
        function,
        bounds: Bounds::NONE,
    };
    let element = importer.graph.tensor(input).element;
    let (at_least, at_most) = (binary(binary::Function::Max), binary(binary::Function::Min));
    match (min, max) {
        (None, None) => importer.emit(node, Op::Reshape, vec![input]),
        (Some(min), None) => pairwise(importer, node, at_least, [input, min], element),
        (None, Some(max)) => pairwise(importer, node, at_most, [input, max], element),
        (Some(min), Some(max)) => {
            let shape = broadcast(importer, input, min)?;
            let above = importer.part(node, "Max", at_least, vec![input, min], (element, shape));
            pairwise(importer, node, at_most, [above, max], element)
        }
    }
}
