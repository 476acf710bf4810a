//! Functions of each element, and of pairs.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, StepFn, kernel};
use crate::ops::{add, binary, cast, mul, prelu, select, unary};

/// The kernels.
pub const TABLE: &[Kernel] = &[
    row(Opcode::Add, DType::F32, add::f32),
    kernel(Opcode::Add, DType::I8, Numerics::Onnx, add::i8),
    kernel(Opcode::Add, DType::I8, Numerics::Tflite, add::i8),
    kernel(Opcode::Mul, DType::I8, Numerics::Onnx, mul::i8),
    kernel(Opcode::Mul, DType::I8, Numerics::Tflite, mul::i8),
    kernel(Opcode::PRelu, DType::I8, Numerics::Onnx, prelu::i8),
    kernel(Opcode::PRelu, DType::I8, Numerics::Tflite, prelu::i8),
    row(Opcode::Unary, DType::F32, unary::unary),
    row(Opcode::Transcendental, DType::F32, unary::transcendental),
    row(Opcode::Table, DType::I8, unary::table),
    row(Opcode::Binary, DType::F32, binary::f32),
    row(Opcode::Binary, DType::I8, binary::integer::<i8>),
    row(Opcode::Binary, DType::U8, binary::integer::<u8>),
    row(Opcode::Binary, DType::I32, binary::integer::<i32>),
    row(Opcode::Binary, DType::I64, binary::integer::<i64>),
    row(Opcode::Binary, DType::Bool, binary::boolean),
    row(Opcode::Compare, DType::F32, binary::compare::<f32>),
    row(Opcode::Compare, DType::I8, binary::compare::<i8>),
    row(Opcode::Compare, DType::U8, binary::compare::<u8>),
    row(Opcode::Compare, DType::I32, binary::compare::<i32>),
    row(Opcode::Compare, DType::I64, binary::compare::<i64>),
    row(Opcode::Compare, DType::Bool, binary::compare_booleans),
    row(Opcode::Pow, DType::F32, binary::pow_f32),
    row(Opcode::Pow, DType::I32, binary::pow_integer::<i32>),
    row(Opcode::Pow, DType::I64, binary::pow_integer::<i64>),
    row(Opcode::Select, DType::F32, select::select),
    row(Opcode::Select, DType::F16, select::select),
    row(Opcode::Select, DType::Bf16, select::select),
    row(Opcode::Select, DType::I8, select::select),
    row(Opcode::Select, DType::U8, select::select),
    row(Opcode::Select, DType::I16, select::select),
    row(Opcode::Select, DType::I32, select::select),
    row(Opcode::Select, DType::I64, select::select),
    row(Opcode::Select, DType::Bool, select::select),
    row(Opcode::Cast, DType::F32, cast::cast),
    row(Opcode::Cast, DType::F16, cast::cast),
    row(Opcode::Cast, DType::Bf16, cast::cast),
    row(Opcode::Cast, DType::I8, cast::cast),
    row(Opcode::Cast, DType::U8, cast::cast),
    row(Opcode::Cast, DType::I16, cast::cast),
    row(Opcode::Cast, DType::I32, cast::cast),
    row(Opcode::Cast, DType::I64, cast::cast),
    row(Opcode::Cast, DType::Bool, cast::cast),
];

/// A kernel whose results are not those of quantised numbers.
const fn row(opcode: Opcode, dtype: DType, run: StepFn) -> Kernel {
    kernel(opcode, dtype, Numerics::None, run)
}
