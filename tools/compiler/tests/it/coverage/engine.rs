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
    let shapes = test.inputs.iter();
    let options = Options {
        input_shapes: shapes
            .map(|(name, value)| (name.clone(), value.shape.clone()))
            .collect(),
        ..Options::float()
    };
    let compiled = match compile(&test.model.encode_to_vec(), &options) {
        Ok(compiled) => compiled,
        Err(CompileError::Unsupported(nodes)) => return Ours::Refused(nodes[0].reason.clone()),
        Err(error @ CompileError::SelfCheck(_)) => return Ours::Wrong(error.to_string()),
        Err(error) => return Ours::Refused(error.to_string()),
    };
    let (outputs, is_computed) = run(&compiled, test);
    match test.difference(&outputs) {
        Some(difference) => Ours::Wrong(difference),
        None if is_computed => Ours::Native,
        None => Ours::Folded,
    }
}

/// The outputs, and whether they depend on an input: some lie in memory, and a step reads an
/// activation or there is none, because they are the input seen anew.
fn run(compiled: &Compiled, test: &NodeTest) -> (Vec<Value>, bool) {
    let report = &compiled.report;
    let mut is_computed =
        report.steps.is_empty() || report.steps.iter().any(|step| !step.inputs.is_empty());
    Machine::new(compiled).with_session(|session| {
        for (index, (_, value)) in test.inputs.iter().enumerate() {
            session.write_input(0, index, &value.bytes).unwrap();
        }
        session.run(0).unwrap();
        is_computed &= (0..report.outputs.len()).any(|index| {
            let region = session.output_info(0, index).unwrap().region;
            !matches!(region, Region::Weights(_))
        });
        let outputs = report
            .outputs
            .iter()
            .enumerate()
            .map(|(index, port)| Value {
                dtype: dtype(&port.dtype),
                shape: port.shape.clone(),
                bytes: session.output(0, index).unwrap().to_vec(),
            });
        (outputs.collect(), is_computed)
    })
}

fn dtype(name: &str) -> DType {
    let mut known = (0..=u8::MAX).filter_map(DType::from_u8);
    let found = known.find(|dtype| format!("{dtype:?}").eq_ignore_ascii_case(name));
    found.unwrap_or_else(|| panic!("a port of unknown type {name}"))
}
