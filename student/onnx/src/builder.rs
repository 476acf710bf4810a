use prost::Message;

use crate::proto::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorProto,
};
use crate::tensor::{constant, value_info};
use crate::{Attribute, Dim, ElementType};

/// Version of the ONNX file format written.
pub const IR_VERSION: i64 = 8;
/// Version of the standard operator set that nodes are read as.
pub const OPSET_VERSION: i64 = 17;

/// Builds one model, node by node, in topological order.
///
/// ```
/// use cadet_onnx::{ElementType, GraphBuilder};
///
/// let mut graph = GraphBuilder::new("scaled");
/// graph.input("x", ElementType::F32, [1, 4]);
/// graph.constant_f32("scale", &[1], &[0.5]);
/// graph.node("Mul", "mul", &["x", "scale"], &["y"]);
/// graph.output("y", ElementType::F32, [1, 4]);
/// assert!(!graph.encode().is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct GraphBuilder {
    graph: GraphProto,
    metadata: Vec<StringStringEntryProto>,
}

impl GraphBuilder {
    /// An empty graph.
    pub fn new(name: &str) -> Self {
        let graph = GraphProto {
            name: Some(name.into()),
            ..Default::default()
        };
        Self {
            graph,
            metadata: Vec::new(),
        }
    }

    /// Declares an input.
    pub fn input<D: Into<Dim>>(
        &mut self,
        name: &str,
        element: ElementType,
        shape: impl IntoIterator<Item = D>,
    ) -> &mut Self {
        let shape = shape.into_iter().map(Into::into).collect();
        self.graph.input.push(value_info(name, element, shape));
        self
    }

    /// Declares an output; its name is one that a node writes.
    pub fn output<D: Into<Dim>>(
        &mut self,
        name: &str,
        element: ElementType,
        shape: impl IntoIterator<Item = D>,
    ) -> &mut Self {
        let shape = shape.into_iter().map(Into::into).collect();
        self.graph.output.push(value_info(name, element, shape));
        self
    }

    /// Adds an f32 constant. Panics where `values` does not fill `shape`, as its siblings do.
    pub fn constant_f32(&mut self, name: &str, shape: &[usize], values: &[f32]) -> &mut Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, ElementType::F32, shape, values.len(), bytes.collect())
    }

    /// Adds an i64 constant.
    pub fn constant_i64(&mut self, name: &str, shape: &[usize], values: &[i64]) -> &mut Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, ElementType::I64, shape, values.len(), bytes.collect())
    }

    /// Adds an i32 constant.
    pub fn constant_i32(&mut self, name: &str, shape: &[usize], values: &[i32]) -> &mut Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, ElementType::I32, shape, values.len(), bytes.collect())
    }

    /// Adds an i8 constant.
    pub fn constant_i8(&mut self, name: &str, shape: &[usize], values: &[i8]) -> &mut Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, ElementType::I8, shape, values.len(), bytes.collect())
    }

    /// Adds a u8 constant.
    pub fn constant_u8(&mut self, name: &str, shape: &[usize], values: &[u8]) -> &mut Self {
        self.constant(name, ElementType::U8, shape, values.len(), values.to_vec())
    }

    fn constant(
        &mut self,
        name: &str,
        element: ElementType,
        shape: &[usize],
        count: usize,
        raw_data: Vec<u8>,
    ) -> &mut Self {
        assert_eq!(
            shape.iter().product::<usize>(),
            count,
            "constant `{name}`: the shape {shape:?} does not hold {count} values"
        );
        let tensor: TensorProto = constant(name, element, shape, raw_data);
        self.graph.initializer.push(tensor);
        self
    }

    /// Adds a node of the standard domain; attributes follow by [`NodeBuilder::attribute`].
    pub fn node(
        &mut self,
        op_type: &str,
        name: &str,
        inputs: &[&str],
        outputs: &[&str],
    ) -> NodeBuilder<'_> {
        self.graph.node.push(NodeProto {
            op_type: Some(op_type.into()),
            name: Some(name.into()),
            input: inputs.iter().map(|&input| input.into()).collect(),
            output: outputs.iter().map(|&output| output.into()).collect(),
            ..Default::default()
        });
        let last = self.graph.node.len() - 1;
        NodeBuilder {
            node: &mut self.graph.node[last],
        }
    }

    /// Adds an entry to the model's `metadata_props`.
    pub fn metadata(&mut self, key: &str, value: &str) -> &mut Self {
        self.metadata.push(StringStringEntryProto {
            key: Some(key.into()),
            value: Some(value.into()),
        });
        self
    }

    /// The model as a message.
    pub fn model(&self) -> ModelProto {
        ModelProto {
            ir_version: Some(IR_VERSION),
            producer_name: Some("cadet".into()),
            producer_version: Some(env!("CARGO_PKG_VERSION").into()),
            graph: Some(self.graph.clone()),
            opset_import: vec![OperatorSetIdProto {
                domain: Some(String::new()),
                version: Some(OPSET_VERSION),
            }],
            metadata_props: self.metadata.clone(),
        }
    }

    /// The bytes of the `.onnx` file.
    pub fn encode(&self) -> Vec<u8> {
        self.model().encode_to_vec()
    }
}

/// A node just added to a graph.
#[derive(Debug)]
pub struct NodeBuilder<'a> {
    node: &'a mut NodeProto,
}

impl NodeBuilder<'_> {
    /// Sets an attribute.
    pub fn attribute(self, name: &str, value: impl Into<Attribute>) -> Self {
        self.node.attribute.push(value.into().into_proto(name));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> GraphBuilder {
        let mut graph = GraphBuilder::new("sample");
        graph.input("x", ElementType::F32, ["N".into(), Dim::Fixed(3)]);
        graph.constant_f32("w", &[3, 2], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        graph.constant_i8("zero", &[1], &[-128]);
        graph
            .node("Gemm", "dense", &["x", "w"], &["y"])
            .attribute("alpha", 1.0)
            .attribute("transB", 0);
        graph.output("y", ElementType::F32, ["N".into(), Dim::Fixed(2)]);
        graph.metadata("cadet.teacher", "none");
        graph
    }

    #[test]
    fn decodes_to_what_was_built() {
        let graph = sample();
        let model = ModelProto::decode(graph.encode().as_slice()).unwrap();
        assert_eq!(model, graph.model());
        assert_eq!(model.ir_version, Some(IR_VERSION));
        assert_eq!(model.opset_import[0].version, Some(OPSET_VERSION));
        assert_eq!(model.metadata_props[0].key(), "cadet.teacher");
    }

    #[test]
    fn constants_are_little_endian() {
        let model = sample().model();
        let graph = model.graph.unwrap();
        let raw = graph.initializer[0].raw_data.as_deref().unwrap();
        assert_eq!(raw[4..8], [0x00, 0x00, 0x80, 0x3f]);
        assert_eq!(graph.initializer[1].raw_data.as_deref(), Some(&[0x80][..]));
    }

    #[test]
    #[should_panic(expected = "constant `w`: the shape [2, 2] does not hold 3 values")]
    fn rejects_a_constant_that_does_not_fill_its_shape() {
        GraphBuilder::new("bad").constant_f32("w", &[2, 2], &[1.0, 2.0, 3.0]);
    }
}
