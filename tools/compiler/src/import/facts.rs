//! Shapes, element types and constant values of every tensor, by its ONNX name, from tract.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tract_onnx::pb;
use tract_onnx::prelude::{DatumType, InferenceModelExt, Tensor as TractTensor};
use tract_onnx::tract_hir::infer::{Factoid, InferenceFact};

use crate::error::CompileError;
use crate::ir::{ElementType, Values};

/// What is known of a tensor before anything runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Fact {
    pub(super) element: Option<ElementType>,
    /// Dimensions, `None` where unknown; all unknown where the rank is.
    pub(super) dims: Option<Vec<Option<usize>>>,
    /// Values, where they do not depend on the model's inputs.
    pub(super) values: Option<Values>,
}

impl Fact {
    /// The shape, where every dimension is known.
    pub(super) fn shape(&self) -> Option<Vec<usize>> {
        self.dims.as_ref()?.iter().copied().collect()
    }

    /// The shape as text, with `?` for what is unknown.
    pub(super) fn describe(&self) -> String {
        let Some(dims) = &self.dims else {
            return "?".into();
        };
        let dims: Vec<String> = dims
            .iter()
            .map(|dim| dim.map_or("?".into(), |dim| dim.to_string()))
            .collect();
        format!("[{}]", dims.join(", "))
    }

    fn from_tract(fact: &InferenceFact) -> Fact {
        let is_known = fact.shape.rank().concretize().is_some();
        let dims = is_known.then(|| {
            fact.shape
                .dims()
                .map(|dim| usize::try_from(dim.concretize()?.to_i64().ok()?).ok())
                .collect()
        });
        Fact {
            element: fact.datum_type.concretize().and_then(element_type),
            dims,
            values: fact.value.concretize().and_then(|tensor| values(&tensor)),
        }
    }
}

/// Infers the facts of a model whose inputs have static shapes. Nodes of operators that `is_known`
/// refuses need not be understood by tract either: what follows them then stays unknown.
pub(super) fn infer(
    model: &pb::ModelProto,
    is_known: impl Fn(&pb::NodeProto) -> bool,
) -> Result<HashMap<String, Fact>, CompileError> {
    // tract indexes some attributes of malformed nodes without checking them.
    let inferred = catch_unwind(AssertUnwindSafe(|| infer_unchecked(model, is_known)));
    inferred.unwrap_or_else(|_| {
        let message = "an attribute or shape contradicts its operator; check it with onnx.checker";
        Err(CompileError::Parse(message.into()))
    })
}

fn infer_unchecked(
    model: &pb::ModelProto,
    is_known: impl Fn(&pb::NodeProto) -> bool,
) -> Result<HashMap<String, Fact>, CompileError> {
    let onnx = tract_onnx::onnx().with_ignore_value_info(true);
    let mut parsed = match onnx.parse(model, None) {
        Ok(parsed) => parsed,
        Err(_) => {
            // One builder of tract refused its node; only those we compile anyway matter.
            let mut reduced = model.clone();
            for node in reduced.graph.iter_mut().flat_map(|graph| &mut graph.node) {
                if !is_known(node) {
                    node.op_type = format!("unsupported {}", node.op_type);
                }
            }
            onnx.parse(&reduced, None)
                .map_err(|error| CompileError::Parse(format!("{error:#}")))?
        }
    };
    // An inference error is about one node; that node is reported when it is imported.
    let _ = parsed.model.analyse(true);
    let facts = parsed.outlets_by_name.into_iter().map(|(name, outlet)| {
        let fact = parsed.model.outlet_fact(outlet);
        (name, fact.map(Fact::from_tract).unwrap_or_default())
    });
    Ok(facts.collect())
}

fn element_type(datum: DatumType) -> Option<ElementType> {
    match datum.unquantized() {
        DatumType::F32 => Some(ElementType::F32),
        DatumType::I8 => Some(ElementType::I8),
        DatumType::U8 => Some(ElementType::U8),
        DatumType::I32 => Some(ElementType::I32),
        // Shape arithmetic is symbolic in tract, i64 in ONNX.
        DatumType::I64 | DatumType::TDim => Some(ElementType::I64),
        DatumType::Bool => Some(ElementType::Bool),
        _ => None,
    }
}

fn values(tensor: &TractTensor) -> Option<Values> {
    if tensor.datum_type().is_float() {
        let tensor = tensor.cast_to::<f32>().ok()?;
        let view = tensor.as_plain_ram()?;
        Some(Values::F32(view.as_slice::<f32>().ok()?.to_vec()))
    } else {
        let tensor = tensor.cast_to::<i64>().ok()?;
        let view = tensor.as_plain_ram()?;
        Some(Values::I64(view.as_slice::<i64>().ok()?.to_vec()))
    }
}
