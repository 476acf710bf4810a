//! tract's tensors from and to elements as they lie in packages' memory.

use bytemuck::Pod;
use cadet_format::DType;
use tract_onnx::prelude::*;

use crate::ValueShape;

/// The element type of packages; `None` where they have none of the kind.
pub(crate) fn dtype_of(datum: DatumType) -> Option<DType> {
    Some(match datum.unquantized() {
        DatumType::F32 => DType::F32,
        DatumType::I8 => DType::I8,
        DatumType::U8 => DType::U8,
        DatumType::I16 => DType::I16,
        DatumType::I32 => DType::I32,
        // Shape arithmetic is symbolic in tract, i64 in ONNX.
        DatumType::I64 | DatumType::TDim => DType::I64,
        DatumType::Bool => DType::Bool,
        _ => return None,
    })
}

/// The tensor of a declared value.
pub(crate) fn tensor_of(declared: &ValueShape, bytes: &[u8]) -> TractResult<TValue> {
    let shape = &declared.shape[..];
    let tensor = match declared.dtype {
        Some(DType::F32) => plain::<f32>(shape, bytes),
        Some(DType::I8) => plain::<i8>(shape, bytes),
        Some(DType::U8) => plain::<u8>(shape, bytes),
        Some(DType::I16) => plain::<i16>(shape, bytes),
        Some(DType::I32) => plain::<i32>(shape, bytes),
        Some(DType::I64) => plain::<i64>(shape, bytes),
        Some(DType::Bool) => {
            let values: Vec<bool> = bytes.iter().map(|&byte| byte != 0).collect();
            Tensor::from_shape(shape, &values)
        }
        _ => return no_type(&declared.name),
    };
    Ok(tensor?.into_tvalue())
}

/// The elements of a tensor.
pub(crate) fn bytes_of(tensor: &Tensor) -> TractResult<Vec<u8>> {
    match dtype_of(tensor.datum_type()) {
        Some(DType::F32) => elements::<f32>(tensor),
        Some(DType::I8) => elements::<i8>(tensor),
        Some(DType::U8 | DType::Bool) => elements::<u8>(tensor),
        Some(DType::I16) => elements::<i16>(tensor),
        Some(DType::I32) => elements::<i32>(tensor),
        Some(DType::I64) => elements::<i64>(tensor),
        _ => no_type("an output"),
    }
}

fn no_type<T>(name: &str) -> TractResult<T> {
    let message = format!("{name} is of a type that packages do not have");
    Err(TractError::msg(message))
}

fn plain<T: Datum + Pod>(shape: &[usize], bytes: &[u8]) -> TractResult<Tensor> {
    let elements = bytes.chunks_exact(size_of::<T>());
    let elements: Vec<T> = elements.map(bytemuck::pod_read_unaligned).collect();
    Tensor::from_shape(shape, &elements)
}

fn elements<T: Datum + Pod>(tensor: &Tensor) -> TractResult<Vec<u8>> {
    let tensor = tensor.cast_to::<T>()?;
    let view = tensor.to_plain_array_view::<T>()?;
    let elements: Vec<T> = view.iter().copied().collect();
    Ok(bytemuck::cast_slice(&elements).to_vec())
}
