use crate::proto::{
    DimensionProto, DimensionValue, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto,
    ValueInfoProto,
};

/// Element types, with the numbers of `TensorProto.DataType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum ElementType {
    /// 32-bit float.
    F32 = 1,
    /// Unsigned byte.
    U8 = 2,
    /// Signed byte.
    I8 = 3,
    /// 32-bit integer.
    I32 = 6,
    /// 64-bit integer.
    I64 = 7,
    /// True or false.
    Bool = 9,
}

/// Length of an axis: known, or a symbol bound when the model is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// A known length.
    Fixed(usize),
    /// A symbol, such as `N` for the batch.
    Symbol(String),
}

impl From<usize> for Dim {
    fn from(length: usize) -> Self {
        Dim::Fixed(length)
    }
}

impl From<&str> for Dim {
    fn from(symbol: &str) -> Self {
        Dim::Symbol(symbol.into())
    }
}

pub(crate) fn value_info(name: &str, element: ElementType, shape: Vec<Dim>) -> ValueInfoProto {
    let dim = shape.into_iter().map(|length| DimensionProto {
        value: Some(match length {
            Dim::Fixed(length) => DimensionValue::DimValue(length as i64),
            Dim::Symbol(symbol) => DimensionValue::DimParam(symbol),
        }),
    });
    ValueInfoProto {
        name: Some(name.into()),
        r#type: Some(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type: Some(element as i32),
                shape: Some(TensorShapeProto { dim: dim.collect() }),
            }),
        }),
    }
}

/// A constant; `raw_data` holds the values in the order of a contiguous tensor, little endian.
pub(crate) fn constant(
    name: &str,
    element: ElementType,
    shape: &[usize],
    raw_data: Vec<u8>,
) -> TensorProto {
    TensorProto {
        name: Some(name.into()),
        dims: shape.iter().map(|&length| length as i64).collect(),
        data_type: Some(element as i32),
        raw_data: Some(raw_data),
        ..Default::default()
    }
}
