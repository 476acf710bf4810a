use cadet_compiler::{CompileError, Compiled, Options, PortReport};
use cadet_format::DType;

use super::engine::{compile_with, dtype, run};
use super::node_test::NodeTest;
use super::panics;
use super::value::Value;

/// Largest difference from the float model on the same values, as a share of an output's range.
const TOLERANCE: f32 = 0.05;

/// What becomes of a test of float inputs that is native when our quantisation makes it int8.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Int8 {
    /// It has other inputs, or values that cannot be calibrated.
    NotMeant,
    /// Every step works on integers.
    Integers,
    /// Some steps work on floats.
    Floats,
    /// A refusal, a panic, or values far from those of the float model.
    Wrong(String),
}

/// Quantises a test's model with its own inputs as calibration data and compares it with the float
/// model on the values that the quantised inputs stand for.
pub(super) fn examine(test: &NodeTest) -> Int8 {
    let mut inputs = test.inputs.iter().map(|(_, value)| value);
    let is_finite = |value: &Value| value.dtype != DType::F32 || value.floats().all(f32::is_finite);
    let is_meant = !test.inputs.is_empty()
        && inputs.all(|value| value.dtype == DType::F32 && is_finite(value))
        && test.outputs.iter().all(is_finite);
    if !is_meant {
        return Int8::NotMeant;
    }
    panics::catch(|| examine_unchecked(test)).unwrap_or_else(Int8::Wrong)
}

fn examine_unchecked(test: &NodeTest) -> Int8 {
    let sample = test.inputs.iter().flat_map(|(_, value)| value.floats());
    let compiled = match compile_with(test, Options::int8(vec![sample.collect()])) {
        Ok(compiled) => compiled,
        // A value within the model is not finite.
        Err(CompileError::Option { .. }) => return Int8::NotMeant,
        Err(error) => return Int8::Wrong(error.to_string()),
    };
    let float = compile_with(test, Options::float()).unwrap();

    let ports = compiled.report.inputs.iter();
    let integers = ports
        .zip(&test.inputs)
        .map(|(port, (_, value))| quantise(value, port));
    let integers: Vec<Value> = integers.collect();
    let seen = real(&integers, &compiled.report.inputs);
    let found = real(&run(&compiled, integers.iter()), &compiled.report.outputs);
    let wanted = run(&float, seen.iter());
    for (index, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
        let step = compiled.report.outputs[index].scale;
        if let Some(difference) = difference(found, wanted, step) {
            return Int8::Wrong(format!("output {index} {difference}"));
        }
    }
    if works_on_integers(&compiled) {
        Int8::Integers
    } else {
        Int8::Floats
    }
}

fn quantise(value: &Value, port: &PortReport) -> Value {
    if dtype(&port.dtype) != DType::I8 {
        return value.clone();
    }
    let bytes = value.floats().map(|float| {
        let steps = (float / port.scale).round_ties_even() as i32 + port.zero_point;
        steps.clamp(-128, 127) as u8
    });
    Value {
        dtype: DType::I8,
        shape: value.shape.clone(),
        bytes: bytes.collect(),
    }
}

/// The values that integers stand for; those of other types as they are.
fn real(values: &[Value], ports: &[PortReport]) -> Vec<Value> {
    let pairs = values.iter().zip(ports);
    let reals = pairs.map(|(value, port)| {
        if value.dtype != DType::I8 || port.scale == 0.0 {
            return value.clone();
        }
        let real = |&byte: &u8| (i32::from(byte as i8) - port.zero_point) as f32 * port.scale;
        Value {
            dtype: DType::F32,
            shape: value.shape.clone(),
            bytes: value
                .bytes
                .iter()
                .flat_map(|byte| real(byte).to_le_bytes())
                .collect(),
        }
    });
    reals.collect()
}

/// How floats differ by more than the tolerance and one step of the output, and others at all.
fn difference(found: &Value, wanted: &Value, step: f32) -> Option<String> {
    let range = |(min, max): (f32, f32), value: f32| (min.min(value), max.max(value));
    let (min, max) = if wanted.dtype == DType::F32 {
        wanted.floats().fold((0.0, 0.0), range)
    } else {
        (0.0, 0.0)
    };
    let tolerance = super::value::Tolerance {
        relative: 0.0,
        absolute: f64::from(step + TOLERANCE * (max - min)),
    };
    wanted.difference(found, tolerance)
}

fn works_on_integers(compiled: &Compiled) -> bool {
    let mut kernels = compiled.report.steps.iter().map(|step| &step.kernel);
    kernels.all(|kernel| !kernel.contains(".f32"))
}
