use cadet_format::DType;
use prost::Message;
use tract_onnx::pb;
use tract_onnx::pb::tensor_proto::DataType;

/// Relative and absolute tolerance of a test: `|found - wanted| <= absolute + relative * |wanted|`, and beside
/// it the rounding of the largest element, since sums that cancel are as coarse as their terms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tolerance {
    pub(super) relative: f64,
    pub(super) absolute: f64,
}

/// A tensor in row-major order.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
    /// Elements, little-endian.
    pub(super) bytes: Vec<u8>,
}

impl Value {
    /// Reads a `TensorProto` as onnx writes the data of its tests.
    pub(super) fn decode(proto: &[u8]) -> Value {
        let proto = pb::TensorProto::decode(proto).unwrap();
        let dtype = match DataType::try_from(proto.data_type).unwrap() {
            DataType::Float => DType::F32,
            DataType::Int8 => DType::I8,
            DataType::Uint8 => DType::U8,
            DataType::Int32 => DType::I32,
            DataType::Int64 => DType::I64,
            DataType::Bool => DType::Bool,
            other => panic!("{other:?} is not in the edge set"),
        };
        let shape: Vec<usize> = proto.dims.iter().map(|&dim| dim as usize).collect();
        let len: usize = shape.iter().product();
        assert_eq!(proto.raw_data.len(), len * dtype.bits() as usize / 8);
        Value {
            dtype,
            shape,
            bytes: proto.raw_data,
        }
    }

    /// The elements of a float tensor.
    pub(super) fn floats(&self) -> impl Iterator<Item = f32> {
        let words = self.bytes.chunks_exact(4);
        words.map(|word| f32::from_le_bytes(word.try_into().unwrap()))
    }

    /// How `found` differs from this, the wanted value: floats by more than the tolerance, where
    /// NaN equals NaN, integers and booleans at all.
    pub(super) fn difference(&self, found: &Value, tolerance: Tolerance) -> Option<String> {
        if (self.dtype, &self.shape) != (found.dtype, &found.shape) {
            return Some(format!(
                "is {:?} {:?}, not {:?} {:?}",
                found.dtype, found.shape, self.dtype, self.shape
            ));
        }
        if self.dtype != DType::F32 {
            let width = self.dtype.bits() as usize / 8;
            let pairs = self.bytes.chunks(width).zip(found.bytes.chunks(width));
            let (index, (wanted, found)) = pairs.enumerate().find(|(_, (a, b))| a != b)?;
            return Some(format!(
                "[{index}] is {}, not {}",
                integer(found),
                integer(wanted)
            ));
        }
        let finite = self.floats().filter(|wanted| wanted.is_finite());
        let largest = finite.fold(0.0f32, |largest, wanted| largest.max(wanted.abs()));
        let absolute = tolerance.absolute + f64::from(largest * f32::EPSILON / 2.0);
        let is_near = |found: f32, wanted: f32| {
            let (found, wanted) = (f64::from(found), f64::from(wanted));
            let bound = absolute + tolerance.relative * wanted.abs();
            // Infinities are equal or wrong: their bound is infinite too.
            found == wanted
                || found.is_nan() && wanted.is_nan()
                || wanted.is_finite() && (found - wanted).abs() <= bound
        };
        let mut pairs = found.floats().zip(self.floats()).enumerate();
        let (index, (found, wanted)) =
            pairs.find(|&(_, (found, wanted))| !is_near(found, wanted))?;
        Some(format!("[{index}] is {found}, not {wanted}"))
    }
}

/// A little-endian integer; booleans and u8 are shown as they lie in memory.
fn integer(bytes: &[u8]) -> i64 {
    match *bytes {
        [byte] => byte.into(),
        [a, b, c, d] => i32::from_le_bytes([a, b, c, d]).into(),
        _ => i64::from_le_bytes(bytes.try_into().unwrap()),
    }
}

#[test]
fn only_near_values_do_not_differ() {
    let floats = |values: &[f32]| Value {
        dtype: DType::F32,
        shape: vec![values.len()],
        bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
    };
    let tolerance = Tolerance {
        relative: 1e-3,
        absolute: 1e-7,
    };
    let wanted = floats(&[1.0, f32::NAN, f32::INFINITY, 0.0]);
    let differs = |found: &[f32]| wanted.difference(&floats(found), tolerance);
    assert_eq!(differs(&[1.0009, f32::NAN, f32::INFINITY, -1e-8]), None);
    assert!(differs(&[1.002, f32::NAN, f32::INFINITY, 0.0]).is_some());
    assert!(differs(&[1.0, 0.0, f32::INFINITY, 0.0]).is_some());
    assert!(differs(&[1.0, f32::NAN, f32::MAX, 0.0]).is_some());
    assert!(differs(&[1.0, f32::NAN, f32::NEG_INFINITY, 0.0]).is_some());
    assert!(differs(&[1.0, f32::NAN, f32::INFINITY]).is_some());
}
