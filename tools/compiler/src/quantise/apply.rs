use std::collections::{BTreeSet, HashMap};

use crate::ir::{Affine, ElementType, Graph, Int8Rule, Node, Op, Tensor, TensorId};

/// Turns the float activations of a graph into int8, where operators have int8 kernels: `ranges`
/// gives least and greatest value of each tensor. Between integer and float steps come
/// `Quantize` and `Dequantize`. The nodes named in `kept_float` stay in floats, and so do inputs that
/// only they read.
pub(crate) fn apply(graph: &mut Graph, ranges: &[(f32, f32)], kept_float: &BTreeSet<String>) {
    let affines = ranges.iter();
    let affines = affines.map(|&(min, max)| Affine::covering(min, max));
    let mut quantiser = Quantiser {
        affines: affines.collect(),
        nodes: Vec::with_capacity(graph.nodes.len()),
        copies: HashMap::new(),
        kept_float,
        graph,
    };
    for id in quantiser.graph.inputs.clone() {
        let is_float = quantiser.graph.tensor(id).element == ElementType::F32;
        if is_float && quantiser.is_wanted(id) {
            quantiser.mark(id, quantiser.affines[id.0]);
        }
    }
    for node in std::mem::take(&mut quantiser.graph.nodes) {
        quantiser.node(node);
    }
    let nodes = quantiser.nodes;
    graph.nodes = nodes;
    super::integers_of_layers(graph);
}

struct Quantiser<'a> {
    graph: &'a mut Graph,
    kept_float: &'a BTreeSet<String>,
    /// Scale and zero point of each tensor by its range.
    affines: Vec<Affine>,
    nodes: Vec<Node>,
    /// Copies of activations as another type, or with another affine.
    copies: HashMap<(TensorId, Option<[u32; 2]>), TensorId>,
}

impl Quantiser<'_> {
    /// Whether a step wants the integers of a float tensor, or nothing reads it.
    fn is_wanted(&self, id: TensorId) -> bool {
        let mut readers = self.graph.consumers(id).peekable();
        let is_port = self.graph.outputs.contains(&id);
        is_port
            || readers.peek().is_none()
            || readers.any(|node| match node.op.int8_rule() {
                _ if self.kept_float.contains(&node.name) => false,
                Int8Rule::Moves => self.is_wanted(node.output()),
                Int8Rule::Kernel | Int8Rule::Fixed(_) | Int8Rule::Quantised => true,
                Int8Rule::Float => false,
            })
    }

    fn node(&mut self, mut node: Node) {
        let is_float = |id: TensorId, graph: &Graph| graph.tensor(id).element == ElementType::F32;
        let rule = match node.op.int8_rule() {
            // What calculates with integers or booleans goes on doing so.
            Int8Rule::Kernel | Int8Rule::Fixed(_) if !is_float(node.output(), self.graph) => {
                Int8Rule::Float
            }
            _ if self.kept_float.contains(&node.name) => Int8Rule::Float,
            rule => rule,
        };
        match rule {
            Int8Rule::Kernel => {
                self.integer_inputs(&mut node);
                self.mark(node.output(), self.affines[node.output().0]);
            }
            Int8Rule::Fixed(affine) => {
                self.integer_inputs(&mut node);
                self.mark(node.output(), affine);
            }
            Int8Rule::Moves => {
                // What comes from a float step stays float until an integer step needs it.
                let is_integer = |&id: &TensorId| self.graph.affine(id).is_some();
                if node.inputs.iter().any(is_integer) {
                    self.moved(&mut node);
                }
            }
            Int8Rule::Float => {
                for index in 0..node.inputs.len() {
                    if self.graph.affine(node.inputs[index]).is_some() {
                        node.inputs[index] = self.copy(node.inputs[index], None);
                    }
                }
            }
            Int8Rule::Quantised => {}
        }
        self.nodes.push(node);
    }

    /// Makes a tensor int8.
    fn mark(&mut self, id: TensorId, affine: Affine) {
        let tensor = &mut self.graph.tensors[id.0];
        tensor.element = ElementType::I8;
        tensor.affine = Some(affine);
    }

    /// Makes every float operand of a step int8, but for the weights of a layer.
    fn integer_inputs(&mut self, node: &mut Node) {
        let operands = if node.op.is_layer() {
            1
        } else {
            node.inputs.len()
        };
        for index in 0..operands {
            let id = node.inputs[index];
            if self.graph.tensor(id).element != ElementType::F32 {
                continue;
            }
            node.inputs[index] = match self.graph.constant_f32(id) {
                Some(_) => self.constant(id, None),
                None => self.copy(id, Some(self.affines[id.0])),
            };
        }
    }

    /// A step whose operands share one affine: that of its only input with real values, or where there
    /// are several, that of its output's range.
    fn moved(&mut self, node: &mut Node) {
        let graph = &self.graph;
        let is_real = |&id: &TensorId| {
            let tensor = graph.tensor(id);
            tensor.affine.is_some() || tensor.element == ElementType::F32
        };
        let reals: Vec<TensorId> = node.inputs.iter().copied().filter(is_real).collect();
        let affine = match reals[..] {
            [only] => graph.affine(only),
            _ => None,
        };
        let affine = affine.unwrap_or(self.affines[node.output().0]);
        for index in 0..node.inputs.len() {
            let id = node.inputs[index];
            let tensor = self.graph.tensor(id);
            if tensor.affine == Some(affine) {
                continue;
            }
            if tensor.affine.is_some()
                || (tensor.element == ElementType::F32 && tensor.values.is_none())
            {
                node.inputs[index] = self.copy(id, Some(affine));
            } else if tensor.element == ElementType::F32 {
                node.inputs[index] = self.constant(id, Some(affine));
            }
        }
        for &output in &node.outputs {
            if self.graph.tensor(output).element == ElementType::F32 {
                self.mark(output, affine);
            }
        }
    }

    /// A constant as int8.
    fn constant(&mut self, id: TensorId, affine: Option<Affine>) -> TensorId {
        let constant = super::integer_constant(self.graph, id, affine);
        self.affines
            .resize(self.graph.tensors.len(), self.affines[id.0]);
        constant
    }

    /// An activation as floats, or as int8 with `affine`.
    fn copy(&mut self, id: TensorId, affine: Option<Affine>) -> TensorId {
        let bits = affine.map(|affine| [affine.scale.to_bits(), affine.zero_point as u32]);
        if let Some(&copy) = self.copies.get(&(id, bits)) {
            return copy;
        }
        let source = self.graph.tensor(id).clone();
        let (op, element) = match (source.affine, affine) {
            (_, None) => (Op::Dequantize, ElementType::F32),
            (None, Some(_)) => (Op::Quantize, ElementType::I8),
            (Some(_), Some(_)) => (Op::Requantize, ElementType::I8),
        };
        let name = format!("{} ({})", source.name, op.name());
        let kept = affine.unwrap_or(self.affines[id.0]);
        let tensor = Tensor {
            name: name.clone(),
            element,
            affine,
            ..source
        };
        let copy = self.add(tensor, kept);
        self.nodes.push(Node {
            name,
            op,
            inputs: vec![id],
            outputs: vec![copy],
        });
        self.copies.insert((id, bits), copy);
        copy
    }

    fn add(&mut self, tensor: Tensor, affine: Affine) -> TensorId {
        self.affines.push(affine);
        self.graph.add_tensor(tensor)
    }
}
