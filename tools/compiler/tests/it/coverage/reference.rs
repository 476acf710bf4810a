use cadet_compiler::{Options, package_whole};
use cadet_format::DType;
use prost::Message;
use tract_onnx::prelude::*;

use super::node_test::NodeTest;
use super::panics;
use super::value::Value;

pub(super) const OTHER_VALUES: &str = "tract computes other values";

/// Whether a test's model may be packaged whole.
pub(super) fn is_packaged_whole(test: &NodeTest) -> bool {
    let onnx = test.model.encode_to_vec();
    panics::catch(|| package_whole(&onnx, &Options::float(), Vec::new()).is_ok()).unwrap_or(true)
}

/// Runs a test's model in tract, the fallback for what the engine lacks, and tells why its values
/// are not the wanted ones.
pub(super) fn examine(test: &NodeTest) -> Result<(), &'static str> {
    // tract indexes and unwraps where it meets operators' newer forms.
    match panics::catch(|| run(test)) {
        Ok(Ok(outputs)) => match test.difference(&outputs) {
            Some(_) => Err(OTHER_VALUES),
            None => Ok(()),
        },
        Ok(Err(_)) => Err("tract refuses it"),
        Err(_) => Err("tract panics"),
    }
}

fn run(test: &NodeTest) -> TractResult<Vec<Value>> {
    let mut model = tract_onnx::onnx().model_for_proto_model(&test.model)?;
    for (index, (_, value)) in test.inputs.iter().enumerate() {
        let datum = match value.dtype {
            DType::F32 => f32::datum_type(),
            DType::I8 => i8::datum_type(),
            DType::U8 => u8::datum_type(),
            DType::I32 => i32::datum_type(),
            DType::I64 => i64::datum_type(),
            _ => bool::datum_type(),
        };
        model.set_input_fact(index, InferenceFact::dt_shape(datum, &value.shape))?;
    }
    let plan = model.into_optimized()?.into_runnable()?;
    let inputs = test.inputs.iter().map(|(_, value)| tensor(value));
    let outputs = plan.run(inputs.collect::<TractResult<_>>()?)?;
    outputs.iter().map(|output| untensor(output)).collect()
}

fn tensor(value: &Value) -> TractResult<TValue> {
    let Value {
        dtype,
        shape,
        bytes,
    } = value;
    let tensor = match dtype {
        DType::F32 => Tensor::from_shape(shape, &bytemuck::pod_collect_to_vec::<u8, f32>(bytes)),
        DType::I8 => Tensor::from_shape(shape, &bytemuck::pod_collect_to_vec::<u8, i8>(bytes)),
        DType::U8 => Tensor::from_shape(shape, bytes),
        DType::I32 => Tensor::from_shape(shape, &bytemuck::pod_collect_to_vec::<u8, i32>(bytes)),
        DType::I64 => Tensor::from_shape(shape, &bytemuck::pod_collect_to_vec::<u8, i64>(bytes)),
        _ => {
            let bools: Vec<bool> = bytes.iter().map(|&byte| byte != 0).collect();
            Tensor::from_shape(shape, &bools)
        }
    };
    Ok(tensor?.into_tvalue())
}

fn untensor(tensor: &Tensor) -> TractResult<Value> {
    let (dtype, bytes) = match tensor.datum_type().unquantized() {
        DatumType::F32 => (DType::F32, bytes_as::<f32>(tensor)?),
        DatumType::I8 => (DType::I8, bytes_as::<i8>(tensor)?),
        DatumType::U8 => (DType::U8, bytes_as::<u8>(tensor)?),
        DatumType::I32 => (DType::I32, bytes_as::<i32>(tensor)?),
        // Shape arithmetic is symbolic in tract, i64 in ONNX.
        DatumType::I64 | DatumType::TDim => (DType::I64, bytes_as::<i64>(tensor)?),
        DatumType::Bool => (DType::Bool, bytes_as::<u8>(tensor)?),
        other => return Err(TractError::msg(format!("unexpected output of {other:?}"))),
    };
    Ok(Value {
        dtype,
        shape: tensor.shape().to_vec(),
        bytes,
    })
}

fn bytes_as<T: Datum + bytemuck::Pod>(tensor: &Tensor) -> TractResult<Vec<u8>> {
    let tensor = tensor.cast_to::<T>()?;
    let elements = tensor.to_plain_array_view::<T>()?;
    let elements: Vec<T> = elements.iter().copied().collect();
    Ok(bytemuck::cast_slice(&elements).to_vec())
}
