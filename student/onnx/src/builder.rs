use prost::Message;

use crate::proto::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorProto,
};
use crate::tensor::{constant, value_info};
use crate::{Attribute, Dim, ElementType};

/// Version of the ONNX file format written, unless told otherwise.
pub const IR_VERSION: i64 = 8;
/// Version of the standard operator set that nodes are read as, unless told otherwise.
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
    model: ModelProto,
}

impl GraphBuilder {
    /// An empty graph in [`IR_VERSION`] and [`OPSET_VERSION`].
    pub fn new(name: &str) -> Self {
        Self::with_versions(name, IR_VERSION, OPSET_VERSION)
    }

    /// An empty graph for another version of the standard operators, and the version of the file
    /// format that came with it.
    pub fn with_versions(name: &str, ir_version: i64, opset_version: i64) -> Self {
        let graph = GraphProto {
            name: Some(name.into()),
            ..Default::default()
        };
        Self {
            model: ModelProto {
                ir_version: Some(ir_version),
                producer_name: Some("cadet".into()),
                producer_version: Some(env!("CARGO_PKG_VERSION").into()),
                graph: Some(graph),
                opset_import: vec![OperatorSetIdProto {
                    domain: Some(String::new()),
                    version: Some(opset_version),
                }],
                metadata_props: Vec::new(),
            },
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
        self.graph().input.push(value_info(name, element, shape));
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
        self.graph().output.push(value_info(name, element, shape));
        self
    }

    /// Adds an f32 constant. Panics where `values` does not fill `shape`, as its siblings do.
    pub fn constant_f32(&mut self, name: &str, shape: &[usize], values: &[f32]) -> &mut Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, ElementType::F32, shape, values.len(), bytes.collect())
    }

    /// Adds the f32 constant `[columns, rows]` that is the transpose of `values`, `[rows, columns]`.
    pub fn constant_f32_transposed(
        &mut self,
        name: &str,
        [rows, columns]: [usize; 2],
        values: &[f32],
    ) -> &mut Self {
        let mut bytes = Vec::with_capacity(4 * values.len());
        for first in 0..columns {
            let column = values.iter().skip(first).step_by(columns);
            bytes.extend(column.flat_map(|value| value.to_le_bytes()));
        }
        let shape = [columns, rows];
        self.constant(name, ElementType::F32, &shape, values.len(), bytes)
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
        self.graph().initializer.push(tensor);
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
        let nodes = &mut self.graph().node;
        nodes.push(NodeProto {
            op_type: Some(op_type.into()),
            name: Some(name.into()),
            input: inputs.iter().map(|&input| input.into()).collect(),
            output: outputs.iter().map(|&output| output.into()).collect(),
            ..Default::default()
        });
        let last = nodes.len() - 1;
        NodeBuilder {
            node: &mut nodes[last],
        }
    }

    /// Adds an entry to the model's `metadata_props`.
    pub fn metadata(&mut self, key: &str, value: &str) -> &mut Self {
        self.model.metadata_props.push(StringStringEntryProto {
            key: Some(key.into()),
            value: Some(value.into()),
        });
        self
    }

    fn graph(&mut self) -> &mut GraphProto {
        self.model.graph.get_or_insert_default()
    }

    /// The model as a message.
    pub fn model(&self) -> ModelProto {
        self.model.clone()
    }

    /// The bytes of the `.onnx` file.
    pub fn encode(&self) -> Vec<u8> {
        self.model.encode_to_vec()
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
    fn transposes_a_constant() {
        let mut graph = GraphBuilder::with_versions("transposed", 11, 23);
        graph.constant_f32_transposed("w", [2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let mut plain = GraphBuilder::with_versions("transposed", 11, 23);
        plain.constant_f32("w", &[3, 2], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        assert_eq!(graph.model(), plain.model());
        assert_eq!(plain.model().opset_import[0].version, Some(23));
    }

    #[test]
    #[should_panic(expected = "constant `w`: the shape [2, 2] does not hold 3 values")]
    fn rejects_a_constant_that_does_not_fill_its_shape() {
        GraphBuilder::new("bad").constant_f32("w", &[2, 2], &[1.0, 2.0, 3.0]);
    }
}
