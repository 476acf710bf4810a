//! Real values in and out of a session, whatever the type of its ports.

use cadet_format::{DType, TensorInfo};
use cadet_runtime::Session;

use crate::HostError;

/// Writes real values to input `index` of `program`: as they are to f32, rounded half to even to int8.
///
/// # Errors
/// [`HostError::SampleLength`] and [`HostError::NotReal`].
pub fn write_real(
    session: &mut Session<'_, '_>,
    program: usize,
    index: usize,
    values: &[f32],
) -> Result<(), HostError> {
    let info = session.input_info(program, index)?;
    if info.elements() != values.len() {
        return Err(HostError::SampleLength {
            expected: info.elements(),
            shape: info.dims.to_vec(),
            given: values.len(),
        });
    }
    match info.dtype {
        DType::F32 => session.write_input(program, index, values)?,
        DType::I8 if info.scale > 0.0 => {
            for (byte, value) in session.input_mut(program, index)?.iter_mut().zip(values) {
                *byte = quantize(&info, *value) as u8;
            }
        }
        dtype => return Err(not_real("the input", dtype)),
    }
    Ok(())
}

/// Reads output `index` of `program` as real values.
///
/// # Errors
/// [`HostError::NotReal`].
pub fn read_real(
    session: &Session<'_, '_>,
    program: usize,
    index: usize,
) -> Result<Vec<f32>, HostError> {
    let info = session.output_info(program, index)?;
    match info.dtype {
        DType::F32 => Ok(session.read_output::<f32>(program, index)?.to_vec()),
        DType::I8 if info.scale > 0.0 => Ok(session
            .read_output::<i8>(program, index)?
            .iter()
            .map(|&q| (i32::from(q) - info.zero_point) as f32 * info.scale)
            .collect()),
        dtype => Err(not_real("the output", dtype)),
    }
}

fn quantize(info: &TensorInfo<'_>, value: f32) -> i8 {
    let steps = (value / info.scale).round_ties_even() + info.zero_point as f32;
    // A cast from float saturates, and NaN becomes 0.
    steps as i8
}

fn not_real(what: &'static str, dtype: DType) -> HostError {
    let dtype = match dtype {
        DType::F32 => "f32",
        DType::F16 => "f16",
        DType::Bf16 => "bf16",
        DType::I8 => "i8 without a scale",
        DType::U8 => "u8",
        DType::I16 => "i16",
        DType::I32 => "i32",
        DType::I64 => "i64",
        DType::Bool => "bool",
        DType::I4 => "i4",
    };
    HostError::NotReal { what, dtype }
}
