//! One operator on the integers behind its operands.

use super::dequantised;
use crate::ir::{Affine, ElementType, Graph, Int8Rule, Node, Op, Sampling, Tensor, TensorId};
use crate::options::Numerics;
use crate::quantise::integer_constant;

/// Makes a node an integer step where its float operands come from integers, and its output becomes
/// integers or only holds values of its inputs.
pub(super) fn integerise(graph: &mut Graph, index: usize, numerics: Numerics) {
    let Some(plan) = plan(graph, index, numerics) else {
        return;
    };
    let mut index = index;
    let Plan { own, shares, .. } = plan;
    for (position, source) in plan.sources {
        let integers = match source {
            Source::Activation(id) if shares && graph.affine(id) != Some(own) => {
                let requantise = requantised(graph, id, own);
                let output = requantise.output();
                graph.nodes.insert(index, requantise);
                index += 1;
                output
            }
            Source::Activation(id) => id,
            Source::Constant(id) => integer_constant(graph, id, shares.then_some(own)),
        };
        graph.nodes[index].inputs[position] = integers;
    }
    let output = graph.nodes[index].output();
    match wanted(graph, output) {
        Some((quantize, affine)) if affine == own => super::super::absorb(graph, index, quantize),
        Some((quantize, _)) => {
            mark(graph, output, own);
            graph.nodes[quantize].op = Op::Requantize;
        }
        None => sink(graph, index, own),
    }
}

/// How a node becomes an integer step.
struct Plan {
    /// What its result stands for.
    own: Affine,
    /// Whether its operands must stand for the same.
    shares: bool,
    /// Its float operands, by position.
    sources: Vec<(usize, Source)>,
}

fn plan(graph: &Graph, index: usize, numerics: Numerics) -> Option<Plan> {
    let node = &graph.nodes[index];
    if node.outputs.len() != 1 || matches!(node.op, Op::Quantize | Op::Dequantize) {
        return None;
    }
    let sources = sources(graph, node)?;
    let affines = sources.iter().filter_map(|(_, source)| match *source {
        Source::Activation(id) => graph.affine(id),
        Source::Constant(_) => None,
    });
    let affines: Vec<Affine> = affines.collect();
    let first = *affines.first()?;
    let wanted = wanted(graph, node.output()).map(|(_, affine)| affine);
    let is_exact = is_exact(&node.op);
    let is_onnx = numerics == Numerics::Onnx;
    let (own, shares) = match node.op.int8_rule() {
        Int8Rule::Kernel => (wanted?, false),
        // The scale that LiteRT fixes is one that tables and ONNX's softmax need not have.
        Int8Rule::Fixed(_) if is_onnx || matches!(node.op, Op::Unary(_)) => (wanted?, false),
        Int8Rule::Fixed(own) => wanted.map(|_| (own, false))?,
        // Its kernel changes the scale after the mean, which LiteRT's does not.
        Int8Rule::Moves if is_onnx && matches!(node.op, Op::AveragePool { .. }) => (wanted?, false),
        Int8Rule::Moves => {
            let is_one = affines.iter().all(|affine| *affine == first);
            let is_held = || sources.iter().all(|(_, s)| s.is_held(graph, first));
            let holds = is_one && (wanted == Some(first) || is_held());
            if holds && (is_exact || wanted.is_some()) {
                (first, true)
            } else {
                // Rounding before the choice of elements is rounding after it.
                (wanted.filter(|_| is_exact)?, true)
            }
        }
        Int8Rule::Float | Int8Rule::Quantised => return None,
    };
    Some(Plan {
        own,
        shares,
        sources,
    })
}

/// Where a float operand's integers are.
enum Source {
    /// An int8 activation.
    Activation(TensorId),
    /// A constant.
    Constant(TensorId),
}

impl Source {
    /// Whether integers of this affine stand for the very values of a constant.
    fn is_held(&self, graph: &Graph, affine: Affine) -> bool {
        let Source::Constant(id) = *self else {
            return true;
        };
        let values = graph.constant_f32(id).unwrap_or(&[]);
        let is_held = |&value: &f32| affine.dequantise(affine.quantise(value)) == value;
        values.iter().all(is_held)
    }
}

/// The float operands of a node by position, but for weights and bias; `None` where one of them does not
/// come from integers.
fn sources(graph: &Graph, node: &Node) -> Option<Vec<(usize, Source)>> {
    let operands = if node.op.is_layer() {
        1
    } else {
        node.inputs.len()
    };
    let operands = node.inputs[..operands].iter().enumerate();
    let floats = operands.filter(|(_, id)| graph.tensor(**id).element == ElementType::F32);
    let source = |&id: &TensorId| match graph.constant_f32(id) {
        Some(_) => Some(Source::Constant(id)),
        None => dequantised(graph, id).map(Source::Activation),
    };
    floats
        .map(|(position, id)| Some((position, source(id)?)))
        .collect()
}

/// The `Quantize` that alone reads a float tensor, and what it makes of it.
fn wanted(graph: &Graph, id: TensorId) -> Option<(usize, Affine)> {
    let quantize = graph.sole_consumer(id)?;
    let node = &graph.nodes[quantize];
    let affine = graph.affine(node.output())?;
    (node.op == Op::Quantize).then_some((quantize, affine))
}

/// Whether an operator that moves values gives no others than its inputs hold.
fn is_exact(op: &Op) -> bool {
    match op {
        Op::AveragePool { .. } => false,
        Op::Sampling(Sampling::Resample(resampling)) => {
            let weights = |weights: &Vec<f32>| weights.iter().all(|&w| w == 0.0 || w == 1.0);
            let mut tables = resampling.tables.iter().flatten();
            tables.all(|table| weights(&table.weights)) && resampling.outside == 0.0
        }
        _ => true,
    }
}

/// A step that gives an activation another affine.
fn requantised(graph: &mut Graph, id: TensorId, affine: Affine) -> Node {
    let name = format!("{} (Requantize)", graph.tensor(id).name);
    let tensor = Tensor {
        name: name.clone(),
        affine: Some(affine),
        ..graph.tensor(id).clone()
    };
    Node {
        name,
        op: Op::Requantize,
        inputs: vec![id],
        outputs: vec![graph.add_tensor(tensor)],
    }
}

/// Lets a node write integers, of which the floats of its readers are made behind it.
fn sink(graph: &mut Graph, index: usize, affine: Affine) {
    let output = graph.nodes[index].output();
    let name = format!("{} (Dequantize)", graph.tensor(output).name);
    let integers = Tensor {
        name: format!("{} (integers)", graph.tensor(output).name),
        ..graph.tensor(output).clone()
    };
    let integers = graph.add_tensor(integers);
    mark(graph, integers, affine);
    graph.nodes[index].outputs = vec![integers];
    let dequantize = Node {
        name,
        op: Op::Dequantize,
        inputs: vec![integers],
        outputs: vec![output],
    };
    graph.nodes.insert(index + 1, dequantize);
}

fn mark(graph: &mut Graph, id: TensorId, affine: Affine) {
    let tensor = &mut graph.tensors[id.0];
    tensor.element = ElementType::I8;
    tensor.affine = Some(affine);
}
