//! Shapes, element types and constant values of every tensor, by its ONNX name, from tract.

use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tract_onnx::pb;
use tract_onnx::prelude::{
    Datum, DatumType, InferenceModel, InferenceModelExt, OutletId, Tensor as TractTensor,
};
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

/// A model in tract, which infers the facts of its tensors. It need not understand every node: what
/// follows one that it does not stays unknown until that node's outputs are declared.
pub(super) struct Inference {
    model: InferenceModel,
    outlets: HashMap<String, OutletId>,
}

impl Inference {
    /// Starts from a model whose inputs have static shapes.
    pub(super) fn new(model: &pb::ModelProto) -> Result<Inference, CompileError> {
        // tract indexes some attributes of malformed nodes without checking them.
        let inferred = catch_unwind(AssertUnwindSafe(|| {
            let model = &*finite(model);
            let onnx = tract_onnx::onnx().with_ignore_value_info(true);
            let parsed = onnx
                .parse(model, None)
                .or_else(|_| onnx.parse(&understood(model), None));
            let parsed = parsed.map_err(|error| CompileError::Parse(format!("{error:#}")))?;
            let mut inference = Inference {
                model: parsed.model,
                outlets: parsed.outlets_by_name,
            };
            inference.analyse();
            Ok(inference)
        }));
        inferred.unwrap_or_else(|_| {
            let message =
                "an attribute or shape contradicts its operator; check it with onnx.checker";
            Err(CompileError::Parse(message.into()))
        })
    }

    /// The facts by tensor.
    pub(super) fn facts(&self) -> HashMap<String, Fact> {
        let outlets = self.outlets.iter();
        outlets
            .map(|(name, &outlet)| (name.clone(), self.fact(outlet)))
            .collect()
    }

    /// Declares the type and shape of a node's output, and completes `facts` by what follows.
    pub(super) fn declare(
        &mut self,
        name: &str,
        element: ElementType,
        shape: &[usize],
        facts: &mut HashMap<String, Fact>,
    ) {
        let Some(&outlet) = self.outlets.get(name) else {
            return;
        };
        let declared = InferenceFact::dt_shape(datum_type(element), shape);
        if self.model.set_outlet_fact(outlet, declared).is_err() {
            return;
        }
        // A panic of tract over one node leaves the facts of others as they are.
        let _ = catch_unwind(AssertUnwindSafe(|| self.analyse()));
        for (name, &outlet) in &self.outlets {
            let fact = facts.entry(name.clone()).or_default();
            if fact.element.is_none() || fact.shape().is_none() {
                *fact = self.fact(outlet);
            }
        }
    }

    fn analyse(&mut self) {
        // An inference error is about one node; that node is reported when it is imported.
        let _ = self.model.analyse(true);
    }

    fn fact(&self, outlet: OutletId) -> Fact {
        let fact = self.model.outlet_fact(outlet);
        fact.map(Fact::from_tract).unwrap_or_default()
    }
}

/// The model without nodes over which tract may not come to an end: it counts up to the axis of a
/// `LayerNormalization` with outputs of statistics, whatever the rank of the input.
fn finite(model: &pb::ModelProto) -> Cow<'_, pb::ModelProto> {
    let is_endless =
        |node: &pb::NodeProto| node.op_type == "LayerNormalization" && node.output.len() > 1;
    let graph = model.graph.as_ref();
    if !graph.is_some_and(|graph| graph.node.iter().any(is_endless)) {
        return Cow::Borrowed(model);
    }
    let mut model = model.clone();
    let nodes = model.graph.iter_mut().flat_map(|graph| &mut graph.node);
    nodes.filter(|node| is_endless(node)).for_each(hide);
    Cow::Owned(model)
}

/// Makes a node one of an operator that tract does not know.
fn hide(node: &mut pb::NodeProto) {
    node.op_type = format!("refused {}", node.op_type);
}

/// The model with nodes in place of those that tract refuses to build, of operators unknown to it.
fn understood(model: &pb::ModelProto) -> pb::ModelProto {
    let onnx = tract_onnx::onnx();
    let mut understood = model.clone();
    for node in understood
        .graph
        .iter_mut()
        .flat_map(|graph| &mut graph.node)
    {
        let alone = pb::ModelProto {
            opset_import: model.opset_import.clone(),
            graph: Some(pb::GraphProto {
                node: vec![node.clone()],
                ..pb::GraphProto::default()
            }),
            ..pb::ModelProto::default()
        };
        let built = catch_unwind(AssertUnwindSafe(|| onnx.parse(&alone, None).is_ok()));
        if !built.unwrap_or(false) {
            hide(node);
        }
    }
    understood
}

fn datum_type(element: ElementType) -> DatumType {
    match element {
        ElementType::F32 => f32::datum_type(),
        ElementType::I8 => i8::datum_type(),
        ElementType::U8 => u8::datum_type(),
        ElementType::I32 => i32::datum_type(),
        ElementType::I64 => i64::datum_type(),
        ElementType::Bool => bool::datum_type(),
    }
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

#[cfg(test)]
mod tests {
    use cadet_onnx::{ElementType as Onnx, GraphBuilder};
    use prost::Message;

    use super::*;

    #[test]
    fn an_axis_out_of_range_comes_to_an_end() {
        for axis in [-3, i64::MAX] {
            let mut graph = GraphBuilder::new("odd");
            graph.input("x", Onnx::F32, [3, 4]);
            graph.constant_f32("scale", &[4], &[1.0; 4]);
            graph
                .node(
                    "LayerNormalization",
                    "norm",
                    &["x", "scale"],
                    &["y", "mean"],
                )
                .attribute("axis", axis);
            graph.output("y", Onnx::F32, [3, 4]);
            graph.output("mean", Onnx::F32, [3, 1]);
            let model = pb::ModelProto::decode(&graph.encode()[..]).unwrap();
            let facts = Inference::new(&model).unwrap().facts();
            assert_eq!(facts["y"].shape(), None);
        }
    }

    #[test]
    fn what_follows_a_declared_output_is_inferred() {
        let mut graph = GraphBuilder::new("odd");
        graph.input("x", Onnx::F32, [1, 4]);
        graph.node("NoSuchOp", "unknown", &["x"], &["a"]);
        graph
            .node("Softmax", "refused", &["x"], &["b"])
            .attribute("axis", "no integer");
        graph.node("Relu", "relu", &["a"], &["c"]);
        graph.node("Add", "sum", &["b", "c"], &["y"]);
        graph.output("y", Onnx::F32, [1, 4]);
        let model = pb::ModelProto::decode(&graph.encode()[..]).unwrap();

        let mut inference = Inference::new(&model).unwrap();
        let mut facts = inference.facts();
        assert_eq!(facts["x"].shape(), Some(vec![1, 4]));
        assert_eq!(facts["c"].shape(), None);
        inference.declare("a", ElementType::F32, &[3, 4], &mut facts);
        assert_eq!(facts["c"].shape(), Some(vec![3, 4]));
        assert_eq!(facts["y"].shape(), None);
        inference.declare("b", ElementType::F32, &[1, 4], &mut facts);
        assert_eq!(facts["y"].shape(), Some(vec![3, 4]));
        assert_eq!(facts["y"].element, Some(ElementType::F32));
    }
}
