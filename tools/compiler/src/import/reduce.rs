use cadet_format::ReduceFunction;

use super::axes::axes;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Op};

/// `ReduceSum` and its relatives (ONNX ReduceSum-1 to -13, the others to -28).
pub(super) fn reduce(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axes", "keepdims", "noop_with_empty_axes"])?;
    let input = importer.input(node, 0)?;
    let tensor = importer.graph.tensor(input);
    let (element, mut shape) = (tensor.element, tensor.shape.clone());
    let function = function(&node.proto.op_type);
    check_element(function, element)?;
    let given = match node.input(1) {
        Some(_) => importer.integers(node, 1)?,
        None => node.ints("axes").unwrap_or(&[]).to_vec(),
    };
    let axes = if given.is_empty() && node.int("noop_with_empty_axes", 0) == 0 {
        (0..shape.len()).collect()
    } else {
        axes(&given, shape.len())?
    };
    for &axis in &axes {
        shape[axis] = 1;
    }
    let op = Op::Reduce {
        function,
        axes: axes.clone(),
    };
    if node.int("keepdims", 1) != 0 {
        return importer.emit(node, op, vec![input]);
    }
    let kept = importer.part(node, "reduced", op, vec![input], (element, shape));
    importer.emit(node, Op::Reshape, vec![kept])
}

fn function(op: &str) -> ReduceFunction {
    match op {
        "ReduceSum" => ReduceFunction::Sum,
        "ReduceMean" => ReduceFunction::Mean,
        "ReduceMax" => ReduceFunction::Max,
        "ReduceMin" => ReduceFunction::Min,
        "ReduceProd" => ReduceFunction::Product,
        "ReduceSumSquare" => ReduceFunction::SumSquare,
        "ReduceL1" => ReduceFunction::L1,
        "ReduceL2" => ReduceFunction::L2,
        "ReduceLogSum" => ReduceFunction::LogSum,
        _ => ReduceFunction::LogSumExp,
    }
}

/// Refuses element types for which the function has no kernel.
fn check_element(function: ReduceFunction, element: ElementType) -> Result<(), Refusal> {
    let selects = matches!(function, ReduceFunction::Max | ReduceFunction::Min);
    let is_log = matches!(function, ReduceFunction::LogSum | ReduceFunction::LogSumExp);
    let fits = match element {
        ElementType::F32 => true,
        ElementType::I32 | ElementType::I64 => !is_log,
        ElementType::I8 | ElementType::U8 | ElementType::Bool => selects,
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::new(
        format!("a reduction of {element:?}"),
        "cast its input to float32",
    ))
}
