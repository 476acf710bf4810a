use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cadet_format::DType;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::dummy::Dummy;
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::DimLike;

use crate::tract_bytes::{bytes_of, dtype_of, tensor_of};

/// Runs a whole ONNX graph with tract: teachers, the reference in tests, and boards with an
/// operating system whose model has operators that the engine lacks.
#[derive(Clone, Debug)]
pub struct OnnxRunner {
    plan: Arc<TypedRunnableModel>,
    inputs: Vec<ValueShape>,
    outputs: Vec<ValueShape>,
}

/// Name and shape of a graph's input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueShape {
    /// Name in the graph.
    pub name: String,
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// Element type; `None` for types that packages do not have.
    pub dtype: Option<DType>,
}

/// An f32 tensor in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct FloatTensor {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// Values, last axis fastest.
    pub values: Vec<f32>,
}

/// What can go wrong with an ONNX graph.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The file cannot be read.
    #[error("cannot read the ONNX model {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// tract cannot use the model.
    #[error("cannot load the ONNX model: {reason}")]
    Load {
        /// tract's reason.
        reason: String,
    },
    /// The inputs are not those of the graph.
    #[error("input `{name}` is {expected:?}, got {got:?} with {values} values")]
    Input {
        /// The graph's name for it.
        name: String,
        /// Shape in the graph.
        expected: Vec<usize>,
        /// Shape passed.
        got: Vec<usize>,
        /// Values passed.
        values: usize,
    },
    /// Too many or too few inputs.
    #[error("the graph has {expected} inputs, got {got}")]
    InputCount {
        /// Inputs of the graph.
        expected: usize,
        /// Inputs passed.
        got: usize,
    },
    /// tract failed while running.
    #[error("cannot run the ONNX model: {reason}")]
    Run {
        /// tract's reason.
        reason: String,
    },
}

impl OnnxRunner {
    /// Loads a model from a file. `batch` is the length of a first axis that the model leaves
    /// open; a model with a fixed first axis keeps it.
    pub fn load(path: impl AsRef<Path>, batch: usize) -> Result<Self, OnnxError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| OnnxError::Io {
            path: path.into(),
            source,
        })?;
        Self::from_bytes(&bytes, batch)
    }

    /// Loads a model from the bytes of an ONNX file; `batch` as in [`OnnxRunner::load`].
    pub fn from_bytes(bytes: &[u8], batch: usize) -> Result<Self, OnnxError> {
        load(|| Self::prepare(bytes, batch, |_, _| None, None))
    }

    /// Loads a model whose inputs have these shapes, in the model's order.
    pub fn with_shapes(bytes: &[u8], shapes: &[Vec<usize>]) -> Result<Self, OnnxError> {
        load(|| Self::prepare(bytes, 1, |index, _| shapes.get(index), None))
    }

    /// Loads a model with other outputs: those of `tensors` that its nodes write, inner ones too, by their ONNX
    /// names and in this order. `shapes` fixes inputs by name; elsewhere an open first axis is 1.
    pub fn observing(
        bytes: &[u8],
        shapes: &BTreeMap<String, Vec<usize>>,
        tensors: &[&str],
    ) -> Result<Self, OnnxError> {
        load(|| Self::prepare(bytes, 1, |_, name| shapes.get(name), Some(tensors)))
    }

    fn prepare<'s>(
        mut bytes: &[u8],
        batch: usize,
        shape_of: impl Fn(usize, &str) -> Option<&'s Vec<usize>>,
        tensors: Option<&[&str]>,
    ) -> TractResult<Self> {
        let mut model = tract_onnx::onnx().model_for_read(&mut bytes)?;
        for index in 0..model.inputs.len() {
            let mut fact = model.input_fact(index)?.clone();
            let first = fact.shape.dim(0).and_then(|dim| dim.concretize());
            let is_open = first.is_none_or(|length| length.to_usize().is_err());
            if let Some(shape) = shape_of(index, &model.node(model.inputs[index].node).name) {
                fact.shape = shape.iter().copied().collect();
            } else if is_open && fact.shape.rank().concretize() != Some(0) {
                fact.shape.set_dim(0, batch.to_dim());
            }
            model.set_input_fact(index, fact)?;
        }
        let observed = tensors.unwrap_or_default().iter().filter_map(|name| {
            let outlet = model.find_outlet_label(name)?;
            Some((*name, outlet))
        });
        let (names, outlets): (Vec<&str>, Vec<OutletId>) = observed.unzip();
        if tensors.is_some() {
            model.select_output_outlets(&outlets)?;
        }
        let model = optimized(model.into_typed()?)?;
        let inputs = value_shapes(&model, model.input_outlets()?)?;
        let mut outputs = value_shapes(&model, model.output_outlets()?)?;
        for (output, name) in outputs.iter_mut().zip(names) {
            output.name = name.into();
        }
        Ok(Self {
            plan: model.into_runnable()?,
            inputs,
            outputs,
        })
    }

    /// Inputs, in the order [`OnnxRunner::run`] takes them.
    pub fn inputs(&self) -> &[ValueShape] {
        &self.inputs
    }

    /// Outputs, in the order [`OnnxRunner::run`] returns them.
    pub fn outputs(&self) -> &[ValueShape] {
        &self.outputs
    }

    /// Runs the graph once. Inputs are values in row-major order with their shapes; they are cast to the
    /// graph's types.
    ///
    /// *Errors*: `Input` and `InputCount` where the inputs are not those of the graph, `Run`.
    pub fn run(&self, inputs: &[(&[f32], &[usize])]) -> Result<Vec<FloatTensor>, OnnxError> {
        if inputs.len() != self.inputs.len() {
            return Err(OnnxError::InputCount {
                expected: self.inputs.len(),
                got: inputs.len(),
            });
        }
        for (declared, (values, shape)) in self.inputs.iter().zip(inputs) {
            let len: usize = shape.iter().product();
            if declared.shape != *shape || len != values.len() {
                return Err(OnnxError::Input {
                    name: declared.name.clone(),
                    expected: declared.shape.clone(),
                    got: shape.to_vec(),
                    values: values.len(),
                });
            }
        }
        let outputs = guarded(|| self.execute(inputs));
        outputs.map_err(|reason| OnnxError::Run { reason })
    }

    /// Runs the graph once on elements as they lie in memory, in row-major order and of the types of
    /// [`OnnxRunner::inputs`]; results likewise.
    ///
    /// *Errors*: `Input` and `InputCount` where the inputs are not those of the graph, `Run`.
    pub fn run_bytes(&self, inputs: &[&[u8]]) -> Result<Vec<Vec<u8>>, OnnxError> {
        if inputs.len() != self.inputs.len() {
            return Err(OnnxError::InputCount {
                expected: self.inputs.len(),
                got: inputs.len(),
            });
        }
        let outputs = guarded(|| {
            let tensors = self.inputs.iter().zip(inputs);
            let tensors = tensors.map(|(declared, bytes)| tensor_of(declared, bytes));
            let outputs = self.plan.run(tensors.collect::<TractResult<_>>()?)?;
            let outputs = outputs.iter().map(|output| bytes_of(output));
            outputs.collect::<TractResult<_>>()
        });
        outputs.map_err(|reason| OnnxError::Run { reason })
    }

    fn execute(&self, inputs: &[(&[f32], &[usize])]) -> TractResult<Vec<FloatTensor>> {
        let model = self.plan.model();
        let inputs = inputs
            .iter()
            .enumerate()
            .map(|(index, (values, shape))| {
                let tensor = Tensor::from_shape(shape, values)?;
                let tensor = tensor.cast_to_dt(model.input_fact(index)?.datum_type)?;
                Ok(tensor.into_owned().into_tvalue())
            })
            .collect::<TractResult<TVec<_>>>()?;
        let outputs = self.plan.run(inputs)?;
        outputs
            .into_iter()
            .map(|output| {
                let output = output.cast_to::<f32>()?;
                Ok(FloatTensor {
                    shape: output.shape().to_vec(),
                    values: output
                        .to_plain_array_view::<f32>()?
                        .iter()
                        .copied()
                        .collect(),
                })
            })
            .collect()
    }
}

fn load<T>(work: impl FnOnce() -> TractResult<T>) -> Result<T, OnnxError> {
    guarded(work).map_err(|reason| OnnxError::Load { reason })
}

/// What tract makes of a model, or why it cannot. It indexes and unwraps where it meets what it does not
/// expect.
fn guarded<T>(work: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| format!("{error:#}")),
        Err(_) => Err("tract panics on it".into()),
    }
}

/// The model rewritten for speed. Where two nodes compute the same and one writes an output, tract's rewriting can
/// leave that output without its operator (0.23.9); such a model stays as it is.
fn optimized(model: TypedModel) -> TractResult<TypedModel> {
    let optimized = model.clone().into_optimized()?;
    let is_lost = |&node: &usize| optimized.node(node).op_is::<Dummy>();
    let is_whole = !optimized.eval_order()?.iter().any(is_lost);
    Ok(if is_whole { optimized } else { model })
}

fn value_shapes(model: &TypedModel, outlets: &[OutletId]) -> TractResult<Vec<ValueShape>> {
    let value_shape = |outlet: &OutletId| {
        let fact = model.outlet_fact(*outlet)?;
        let lengths = fact.shape.iter();
        Ok(ValueShape {
            name: model
                .outlet_label(*outlet)
                .unwrap_or(&model.node(outlet.node).name)
                .into(),
            shape: lengths
                .map(|length| Ok(length.to_usize()?))
                .collect::<TractResult<_>>()?,
            dtype: dtype_of(fact.datum_type),
        })
    };
    outlets.iter().map(value_shape).collect()
}
