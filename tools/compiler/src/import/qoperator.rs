//! Operators on integers of models in QOperator form, ONNX Runtime's domain `com.microsoft` included,
//! as the same operator on reals between `DequantizeLinear` and `QuantizeLinear`, which a pass turns
//! into integer steps.

use tract_onnx::pb;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;

/// Where the inputs of an operator on integers are.
struct Form {
    /// The operator on reals.
    op: &'static str,
    /// Inputs that are followed by their scale and zero point.
    integers: &'static [usize],
    /// The bias, whose scale is the product of those of the integers.
    bias: Option<usize>,
    /// The output's scale, followed by its zero point.
    output: usize,
}

/// `QLinearConv`, `QLinearMatMul` (ONNX 10 to 21) and operators of `com.microsoft`, version 1.
fn form(node: &pb::NodeProto) -> Option<Form> {
    let form = |op, integers, bias, output| {
        Some(Form {
            op,
            integers,
            bias,
            output,
        })
    };
    let is_standard = matches!(node.domain.as_str(), "" | "ai.onnx");
    match (node.op_type.as_str(), node.domain.as_str()) {
        ("QLinearConv", _) if is_standard => form("Conv", &[0, 3], Some(8), 6),
        ("QLinearMatMul", _) if is_standard => form("MatMul", &[0, 3], None, 6),
        (_, domain) if domain != "com.microsoft" => None,
        ("QGemm", _) => form("Gemm", &[0, 3], Some(6), 7),
        ("QLinearAdd", _) => form("Add", &[0, 3], None, 6),
        ("QLinearMul", _) => form("Mul", &[0, 3], None, 6),
        ("QLinearSigmoid", _) => form("Sigmoid", &[0], None, 3),
        ("QLinearLeakyRelu", _) => form("LeakyRelu", &[0], None, 3),
        ("QLinearSoftmax", _) => form("Softmax", &[0], None, 3),
        ("QLinearAveragePool", _) => form("AveragePool", &[0], None, 3),
        ("QLinearGlobalAveragePool", _) => form("GlobalAveragePool", &[0], None, 3),
        ("QLinearConcat", _) => form("Concat", &[], None, 0),
        ("QLinearWhere", _) => form("Where", &[1, 4], None, 7),
        _ => None,
    }
}

/// Expands every operator on integers of a graph. Those that say something else than the operator on
/// reals, or leave out the output's zero point and so its type, stay, to be refused by name.
pub(super) fn expand(graph: &mut pb::GraphProto, opset: i64) {
    for node in std::mem::take(&mut graph.node) {
        match form(&node).filter(|form| is_plain(&node, form, opset)) {
            Some(form) => Expansion { graph, node: &node }.expand(&form),
            None => graph.node.push(node),
        }
    }
}

fn is_plain(node: &pb::NodeProto, form: &Form, opset: i64) -> bool {
    let attribute = |name: &str, default: i64| {
        let mut attributes = node.attribute.iter();
        let found = attributes.find(|attribute| attribute.name == name);
        found.map_or(default, |attribute| attribute.i)
    };
    // `Softmax` flattens before opset 13.
    let is_same_softmax = (attribute("opset", opset) < 13) == (opset < 13);
    attribute("channels_last", 0) == 0
        && (form.op != "Softmax" || is_same_softmax)
        && (input(node, form.output).is_none() || input(node, form.output + 1).is_some())
}

fn input(node: &pb::NodeProto, index: usize) -> Option<&str> {
    let name = node.input.get(index)?;
    (!name.is_empty()).then_some(name)
}

struct Expansion<'a> {
    graph: &'a mut pb::GraphProto,
    node: &'a pb::NodeProto,
}

impl Expansion<'_> {
    fn expand(&mut self, form: &Form) {
        let node = self.node;
        // All but the first two of a concatenation's inputs are triples.
        let pieces: Vec<usize> = (2..node.input.len()).step_by(3).collect();
        let is_concat = form.op == "Concat";
        let integers = if is_concat { &pieces } else { form.integers };
        let alpha = node.attribute.iter().find(|a| a.name == "alpha");
        let alpha = alpha.filter(|_| form.op == "Gemm").map(|alpha| alpha.f);

        let mut inputs: Vec<String> = match form.op {
            "Where" => node.input.iter().take(1).cloned().collect(),
            _ => Vec::new(),
        };
        let mut scales = Vec::new();
        for &index in integers {
            let mut scale = node.input.get(index + 1).cloned().unwrap_or_default();
            if let Some(alpha) = alpha.filter(|_| index > 0) {
                scale = self.scaled(&scale, alpha);
            }
            let zero_point = input(node, index + 2).map(str::to_string);
            let axis = axis(form.op, index, node);
            inputs.push(self.dequantised(index, scale.clone(), zero_point, axis));
            scales.push(scale);
        }
        if let Some(bias) = form.bias.filter(|&index| input(node, index).is_some()) {
            let scale = self.part("Mul", "bias scale", scales);
            inputs.push(self.dequantised(bias, scale, None, 0));
        }
        let output = node.output.first().cloned().unwrap_or_default();
        let quantiser = node.input.get(form.output..).unwrap_or_default();
        // `QGemm` without a scale of its output gives reals.
        let is_quantised = input(node, form.output).is_some();
        let real = if is_quantised {
            format!("{output} (real)")
        } else {
            output.clone()
        };
        let own = |attribute: &&pb::AttributeProto| match attribute.name.as_str() {
            "channels_last" | "opset" => false,
            "alpha" => form.op != "Gemm",
            _ => true,
        };
        self.graph.node.push(pb::NodeProto {
            name: node.name.clone(),
            op_type: form.op.into(),
            input: inputs,
            output: vec![real.clone()],
            attribute: node.attribute.iter().filter(own).cloned().collect(),
            ..pb::NodeProto::default()
        });
        if is_quantised {
            let mut inputs = vec![real];
            inputs.extend(quantiser.iter().take(2).cloned());
            self.graph.node.push(pb::NodeProto {
                name: format!("{output} (quantise)"),
                op_type: "QuantizeLinear".into(),
                input: inputs,
                output: vec![output],
                ..pb::NodeProto::default()
            });
        }
    }

    /// What the integers at `index` stand for.
    fn dequantised(
        &mut self,
        index: usize,
        scale: String,
        zero_point: Option<String>,
        axis: i64,
    ) -> String {
        let integers = self.node.input.get(index).cloned().unwrap_or_default();
        let mut inputs = vec![integers, scale];
        inputs.extend(zero_point);
        let output = self.part("DequantizeLinear", &format!("input {index}"), inputs);
        if let Some(node) = self.graph.node.last_mut() {
            node.attribute = vec![pb::AttributeProto {
                name: "axis".into(),
                r#type: AttributeType::Int as i32,
                i: axis,
                ..pb::AttributeProto::default()
            }];
        }
        output
    }

    /// A scale times a constant.
    fn scaled(&mut self, scale: &str, factor: f32) -> String {
        let name = format!("{} (alpha)", self.name());
        self.graph.initializer.push(pb::TensorProto {
            name: name.clone(),
            data_type: DataType::Float as i32,
            float_data: vec![factor],
            ..pb::TensorProto::default()
        });
        self.part("Mul", "scale", vec![scale.into(), name])
    }

    /// Adds a node before the operator, and gives the name of its output.
    fn part(&mut self, op: &str, part: &str, inputs: Vec<String>) -> String {
        let output = format!("{} ({part})", self.name());
        self.graph.node.push(pb::NodeProto {
            name: output.clone(),
            op_type: op.into(),
            input: inputs,
            output: vec![output.clone()],
            ..pb::NodeProto::default()
        });
        output
    }

    /// The output's name, which no other node has.
    fn name(&self) -> &str {
        self.node.output.first().map_or("", String::as_str)
    }
}

/// The dimension that a scale for each index of one is of: output channels of weights, rows of a first
/// and columns of a second matrix.
fn axis(op: &str, index: usize, node: &pb::NodeProto) -> i64 {
    let is_transposed = |name: &str| {
        let mut attributes = node.attribute.iter();
        attributes.any(|attribute| attribute.name == name && attribute.i != 0)
    };
    match (op, index) {
        ("MatMul", 0) => -2,
        ("MatMul", _) => -1,
        ("Gemm", 0) => i64::from(is_transposed("transA")),
        ("Gemm", _) => i64::from(!is_transposed("transB")),
        _ => 0,
    }
}
