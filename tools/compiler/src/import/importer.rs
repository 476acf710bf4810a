use std::collections::{HashMap, HashSet};

use cadet_format::MAX_RANK;
use tract_onnx::pb;

use super::facts::{Fact, Inference};
use super::node::{OnnxNode, Refusal};
use super::quantised::dequantised_constants;
use crate::error::UnsupportedNode;
use crate::ir::{ElementType, Graph, Integers, Node, Op, Tensor, TensorId, Values};

/// Most elements of a tensor: packages count bytes in u32.
const MAX_ELEMENTS: usize = 1 << 29;

/// The graph under construction.
pub(super) struct Importer {
    pub(super) graph: Graph,
    inference: Inference,
    facts: HashMap<String, Fact>,
    ids: HashMap<String, TensorId>,
    /// The integers behind constants of quantised models.
    integers: HashMap<String, Integers>,
    /// Tensors whose shape is unknown because a node before them is not supported.
    unknown: HashSet<String>,
}

impl Importer {
    pub(super) fn new(proto: &pb::GraphProto, inference: Inference) -> Importer {
        let facts = inference.facts();
        Importer {
            graph: Graph {
                name: proto.name.clone(),
                ..Graph::default()
            },
            integers: dequantised_constants(proto, &facts),
            facts,
            inference,
            ids: HashMap::new(),
            unknown: HashSet::new(),
        }
    }

    /// Whether a tensor's values are known before anything runs.
    pub(super) fn is_constant(&self, name: &str) -> bool {
        self.facts
            .get(name)
            .is_some_and(|fact| fact.values.is_some())
    }

    /// Declares the element type and shape of a node's output by the operator's definition, for
    /// operators that tract may not know; what tract knows stays.
    pub(super) fn declare(&mut self, name: &str, element: ElementType, shape: &[usize]) {
        let known = self.facts.get(name);
        if known.is_none_or(|fact| fact.element.is_none() || fact.shape().is_none()) {
            self.inference
                .declare(name, element, shape, &mut self.facts);
        }
    }

    /// The id of a tensor, which is added on first use.
    pub(super) fn tensor(&mut self, name: &str) -> Result<TensorId, Refusal> {
        if let Some(&id) = self.ids.get(name) {
            return Ok(id);
        }
        let fact = self.facts.get(name).cloned().unwrap_or_default();
        let Some(shape) = fact.shape() else {
            return Err(Refusal::new(
                format!("the shape {} of `{name}` is not static", fact.describe()),
                "fix the model's input shapes, or export it with static ones",
            ));
        };
        if shape.len() > MAX_RANK {
            let rank = shape.len();
            return Err(Refusal::new(
                format!("`{name}` has {rank} dimensions, more than {MAX_RANK}"),
                "join some of its dimensions",
            ));
        }
        let len = shape
            .iter()
            .try_fold(1_usize, |len, &extent| len.checked_mul(extent));
        if len.is_none_or(|len| len > MAX_ELEMENTS) {
            return Err(Refusal::new(
                format!("the shape {} of `{name}` is too large", fact.describe()),
                "compile a smaller model",
            ));
        }
        let Some(element) = fact.element else {
            return Err(Refusal::new(
                format!("the element type of `{name}` is not supported"),
                "export the model in float32",
            ));
        };
        let id = self.graph.add_tensor(Tensor {
            values: fact.values,
            integers: self.integers.remove(name),
            ..Tensor::activation(name.into(), element, shape)
        });
        self.ids.insert(name.into(), id);
        Ok(id)
    }

    /// An input that must be present.
    pub(super) fn input(&mut self, node: &OnnxNode<'_>, index: usize) -> Result<TensorId, Refusal> {
        match node.input(index) {
            Some(name) => self.tensor(name),
            None => Err(Refusal::new(
                format!("input {index} is missing"),
                "the model is malformed; check it with onnx.checker",
            )),
        }
    }

    /// A float input that must be present.
    pub(super) fn float_input(
        &mut self,
        node: &OnnxNode<'_>,
        index: usize,
    ) -> Result<TensorId, Refusal> {
        let id = self.input(node, index)?;
        let tensor = self.graph.tensor(id);
        if tensor.element == ElementType::F32 {
            return Ok(id);
        }
        Err(Refusal::new(
            format!("input `{}` is {:?}, not F32", tensor.name, tensor.element),
            "export the model in float32",
        ))
    }

    /// A float input that must be a constant.
    pub(super) fn constant_input(
        &mut self,
        node: &OnnxNode<'_>,
        index: usize,
    ) -> Result<TensorId, Refusal> {
        let id = self.float_input(node, index)?;
        if self.graph.constant_f32(id).is_some() {
            return Ok(id);
        }
        let name = &self.graph.tensor(id).name;
        Err(Refusal::new(
            format!("input {index} (`{name}`) is computed at run time"),
            "make it a constant of the model",
        ))
    }

    /// The values of an integer input that must be a constant.
    pub(super) fn integers(
        &mut self,
        node: &OnnxNode<'_>,
        index: usize,
    ) -> Result<Vec<i64>, Refusal> {
        let id = self.input(node, index)?;
        match &self.graph.tensor(id).values {
            Some(Values::I64(values)) => Ok(values.clone()),
            _ => Err(Refusal::new(
                format!("input {index} is not a constant list of integers"),
                "make it a constant of the model",
            )),
        }
    }

    /// The extents in an integer input that must be a constant.
    pub(super) fn sizes(
        &mut self,
        node: &OnnxNode<'_>,
        index: usize,
    ) -> Result<Vec<usize>, Refusal> {
        let values = self.integers(node, index)?;
        let sizes = values.iter().map(|&value| usize::try_from(value).ok());
        let sizes = sizes.collect::<Option<Vec<usize>>>();
        sizes.ok_or_else(|| Refusal::malformed(format!("input {index} is {values:?}")))
    }

    /// The values of a float input that must be a constant.
    pub(super) fn floats(
        &mut self,
        node: &OnnxNode<'_>,
        index: usize,
    ) -> Result<Vec<f32>, Refusal> {
        let id = self.constant_input(node, index)?;
        Ok(self.graph.constant_f32(id).unwrap_or(&[]).to_vec())
    }

    /// An input that must be present and of one of some types.
    pub(super) fn input_of(
        &mut self,
        node: &OnnxNode<'_>,
        index: usize,
        elements: &[ElementType],
    ) -> Result<TensorId, Refusal> {
        let id = self.input(node, index)?;
        let tensor = self.graph.tensor(id);
        if elements.contains(&tensor.element) {
            return Ok(id);
        }
        Err(Refusal::new(
            format!(
                "input `{}` is {:?}, not one of {elements:?}",
                tensor.name, tensor.element
            ),
            "cast it to such a type",
        ))
    }

    /// A constant of one element; `value` is whole where `element` is an integer.
    pub(super) fn scalar(
        &mut self,
        node: &OnnxNode<'_>,
        element: ElementType,
        value: f32,
    ) -> TensorId {
        let values = match element {
            ElementType::F32 => Values::F32(vec![value]),
            _ => Values::I64(vec![value as i64]),
        };
        let name = format!("{} {value}", node.name());
        self.graph.add_tensor(Tensor {
            values: Some(values),
            ..Tensor::activation(name, element, Vec::new())
        })
    }

    /// A constant list of indices.
    pub(super) fn indices(&mut self, node: &OnnxNode<'_>, indices: &[usize]) -> TensorId {
        let name = format!("{} indices", node.name());
        let values = indices.iter().map(|&index| index as i64).collect();
        self.integer_constant(name, ElementType::I32, vec![indices.len()], values)
    }

    /// Gives a node's output values that do not depend on the model's inputs.
    pub(super) fn set_constant(&mut self, name: &str, values: Values) -> Result<(), Refusal> {
        let id = self.tensor(name)?;
        self.graph.tensors[id.0].values = Some(values);
        Ok(())
    }

    /// Checks that the last node's output holds as many elements as its attributes say.
    pub(super) fn expect_output_len(&self, len: usize) -> Result<(), Refusal> {
        let output = self.graph.nodes.last().map(Node::output);
        let shape = output.map_or(&[][..], |id| self.graph.shape(id));
        if shape.iter().product::<usize>() == len {
            return Ok(());
        }
        Err(Refusal::new(
            format!("its attributes give {len} outputs, its output shape is {shape:?}"),
            "the model is malformed; check it with onnx.checker",
        ))
    }

    /// Adds a node with the ONNX node's name and first output, which must be the only one.
    pub(super) fn emit(
        &mut self,
        node: &OnnxNode<'_>,
        op: Op,
        inputs: Vec<TensorId>,
    ) -> Result<(), Refusal> {
        node.expect_outputs(1)?;
        let output = self.tensor(&node.proto.output[0])?;
        self.push(node, op, inputs, vec![output]);
        Ok(())
    }

    /// Adds a node whose outputs its operator defines, by element type and shape. Outputs that the
    /// model does not name are new tensors.
    pub(super) fn define(
        &mut self,
        node: &OnnxNode<'_>,
        op: Op,
        inputs: Vec<TensorId>,
        outputs: &[(ElementType, &[usize])],
    ) -> Result<(), Refusal> {
        node.expect_outputs(outputs.len())?;
        if outputs.iter().any(|(_, shape)| shape.contains(&0)) {
            return Err(Refusal::malformed("it has an output without elements"));
        }
        let outputs = outputs.iter().enumerate();
        let outputs =
            outputs.map(|(index, &(element, shape))| self.output(node, index, element, shape));
        let outputs = outputs.collect::<Result<_, _>>()?;
        self.push(node, op, inputs, outputs);
        Ok(())
    }

    /// Adds a constant of integers.
    pub(super) fn integer_constant(
        &mut self,
        name: String,
        element: ElementType,
        shape: Vec<usize>,
        values: Vec<i64>,
    ) -> TensorId {
        self.graph.add_tensor(Tensor {
            values: Some(Values::I64(values)),
            ..Tensor::activation(name, element, shape)
        })
    }

    /// Adds a node with the ONNX node's name.
    pub(super) fn push(
        &mut self,
        node: &OnnxNode<'_>,
        op: Op,
        inputs: Vec<TensorId>,
        outputs: Vec<TensorId>,
    ) {
        self.graph.nodes.push(Node {
            name: node.name().into(),
            op,
            inputs,
            outputs,
        });
    }

    /// Adds a node that the ONNX node is made of, and gives its output, a new tensor.
    pub(super) fn part(
        &mut self,
        node: &OnnxNode<'_>,
        part: &str,
        op: Op,
        inputs: Vec<TensorId>,
        (element, shape): (ElementType, Vec<usize>),
    ) -> TensorId {
        let name = format!("{} {part}", node.name());
        let output = self
            .graph
            .add_tensor(Tensor::activation(name, element, shape));
        self.push(node, op, inputs, vec![output]);
        output
    }

    /// Output `index` of a node, whose type and shape the operator defines; a tensor that nothing reads
    /// where the model does not name it.
    pub(super) fn output(
        &mut self,
        node: &OnnxNode<'_>,
        index: usize,
        element: ElementType,
        shape: &[usize],
    ) -> Result<TensorId, Refusal> {
        let Some(name) = node.output(index) else {
            let name = format!("{} output {index}", node.name());
            let tensor = Tensor::activation(name, element, shape.to_vec());
            return Ok(self.graph.add_tensor(tensor));
        };
        self.declare(name, element, shape);
        let id = self.tensor(name)?;
        let tensor = self.graph.tensor(id);
        if tensor.element == element && tensor.shape == shape {
            return Ok(id);
        }
        Err(Refusal::new(
            format!(
                "its output `{name}` is {:?} {:?}, not {element:?} {shape:?}",
                tensor.element, tensor.shape
            ),
            "the model is malformed; check it with onnx.checker",
        ))
    }

    /// Memory that a step works in.
    pub(super) fn scratch(&mut self, node: &OnnxNode<'_>, shape: Vec<usize>) -> TensorId {
        let name = format!("{} scratch", node.name());
        let tensor = Tensor::activation(name, ElementType::F32, shape);
        self.graph.add_tensor(tensor)
    }

    /// The same elements in another shape.
    pub(super) fn reshaped(
        &mut self,
        node: &OnnxNode<'_>,
        id: TensorId,
        shape: Vec<usize>,
    ) -> Result<TensorId, Refusal> {
        let tensor = self.graph.tensor(id);
        if tensor.shape == shape {
            return Ok(id);
        }
        if tensor.len() != shape.iter().product::<usize>() {
            return Err(Refusal::new(
                format!("`{}` is {:?}, not {shape:?}", tensor.name, tensor.shape),
                "the model is malformed; check it with onnx.checker",
            ));
        }
        if tensor.values.is_some() {
            let tensor = Tensor {
                shape,
                ..tensor.clone()
            };
            return Ok(self.graph.add_tensor(tensor));
        }
        let (part, element) = (format!("({})", tensor.name), tensor.element);
        Ok(self.part(node, &part, Op::Reshape, vec![id], (element, shape)))
    }

    /// Notes a node that was refused; `None` where that only follows from an earlier refusal.
    pub(super) fn refuse(
        &mut self,
        node: &OnnxNode<'_>,
        is_known: bool,
        refusal: Refusal,
    ) -> Option<UnsupportedNode> {
        let follows = node
            .proto
            .input
            .iter()
            .any(|name| self.unknown.contains(name));
        let outputs = node.proto.output.iter().filter(|name| !name.is_empty());
        for name in outputs {
            if self
                .facts
                .get(name)
                .is_none_or(|fact| fact.shape().is_none())
            {
                self.unknown.insert(name.clone());
            }
        }
        if follows && is_known {
            return None;
        }
        let describe = |names: &[String]| {
            let names = names.iter().filter(|name| !name.is_empty());
            names
                .map(|name| self.facts.get(name).map_or("?".into(), Fact::describe))
                .collect()
        };
        Some(UnsupportedNode {
            name: node.name().into(),
            op: node.proto.op_type.clone(),
            domain: node.proto.domain.clone(),
            input_shapes: describe(&node.proto.input),
            output_shapes: describe(&node.proto.output),
            reason: refusal.reason,
            suggestion: refusal.suggestion,
        })
    }
}
