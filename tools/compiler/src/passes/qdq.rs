//! Integer steps out of models that were quantised elsewhere: `DequantizeLinear` -> operator ->
//! `QuantizeLinear` becomes the operator on integers.

use crate::ir::{Affine, ElementType, Graph, Int8Rule, Node, Op, Tensor, TensorId};
use crate::quantise::integer_constant;

/// Turns every operator between dequantised inputs and a quantised output into an integer step.
pub(super) fn fuse(graph: &mut Graph) {
    while spread(graph) {}
    make_signed(graph);
    let mut index = 0;
    while index < graph.nodes.len() {
        if integerise(graph, index).is_none() {
            index += 1;
        }
    }
    super::sweep(graph, join_conversions);
    absorb_ports(graph);
}

/// Carries affines over steps that move integers; `true` where one was carried.
fn spread(graph: &mut Graph) -> bool {
    let mut has_changed = false;
    for index in 0..graph.nodes.len() {
        let node = &graph.nodes[index];
        let (input, output) = (node.inputs[0], node.output());
        let is_eight_bits = |id| {
            let element = graph.tensor(id).element;
            matches!(element, ElementType::I8 | ElementType::U8)
        };
        if node.op.int8_rule() != Int8Rule::Moves || !is_eight_bits(input) {
            continue;
        }
        let (from, to) = (graph.affine(input), graph.affine(output));
        if from.is_some() == to.is_some() {
            continue;
        }
        let affine = from.or(to);
        graph.tensors[input.0].affine = affine;
        graph.tensors[output.0].affine = affine;
        has_changed = true;
    }
    has_changed
}

/// Turns quantised uint8 activations into int8. Model inputs and outputs keep their type, behind a
/// sign flip.
fn make_signed(graph: &mut Graph) {
    let is_unsigned = |graph: &Graph, id: TensorId| {
        let tensor = graph.tensor(id);
        tensor.element == ElementType::U8 && tensor.affine.is_some()
    };
    for port in 0..graph.inputs.len() {
        let id = graph.inputs[port];
        if is_unsigned(graph, id) {
            let (flip, inner) = sign_flip(graph, id);
            graph.replace_reads(id, inner);
            graph.tensors[id.0].affine = None;
            graph.nodes.insert(
                0,
                Node {
                    inputs: vec![id],
                    outputs: vec![inner],
                    ..flip
                },
            );
        }
    }
    for port in 0..graph.outputs.len() {
        let id = graph.outputs[port];
        if is_unsigned(graph, id) && graph.producer(id).is_some() {
            let (flip, inner) = sign_flip(graph, id);
            if let Some(producer) = graph.producer(id) {
                for output in &mut graph.nodes[producer].outputs {
                    if *output == id {
                        *output = inner;
                    }
                }
            }
            graph.replace_reads(id, inner);
            graph.tensors[id.0].affine = None;
            graph.nodes.push(Node {
                inputs: vec![inner],
                outputs: vec![id],
                ..flip
            });
        }
    }
    for index in 0..graph.tensors.len() {
        if is_unsigned(graph, TensorId(index)) && graph.tensors[index].values.is_none() {
            let tensor = &mut graph.tensors[index];
            tensor.element = ElementType::I8;
            if let Some(affine) = &mut tensor.affine {
                affine.zero_point -= 128;
            }
        }
    }
}

/// A step between a uint8 tensor and a new one that takes its place inside.
fn sign_flip(graph: &mut Graph, id: TensorId) -> (Node, TensorId) {
    let tensor = graph.tensor(id);
    let name = format!("{} (signed)", tensor.name);
    let inner = Tensor {
        name: name.clone(),
        ..tensor.clone()
    };
    let inner = graph.add_tensor(inner);
    let flip = Node {
        name,
        op: Op::FlipSign,
        inputs: Vec::new(),
        outputs: Vec::new(),
    };
    (flip, inner)
}

/// Makes the node an integer step; `Some` where a node before it was removed with it.
fn integerise(graph: &mut Graph, index: usize) -> Option<()> {
    let node = &graph.nodes[index];
    if node.outputs.len() != 1 || matches!(node.op, Op::Quantize | Op::Dequantize) {
        return None;
    }
    let rule = node.op.int8_rule();
    let operands = if node.op.is_layer() {
        1
    } else {
        node.inputs.len()
    };
    let inputs: Vec<Source> = node.inputs[..operands]
        .iter()
        .map(|&id| source(graph, id))
        .collect::<Option<_>>()?;
    let Source::Activation(first) = *inputs.first()? else {
        return None;
    };
    let quantize = graph.sole_consumer(node.output())?;
    if graph.nodes[quantize].op != Op::Quantize {
        return None;
    }
    let wanted = graph.affine(graph.nodes[quantize].output())?;
    let own = match rule {
        Int8Rule::Kernel => wanted,
        Int8Rule::Fixed(affine) => affine,
        Int8Rule::Moves => graph.affine(first)?,
        Int8Rule::Float | Int8Rule::Quantised => return None,
    };
    let is_one_scale = |source: &Source| match *source {
        Source::Activation(id) => graph.affine(id) == Some(own),
        Source::Constant(_) => true,
    };
    if rule == Int8Rule::Moves && !inputs.iter().all(is_one_scale) {
        return None;
    }
    for (position, source) in inputs.into_iter().enumerate() {
        graph.nodes[index].inputs[position] = match source {
            Source::Activation(id) => id,
            Source::Constant(id) => {
                let affine = (rule == Int8Rule::Moves).then_some(own);
                integer_constant(graph, id, affine)
            }
        };
    }
    if own == wanted {
        super::absorb(graph, index, quantize);
    } else {
        let output = graph.nodes[index].output();
        let tensor = &mut graph.tensors[output.0];
        tensor.element = ElementType::I8;
        tensor.affine = Some(own);
        graph.nodes[quantize].op = Op::Requantize;
    }
    None
}

/// Where a float operand's integers are.
enum Source {
    /// An int8 activation.
    Activation(TensorId),
    /// A constant.
    Constant(TensorId),
}

fn source(graph: &Graph, id: TensorId) -> Option<Source> {
    if graph.constant_f32(id).is_some() {
        return Some(Source::Constant(id));
    }
    let producer = &graph.nodes[graph.producer(id)?];
    let is_signed = graph.tensor(producer.inputs[0]).element == ElementType::I8;
    (producer.op == Op::Dequantize && is_signed).then(|| Source::Activation(producer.inputs[0]))
}

/// Turns `Dequantize` -> `Quantize` into one step, or none where both mean the same.
fn join_conversions(graph: &mut Graph, index: usize) -> Option<()> {
    if graph.nodes[index].op != Op::Quantize {
        return None;
    }
    let Source::Activation(integers) = source(graph, graph.nodes[index].inputs[0])? else {
        return None;
    };
    let output = graph.nodes[index].output();
    if graph.affine(integers) != graph.affine(output) || graph.outputs.contains(&output) {
        let node = &mut graph.nodes[index];
        node.op = Op::Requantize;
        node.inputs = vec![integers];
        return None;
    }
    graph.replace_reads(output, integers);
    graph.nodes.remove(index);
    Some(())
}

/// Lets float inputs that are only quantised, and float outputs that were only dequantised, be
/// int8: the caller knows their scale from the package.
fn absorb_ports(graph: &mut Graph) {
    for port in 0..graph.inputs.len() {
        let Some(consumer) = graph.sole_consumer(graph.inputs[port]) else {
            continue;
        };
        let output = graph.nodes[consumer].output();
        let is_used = graph.consumers(output).any(|node| node.op != Op::FlipSign);
        if graph.nodes[consumer].op == Op::Quantize && is_used && !graph.outputs.contains(&output) {
            let id = graph.inputs[port];
            let affine = graph.affine(output);
            mark(graph, id, affine);
            graph.replace_reads(output, id);
            graph.nodes.remove(consumer);
        }
    }
    for port in 0..graph.outputs.len() {
        let id = graph.outputs[port];
        let Some(producer) = graph.producer(id) else {
            continue;
        };
        let input = graph.nodes[producer].inputs[0];
        let is_computed = graph
            .producer(input)
            .is_some_and(|writer| graph.nodes[writer].op != Op::FlipSign);
        let is_own = is_computed && !graph.outputs.contains(&input);
        if graph.nodes[producer].op == Op::Dequantize && is_own && graph.use_count(id) == 1 {
            let affine = graph.affine(input);
            mark(graph, id, affine);
            graph.nodes.remove(producer);
            // The integers take the output's name.
            if let Some(writer) = graph.producer(input) {
                for output in &mut graph.nodes[writer].outputs {
                    if *output == input {
                        *output = id;
                    }
                }
            }
            graph.replace_reads(input, id);
        }
    }
}

fn mark(graph: &mut Graph, id: TensorId, affine: Option<Affine>) {
    let tensor = &mut graph.tensors[id.0];
    tensor.element = ElementType::I8;
    tensor.affine = affine;
}
