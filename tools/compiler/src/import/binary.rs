use cadet_kernels::binary::{Comparison, Function};
use cadet_kernels::transcendental::Function as Wide;
use cadet_kernels::unary::Function as Plain;

use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{Bounds, ElementType, Op, TensorId, Unary};

/// A function of two tensors of one type, which broadcast.
pub(super) fn binary(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let op = node.proto.op_type.as_str();
    node.expect_attributes(match op {
        "Mod" => &["fmod"],
        "BitShift" => &["direction"],
        _ => &[],
    })?;
    let mut function = match op {
        "Add" => Function::Add,
        "Sub" => Function::Sub,
        "Mul" => Function::Mul,
        "Div" => Function::Div,
        "Mod" if node.int("fmod", 0) != 0 => Function::Remainder,
        "Mod" => Function::Modulo,
        "PRelu" => Function::PRelu,
        "BitShift" if node.string("direction") == "LEFT" => Function::ShiftLeft,
        "BitShift" => Function::ShiftRight,
        "And" | "BitwiseAnd" => Function::And,
        "Or" | "BitwiseOr" => Function::Or,
        _ => Function::Xor,
    };
    let ([mut a, mut b], element) = operands(importer, node)?;
    if matches!(function, Function::Add | Function::Mul) && importer.graph.is_constant(a) {
        // Passes look for constants second.
        (a, b) = (b, a);
    }
    if let (Function::Sub, Some(values)) = (function, importer.graph.constant_f32(b)) {
        // Exactly the addition of the negative, which passes know how to fold.
        let negative = values.iter().map(|value| -value).collect();
        let tensor = importer.graph.tensor(b);
        let (name, shape) = (format!("-{}", tensor.name), tensor.shape.clone());
        b = importer.graph.add_constant(name, shape, negative);
        function = Function::Add;
    }
    pairwise(
        importer,
        node,
        operation(function, element)?,
        [a, b],
        element,
    )
}

/// `Min`, `Max`, `Sum`, `Mean` of any number of tensors, which broadcast.
pub(super) fn variadic(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let count = node.proto.input.len();
    let first = importer.input(node, 0)?;
    if count == 1 {
        return importer.emit(node, Op::Reshape, vec![first]);
    }
    let element = importer.graph.tensor(first).element;
    let op = node.proto.op_type.as_str();
    let function = match op {
        "Min" => Function::Min,
        "Max" => Function::Max,
        _ => Function::Add,
    };
    let mut so_far = first;
    for index in 1..count {
        let next = importer.input(node, index)?;
        require_type(importer, next, element)?;
        let step = operation(function, element)?;
        if index + 1 == count && op != "Mean" {
            return pairwise(importer, node, step, [so_far, next], element);
        }
        let shape = broadcast(importer, so_far, next)?;
        let name = format!("{op} {index}");
        so_far = importer.part(node, &name, step, vec![so_far, next], (element, shape));
    }
    let divisor = importer.scalar(node, element, count as f32);
    let mean = operation(Function::Div, element)?;
    pairwise(importer, node, mean, [so_far, divisor], element)
}

/// `Equal`, `Less`, `LessOrEqual`, `Greater`, `GreaterOrEqual`.
pub(super) fn compare(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let ([a, b], element) = operands(importer, node)?;
    let (comparison, inputs) = match node.proto.op_type.as_str() {
        "Equal" => (Comparison::Equal, [a, b]),
        "Less" => (Comparison::Less, [a, b]),
        "LessOrEqual" => (Comparison::LessOrEqual, [a, b]),
        "Greater" => (Comparison::Less, [b, a]),
        _ => (Comparison::LessOrEqual, [b, a]),
    };
    if element == ElementType::Bool && comparison != Comparison::Equal {
        return Err(mismatch(importer, a));
    }
    pairwise(
        importer,
        node,
        Op::Compare(comparison),
        inputs,
        ElementType::Bool,
    )
}

/// `Not` of booleans, `BitwiseNot` of integers.
pub(super) fn not(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let input = importer.input(node, 0)?;
    let element = importer.graph.tensor(input).element;
    let every_bit = if element == ElementType::Bool {
        1.0
    } else {
        -1.0
    };
    let ones = importer.scalar(node, element, every_bit);
    let op = operation(Function::Xor, element)?;
    pairwise(importer, node, op, [input, ones], element)
}

/// `IsNaN`: what does not equal itself.
pub(super) fn is_nan(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let input = importer.float_input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let equal = Op::Compare(Comparison::Equal);
    let kind = (ElementType::Bool, shape);
    let is_number = importer.part(node, "Equal", equal, vec![input, input], kind);
    let truth = importer.scalar(node, ElementType::Bool, 1.0);
    let op = operation(Function::Xor, ElementType::Bool)?;
    pairwise(importer, node, op, [is_number, truth], ElementType::Bool)
}

/// `IsInf` of either sign, of both or of none.
pub(super) fn is_inf(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["detect_negative", "detect_positive"])?;
    let mut input = importer.float_input(node, 0)?;
    let detects = |sign| node.int(sign, 1) != 0;
    let (negative, positive) = (detects("detect_negative"), detects("detect_positive"));
    if negative && positive {
        let kind = (ElementType::F32, importer.graph.shape(input).to_vec());
        let magnitude = Op::Unary(Unary::Plain(Plain::Abs));
        input = importer.part(node, "Abs", magnitude, vec![input], kind);
    }
    let wanted = match (negative, positive) {
        (_, true) => f32::INFINITY,
        (true, false) => f32::NEG_INFINITY,
        // Nothing equals it.
        (false, false) => f32::NAN,
    };
    let wanted = importer.scalar(node, ElementType::F32, wanted);
    let equal = Op::Compare(Comparison::Equal);
    pairwise(importer, node, equal, [input, wanted], ElementType::Bool)
}

/// `Pow`.
pub(super) fn pow(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let (base, mut exponent) = (importer.input(node, 0)?, importer.input(node, 1)?);
    let element = importer.graph.tensor(base).element;
    let power = importer.graph.tensor(exponent);
    let is_square = importer
        .graph
        .constant_f32(exponent)
        .is_some_and(|values| values == [2.0]);
    if is_square
        && element == ElementType::F32
        && power.shape.len() <= importer.graph.shape(base).len()
    {
        let op = operation(Function::Mul, element)?;
        return pairwise(importer, node, op, [base, base], element);
    }
    match element {
        ElementType::F32 | ElementType::I32 | ElementType::I64 => {}
        _ => return Err(mismatch(importer, base)),
    }
    if !matches!(power.element, ElementType::F32 | ElementType::I64) {
        let kind = (ElementType::I64, power.shape.clone());
        exponent = importer.part(node, "Cast", Op::Cast, vec![exponent], kind);
    }
    pairwise(importer, node, Op::Pow, [base, exponent], element)
}

/// `SwiGLU`: `swish(a) * b`.
pub(super) fn swi_glu(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["alpha"])?;
    let (gate, value) = (
        importer.float_input(node, 0)?,
        importer.float_input(node, 1)?,
    );
    let kind = (ElementType::F32, importer.graph.shape(gate).to_vec());
    let swish = Op::Unary(Unary::Wide(Wide::Swish(node.float("alpha", 1.0))));
    let gate = importer.part(node, "Swish", swish, vec![gate], kind);
    let op = operation(Function::Mul, ElementType::F32)?;
    pairwise(importer, node, op, [gate, value], ElementType::F32)
}

/// `Where`.
pub(super) fn select(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let condition = importer.input(node, 0)?;
    require_type(importer, condition, ElementType::Bool)?;
    let (a, b) = (importer.input(node, 1)?, importer.input(node, 2)?);
    let element = importer.graph.tensor(a).element;
    require_type(importer, b, element)?;
    let branches = broadcast(importer, a, b)?;
    let shape = broadcast_shapes(importer.graph.shape(condition), &branches)?;
    importer.declare(&node.proto.output[0], element, &shape);
    importer.emit(node, Op::Select, vec![condition, a, b])
}

/// Emits an operator of two tensors, with their broadcast shape.
pub(super) fn pairwise(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    op: Op,
    [a, b]: [TensorId; 2],
    element: ElementType,
) -> Result<(), Refusal> {
    let shape = broadcast(importer, a, b)?;
    let output = &node.proto.output[0];
    importer.declare(output, element, &shape);
    let output = importer.tensor(output)?;
    // The slope of `PRelu` may not be wider than what it applies to.
    if importer.graph.shape(output) != shape {
        return Err(Refusal::malformed(
            "its inputs do not broadcast to its output",
        ));
    }
    importer.emit(node, op, vec![a, b])
}

/// The shape that two tensors broadcast to.
pub(super) fn broadcast(
    importer: &Importer,
    a: TensorId,
    b: TensorId,
) -> Result<Vec<usize>, Refusal> {
    broadcast_shapes(importer.graph.shape(a), importer.graph.shape(b))
}

fn broadcast_shapes(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Refusal> {
    let rank = a.len().max(b.len());
    let extent = |shape: &[usize], axis: usize| {
        let own = (axis + shape.len()).checked_sub(rank);
        own.map_or(1, |axis| shape[axis])
    };
    let axes = (0..rank).map(|axis| match (extent(a, axis), extent(b, axis)) {
        (1, extent) | (extent, 1) => Ok(extent),
        (a, b) if a == b => Ok(a),
        _ => Err(Refusal::new(
            format!("{a:?} and {b:?} do not broadcast"),
            "the model is malformed; check it with onnx.checker",
        )),
    });
    axes.collect()
}

/// Both operands, which must be of one type, and their type.
fn operands(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<([TensorId; 2], ElementType), Refusal> {
    let (a, b) = (importer.input(node, 0)?, importer.input(node, 1)?);
    let element = importer.graph.tensor(a).element;
    require_type(importer, b, element)?;
    Ok(([a, b], element))
}

/// The operator of a function, where it is one of this type.
fn operation(function: Function, element: ElementType) -> Result<Op, Refusal> {
    use Function::{And, Or, ShiftLeft, ShiftRight, Xor};
    let is_logic = matches!(function, And | Or | Xor);
    let is_defined = match element {
        ElementType::F32 => !is_logic && !matches!(function, ShiftLeft | ShiftRight),
        ElementType::Bool => is_logic,
        _ => true,
    };
    if !is_defined {
        return Err(Refusal::new(
            format!("{function:?} of {element:?} is not defined"),
            "the model is malformed; check it with onnx.checker",
        ));
    }
    let bounds = Bounds::NONE;
    Ok(match (function, element) {
        (Function::Add, ElementType::F32) => Op::Add { bounds },
        _ => Op::Binary { function, bounds },
    })
}

fn require_type(importer: &Importer, id: TensorId, element: ElementType) -> Result<(), Refusal> {
    if importer.graph.tensor(id).element == element {
        return Ok(());
    }
    Err(mismatch(importer, id))
}

fn mismatch(importer: &Importer, id: TensorId) -> Refusal {
    let tensor = importer.graph.tensor(id);
    Refusal::new(
        format!("`{}` is {:?}", tensor.name, tensor.element),
        "the model is malformed; check it with onnx.checker",
    )
}
