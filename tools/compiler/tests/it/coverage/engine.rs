use cadet_compiler::{CompileError, Compiled, Options, compile};
use cadet_format::{DType, Region};
use prost::Message;

use super::node_test::NodeTest;
use super::panics;
use super::value::Value;
use crate::support::Machine;

/// What our compiler and engine make of a test.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ours {
    /// The engine computed the node, and its values are right.
    Native,
    /// The values are right, but no step that computes them reads an input.
    Folded,
    /// The compiler refused the model, for this reason.
    Refused(String),
    /// A wrong value, a panic or another defect.
    Wrong(String),
}

/// Compiles a test's model and runs it.
pub(super) fn examine(test: &NodeTest) -> Ours {
    panics::catch(|| examine_unchecked(test)).unwrap_or_else(Ours::Wrong)
}

fn examine_unchecked(test: &NodeTest) -> Ours {
    let compiled = match compile_with(test, Options::float()) {
        Ok(compiled) => compiled,
        Err(CompileError::Unsupported(nodes)) => return Ours::Refused(nodes[0].reason.clone()),
        Err(error @ CompileError::SelfCheck(_)) => return Ours::Wrong(error.to_string()),
        Err(error) => return Ours::Refused(error.to_string()),
    };
    let outputs = run(&compiled, test.inputs.iter().map(|(_, value)| value));
    match test.difference(&outputs) {
        Some(difference) => Ours::Wrong(difference),
        None if is_computed(&compiled) => Ours::Native,
        None => Ours::Folded,
    }
}

/// Compiles a test's model with the shapes of its inputs.
pub(super) fn compile_with(test: &NodeTest, options: Options) -> Result<Compiled, CompileError> {
    let shapes = test.inputs.iter();
    let shapes = shapes.map(|(name, value)| (name.clone(), value.shape.clone()));
    let options = Options {
        input_shapes: shapes.collect(),
        ..options
    };
    compile(&test.model.encode_to_vec(), &options)
}

/// The outputs of one run.
pub(super) fn run<'a>(compiled: &Compiled, inputs: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    Machine::new(compiled).with_session(|session| {
        for (index, value) in inputs.enumerate() {
            session.write_input(0, index, &value.bytes).unwrap();
        }
        session.run(0).unwrap();
        let outputs = compiled.report.outputs.iter().enumerate();
        outputs
            .map(|(index, port)| Value {
                dtype: dtype(&port.dtype),
                shape: port.shape.clone(),
                bytes: session.output(0, index).unwrap().to_vec(),
            })
            .collect()
    })
}

/// The element type that a report names.
pub(super) fn dtype(name: &str) -> DType {
    let mut known = (0..=u8::MAX).filter_map(DType::from_u8);
    let found = known.find(|dtype| format!("{dtype:?}").eq_ignore_ascii_case(name));
    found.unwrap_or_else(|| panic!("a port of unknown type {name}"))
}

/// Whether the outputs depend on an input: some lie in memory, and a step reads an activation or
/// there is none, because they are the input seen anew.
fn is_computed(compiled: &Compiled) -> bool {
    let report = &compiled.report;
    let reads = report.steps.iter().any(|step| !step.inputs.is_empty());
    let is_in_memory = |session: &mut cadet_runtime::Session<'_, '_>| {
        (0..report.outputs.len()).any(|index| {
            let region = session.output_info(0, index).unwrap().region;
            !matches!(region, Region::Weights(_))
        })
    };
    (reads || report.steps.is_empty()) && Machine::new(compiled).with_session(is_in_memory)
}
