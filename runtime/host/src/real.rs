//! Real values in and out of a session, whatever the type of its tensors.

use cadet_format::{DType, TensorInfo};
use half::{bf16, f16};

use crate::{HostError, HostSession};

/// Writes real values to input `index` of `program`: rounded half to even to integers, by scale and zero point
/// where the input is quantised.
///
/// # Errors
/// [`HostError::SampleLength`] and [`HostError::NotReal`].
pub fn write_real(
    session: &mut HostSession<'_, '_>,
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
    let bytes: Vec<u8> = match info.dtype {
        DType::F32 => values.iter().flat_map(|it| it.to_le_bytes()).collect(),
        DType::F16 => halves(values, |it| f16::from_f32(it).to_le_bytes()),
        DType::Bf16 => halves(values, |it| bf16::from_f32(it).to_le_bytes()),
        DType::Bool => values.iter().map(|&it| u8::from(it != 0.0)).collect(),
        // A cast from float saturates, and NaN becomes 0.
        DType::I8 => integers(&info, values, |it| (it as i8).to_le_bytes()),
        DType::U8 => integers(&info, values, |it| (it as u8).to_le_bytes()),
        DType::I16 => integers(&info, values, |it| (it as i16).to_le_bytes()),
        DType::I32 => integers(&info, values, |it| (it as i32).to_le_bytes()),
        DType::I64 => integers(&info, values, |it| (it as i64).to_le_bytes()),
        DType::I4 => return Err(HostError::NotReal { dtype: "i4" }),
    };
    session.write_input(program, index, &bytes)?;
    Ok(())
}

/// Reads output `index` of `program` as real values.
///
/// # Errors
/// [`HostError::NotReal`].
pub fn read_real(
    session: &HostSession<'_, '_>,
    program: usize,
    index: usize,
) -> Result<Vec<f32>, HostError> {
    let info = session.output_info(program, index)?;
    real_values(&info, session.output(program, index)?)
}

/// The real values of a tensor's bytes: `(q - zero_point) * scale` of a quantised one, others as they are.
///
/// # Errors
/// [`HostError::NotReal`].
pub fn real_values(info: &TensorInfo<'_>, bytes: &[u8]) -> Result<Vec<f32>, HostError> {
    Ok(match info.dtype {
        DType::F32 => elements(bytes, f32::from_le_bytes),
        DType::F16 => elements(bytes, |it| f16::from_le_bytes(it).to_f32()),
        DType::Bf16 => elements(bytes, |it| bf16::from_le_bytes(it).to_f32()),
        DType::I8 => elements(bytes, |it| real(info, i8::from_le_bytes(it).into())),
        DType::U8 | DType::Bool => elements(bytes, |it| real(info, u8::from_le_bytes(it).into())),
        DType::I16 => elements(bytes, |it| real(info, i16::from_le_bytes(it).into())),
        DType::I32 => elements(bytes, |it| real(info, i32::from_le_bytes(it).into())),
        DType::I64 => elements(bytes, |it| real(info, i64::from_le_bytes(it))),
        DType::I4 => return Err(HostError::NotReal { dtype: "i4" }),
    })
}

fn real(info: &TensorInfo<'_>, integer: i64) -> f32 {
    match info.scale {
        scale if scale > 0.0 => (integer - i64::from(info.zero_point)) as f32 * scale,
        _ => integer as f32,
    }
}

fn elements<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&it| value(it)).collect()
}

fn halves(values: &[f32], bytes: fn(f32) -> [u8; 2]) -> Vec<u8> {
    values.iter().flat_map(|&it| bytes(it)).collect()
}

fn integers<const N: usize>(
    info: &TensorInfo<'_>,
    values: &[f32],
    bytes: fn(f32) -> [u8; N],
) -> Vec<u8> {
    let steps = values.iter().map(|&value| match info.scale {
        scale if scale > 0.0 => (value / scale).round_ties_even() + info.zero_point as f32,
        _ => value.round_ties_even(),
    });
    steps.flat_map(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cadet_format::Region;

    fn info(dtype: DType, scale: f32, zero_point: i32) -> TensorInfo<'static> {
        TensorInfo {
            dtype,
            region: Region::Arena(0),
            offset: 0,
            bytes: 0,
            dims: &[3],
            scale,
            zero_point,
        }
    }

    #[test]
    fn quantised_and_plain_integers_are_read_for_what_they_are() {
        let read = |dtype, scale, zero_point, bytes: &[u8]| {
            real_values(&info(dtype, scale, zero_point), bytes).unwrap()
        };
        assert_eq!(read(DType::I8, 0.5, -1, &[0, 1, 0xFF]), [0.5, 1.0, 0.0]);
        assert_eq!(
            read(DType::U8, 0.5, 128, &[0, 128, 255]),
            [-64.0, 0.0, 63.5]
        );
        assert_eq!(read(DType::I64, 0.0, 0, &(-7i64).to_le_bytes()), [-7.0]);
        assert_eq!(read(DType::Bool, 0.0, 0, &[1, 0]), [1.0, 0.0]);
        assert_eq!(
            read(DType::F16, 0.0, 0, &f16::from_f32(1.5).to_le_bytes()),
            [1.5]
        );
    }

    #[test]
    fn reals_become_the_nearest_integers() {
        let values = [-1000.0, 0.25, 0.75];
        let bytes = integers(&info(DType::I8, 0.5, 1), &values, |it| {
            (it as i8).to_le_bytes()
        });
        assert_eq!(bytes, [0x80, 1, 3]);
        let bytes = integers(&info(DType::I32, 0.0, 0), &[2.5], |it| {
            (it as i32).to_le_bytes()
        });
        assert_eq!(bytes, [2, 0, 0, 0]);
    }
}
