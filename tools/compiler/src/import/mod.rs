//! ONNX to the compiler's graph: tract infers shapes and folds constants, the nodes themselves are
//! read from the protobuf, so that names, attributes and initialisers stay as they were written.

mod advice;
mod along_axis;
mod attention;
mod axes;
mod binary;
mod cached;
mod causal_conv;
mod conv;
mod conv_transpose;
mod conversion;
pub(crate) mod decoder;
mod dense;
mod dropout;
mod einsum;
mod facts;
mod importer;
mod indexing;
mod linear_attention;
mod matmul;
mod movement;
mod node;
mod normalization;
mod parts;
mod pool;
mod qoperator;
mod quantised;
mod quantize_along;
mod recurrent;
mod reduce;
mod resize;
mod rotary;
mod sampling;
mod shape;
mod softmax;
mod strided;
mod taps;
mod transform;
mod unary;
mod whole;
mod window;

use std::collections::{BTreeMap, HashSet};

use prost::Message;
use tract_onnx::pb;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as DimValue;
use tract_onnx::pb::type_proto::Value as TypeValue;

pub(crate) use whole::{Whole, WholeNode, read_whole};

use crate::error::CompileError;
use crate::ir::{Graph, TensorId};
use decoder::Pass;
use facts::Inference;
use importer::Importer;
use node::{OnnxNode, Refusal};

type Import = fn(&mut Importer, &OnnxNode<'_>) -> Result<(), Refusal>;

/// Reads a model. `input_shapes` fixes the shapes of inputs by name; elsewhere an unknown first
/// dimension, the batch, becomes 1. `pass` makes a decoder one of its passes.
///
/// # Errors
/// `Parse` where the bytes are no valid model, `Unsupported` with every node that cannot be
/// compiled, `Interface` and `Option` where an input, output or given shape does not fit.
pub(crate) fn import(
    onnx: &[u8],
    input_shapes: &BTreeMap<String, Vec<usize>>,
    pass: Option<&Pass>,
) -> Result<Graph, CompileError> {
    let mut model = read(onnx, input_shapes)?;
    if let Some(pass) = pass {
        decoder::rewrite(&mut model, pass)?;
    }
    let opset = standard_opset(&model);
    if let Some(graph) = &mut model.graph {
        qoperator::expand(graph, opset);
    }
    let inference = Inference::new(&model)?;
    let Some(proto) = &model.graph else {
        return Err(CompileError::Parse("it has no graph".into()));
    };

    let mut importer = Importer::new(proto, inference);
    importer.graph.scalars = pass.map(Pass::position).into_iter().collect();
    let constants: HashSet<&str> = initializers(proto).collect();
    for input in proto
        .input
        .iter()
        .filter(|input| !constants.contains(input.name.as_str()))
    {
        let id = interface(&mut importer, "input", &input.name)?;
        importer.graph.inputs.push(id);
    }
    let mut unsupported = Vec::new();
    for node in needed(proto, &importer) {
        let node = OnnxNode { proto: node, opset };
        let import = importer_of(node.proto);
        let result = match import {
            Some(import) => import(&mut importer, &node),
            None => Err(Refusal::new(
                "the operator is not supported",
                advice::advice(node.proto),
            )),
        };
        if let Err(refusal) = result {
            unsupported.extend(importer.refuse(&node, import.is_some(), refusal));
        }
    }
    if !unsupported.is_empty() {
        return Err(CompileError::Unsupported(unsupported));
    }
    for output in &proto.output {
        let id = interface(&mut importer, "output", &output.name)?;
        importer.graph.outputs.push(id);
    }
    Ok(importer.graph)
}

/// A model whose names connect, with the given shapes of its inputs.
fn read(
    onnx: &[u8],
    input_shapes: &BTreeMap<String, Vec<usize>>,
) -> Result<pb::ModelProto, CompileError> {
    let mut model = pb::ModelProto::decode(onnx)
        .map_err(|error| CompileError::Parse(format!("{error}; is the file complete?")))?;
    check(&model)?;
    fix_input_shapes(&mut model, input_shapes)?;
    Ok(model)
}

fn importer_of(node: &pb::NodeProto) -> Option<Import> {
    if node.domain == decoder::DOMAIN {
        return Some(match node.op_type.as_str() {
            "Attention" => cached::attention,
            _ => cached::rotary_embedding,
        });
    }
    if !matches!(node.domain.as_str(), "" | "ai.onnx") {
        return None;
    }
    Some(match node.op_type.as_str() {
        "Conv" => conv::conv,
        "CausalConvWithState" => causal_conv::causal_conv_with_state,
        "ConvInteger" => conv::conv_integer,
        "ConvTranspose" => conv_transpose::conv_transpose,
        "DeformConv" => conv::deform_conv,
        "MaxPool" => pool::max_pool,
        "AveragePool" => pool::average_pool,
        "LpPool" => pool::lp_pool,
        "GlobalAveragePool" | "GlobalMaxPool" | "GlobalLpPool" => pool::global_pool,
        "MaxUnpool" => pool::max_unpool,
        "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceProd"
        | "ReduceSumSquare" | "ReduceL1" | "ReduceL2" | "ReduceLogSum" | "ReduceLogSumExp" => {
            reduce::reduce
        }
        "Einsum" => einsum::einsum,
        "Gemm" => dense::gemm,
        "MatMul" => dense::mat_mul,
        "Add" | "Sub" | "Mul" | "Div" | "Mod" | "PRelu" | "BitShift" => binary::binary,
        "And" | "Or" | "Xor" | "BitwiseAnd" | "BitwiseOr" | "BitwiseXor" => binary::binary,
        "Min" | "Max" | "Sum" | "Mean" => binary::variadic,
        "Equal" | "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" => binary::compare,
        "Not" | "BitwiseNot" => binary::not,
        "IsNaN" => binary::is_nan,
        "IsInf" => binary::is_inf,
        "Pow" => binary::pow,
        "SwiGLU" => binary::swi_glu,
        "Where" => binary::select,
        "BitCast" => conversion::bit_cast,
        "Cast" => conversion::cast,
        "CastLike" => conversion::cast_like,
        "Clip" => unary::clip,
        "Relu" | "LeakyRelu" | "ThresholdedRelu" | "Elu" | "Selu" | "Celu" => unary::unary,
        "Sigmoid" | "HardSigmoid" | "HardSwish" | "Swish" | "Mish" | "Gelu" => unary::unary,
        "Softplus" | "Softsign" | "Shrink" | "Erf" | "Exp" | "Log" | "Sqrt" => unary::unary,
        "Abs" | "Neg" | "Sign" | "Reciprocal" | "Ceil" | "Floor" | "Round" => unary::unary,
        "Sin" | "Cos" | "Tan" | "Asin" | "Acos" | "Atan" => unary::unary,
        "Sinh" | "Cosh" | "Tanh" | "Asinh" | "Acosh" | "Atanh" => unary::unary,
        "Dropout" => dropout::dropout,
        "BatchNormalization" => normalization::batch_normalization,
        "MatMulInteger" => matmul::mat_mul_integer,
        "LayerNormalization" => normalization::layer,
        "RMSNormalization" => normalization::root_mean_square,
        "InstanceNormalization" => normalization::instance,
        "GroupNormalization" => normalization::group,
        "LpNormalization" => normalization::lp,
        "LRN" => normalization::local_response,
        "Softmax" | "LogSoftmax" | "Hardmax" => softmax::softmax,
        "LSTM" | "GRU" | "RNN" => recurrent::recurrent,
        "Attention" => attention::attention,
        "RotaryEmbedding" => rotary::rotary_embedding,
        "MeanVarianceNormalization" => normalization::mean_variance,
        "LinearAttention" => linear_attention::linear_attention,
        "Det" => transform::determinant,
        "DFT" => transform::dft,
        "STFT" => transform::stft,
        "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "Identity" => shape::reshape,
        "Size" => shape::size,
        "Transpose" => shape::transpose,
        "QuantizeLinear" => quantised::quantize_linear,
        "DequantizeLinear" => quantised::dequantize_linear,
        "DynamicQuantizeLinear" => quantize_along::dynamic_quantize_linear,
        "Slice" => strided::slice,
        "Split" => strided::split,
        "Expand" => strided::expand,
        "Tile" => strided::tile,
        "DepthToSpace" => strided::depth_to_space,
        "SpaceToDepth" => strided::space_to_depth,
        "Concat" => movement::concat,
        "Pad" => movement::pad,
        "CenterCropPad" => movement::center_crop_pad,
        "Trilu" => movement::trilu,
        "ReverseSequence" => movement::reverse_sequence,
        "Gather" => indexing::gather,
        "GatherElements" => indexing::gather_elements,
        "GatherND" => indexing::gather_nd,
        "Compress" => indexing::compress,
        "Scatter" | "ScatterElements" => indexing::scatter_elements,
        "ScatterND" => indexing::scatter_nd,
        "TensorScatter" => indexing::tensor_scatter,
        "OneHot" => indexing::one_hot,
        "CumSum" | "CumProd" => along_axis::cumulative,
        "TopK" => along_axis::top_k,
        "ArgMax" | "ArgMin" => along_axis::arg_max,
        "Resize" => resize::resize,
        "Upsample" => resize::upsample,
        "GridSample" => sampling::grid_sample,
        "AffineGrid" => sampling::affine_grid,
        "RoiAlign" => sampling::roi_align,
        "Col2Im" => sampling::col2im,
        _ => return None,
    })
}

/// Rejects graphs whose names do not connect, which tract indexes without checking.
fn check(model: &pb::ModelProto) -> Result<(), CompileError> {
    let Some(graph) = &model.graph else {
        return Err(CompileError::Parse("it has no graph".into()));
    };
    let inputs = graph.input.iter().map(|input| input.name.as_str());
    let mut known: HashSet<&str> = inputs.chain(initializers(graph)).collect();
    for node in &graph.node {
        if node.domain == decoder::DOMAIN {
            let error = format!("node `{}` is of the domain {}", node.name, node.domain);
            return Err(CompileError::Parse(error));
        }
        if node.output.iter().all(String::is_empty) {
            let error = format!("node `{}` ({}) has no output", node.name, node.op_type);
            return Err(CompileError::Parse(error));
        }
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            if !known.contains(name.as_str()) {
                let error = format!(
                    "node `{}` ({}) reads `{name}`, which nothing before it writes",
                    node.name, node.op_type
                );
                return Err(CompileError::Parse(error));
            }
        }
        known.extend(node.output.iter().map(String::as_str));
    }
    if graph.output.is_empty() {
        return Err(CompileError::Parse("it has no output".into()));
    }
    match graph
        .output
        .iter()
        .find(|output| !known.contains(output.name.as_str()))
    {
        Some(output) => Err(CompileError::Parse(format!(
            "nothing writes its output `{}`",
            output.name
        ))),
        None => Ok(()),
    }
}

fn initializers(graph: &pb::GraphProto) -> impl Iterator<Item = &str> {
    graph.initializer.iter().map(|tensor| tensor.name.as_str())
}

fn standard_opset(model: &pb::ModelProto) -> i64 {
    let mut imports = model.opset_import.iter();
    imports
        .find(|import| matches!(import.domain.as_str(), "" | "ai.onnx"))
        .map_or(1, |import| import.version)
}

fn fix_input_shapes(
    model: &mut pb::ModelProto,
    given: &BTreeMap<String, Vec<usize>>,
) -> Result<(), CompileError> {
    let Some(graph) = &mut model.graph else {
        return Ok(());
    };
    let unknown = given
        .keys()
        .find(|name| graph.input.iter().all(|input| input.name != **name));
    if let Some(name) = unknown {
        let names: Vec<&str> = graph
            .input
            .iter()
            .map(|input| input.name.as_str())
            .collect();
        return Err(CompileError::Option {
            option: "input_shapes",
            reason: format!("the model has no input `{name}`; it has {names:?}"),
        });
    }
    for input in &mut graph.input {
        let value = input.r#type.as_mut().and_then(|kind| kind.value.as_mut());
        let Some(TypeValue::TensorType(tensor)) = value else {
            return Err(CompileError::Interface {
                kind: "input",
                name: input.name.clone(),
                reason: "it is not a tensor; sequences and maps are not supported".into(),
            });
        };
        let shape = tensor.shape.get_or_insert_default();
        if let Some(fixed) = given.get(&input.name) {
            shape.dim = fixed.iter().map(|&extent| dimension(extent)).collect();
        } else if let Some(batch) = shape.dim.first_mut()
            && !matches!(batch.value, Some(DimValue::DimValue(extent)) if extent > 0)
        {
            *batch = dimension(1);
        }
    }
    Ok(())
}

fn dimension(extent: usize) -> pb::tensor_shape_proto::Dimension {
    pb::tensor_shape_proto::Dimension {
        denotation: String::new(),
        value: Some(DimValue::DimValue(extent as i64)),
    }
}

/// Nodes that the outputs and what is kept depend on, and whose own outputs are not constants.
fn needed<'a>(graph: &'a pb::GraphProto, importer: &Importer) -> Vec<&'a pb::NodeProto> {
    let mut wanted: HashSet<&str> = graph
        .output
        .iter()
        .map(|output| output.name.as_str())
        .collect();
    let mut nodes = Vec::new();
    for node in graph.node.iter().rev() {
        let is_wanted = node
            .output
            .iter()
            .any(|name| wanted.contains(name.as_str()) && !importer.is_constant(name))
            || decoder::keeps(node);
        if is_wanted {
            wanted.extend(node.input.iter().map(String::as_str));
            nodes.push(node);
        }
    }
    nodes.reverse();
    nodes
}

fn interface(
    importer: &mut Importer,
    kind: &'static str,
    name: &str,
) -> Result<TensorId, CompileError> {
    importer
        .tensor(name)
        .map_err(|refusal| CompileError::Interface {
            kind,
            name: name.into(),
            reason: format!("{}; {}", refusal.reason, refusal.suggestion),
        })
}

#[cfg(test)]
mod tests;
