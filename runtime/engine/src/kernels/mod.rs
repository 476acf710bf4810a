//! The kernels that a session can call. A runtime is built with a table of them: the linker drops what no
//! table names, and a user's own kernels (opcodes from 0x8000) are further rows. One file a family.

use cadet_format::{DType, Error, KernelId, Numerics, Opcode};

use crate::Context;

pub mod affine;
pub mod axis;
pub mod blocked;
pub mod compressed;
pub mod convolution;
pub mod elementwise;
pub mod indexing;
pub mod movement;
pub mod pool;
pub mod product;
pub mod recurrent;
pub mod reduction;
pub mod resample;
pub mod softmax;

/// Runs one step.
pub type StepFn = fn(&Context<'_>) -> Result<(), Error>;

/// One kernel: what it is asked for by, and what runs it.
#[derive(Clone, Copy)]
pub struct Kernel {
    /// Identity, as packages name it.
    pub id: KernelId,
    /// Its code.
    pub run: StepFn,
}

const fn kernel(opcode: Opcode, dtype: DType, numerics: Numerics, run: StepFn) -> Kernel {
    Kernel {
        id: KernelId::new(opcode, dtype, numerics),
        run,
    }
}

/// Rows of kernels that move elements as plain bytes of their size, one a type.
macro_rules! any_type {
    ($($opcode:ident => $module:ident::$function:ident,)*) => {
        &[$(
            kernel(Opcode::$opcode, DType::F32, Numerics::None, ops::$module::$function::<u32>),
            kernel(Opcode::$opcode, DType::F16, Numerics::None, ops::$module::$function::<u16>),
            kernel(Opcode::$opcode, DType::Bf16, Numerics::None, ops::$module::$function::<u16>),
            kernel(Opcode::$opcode, DType::I8, Numerics::None, ops::$module::$function::<u8>),
            kernel(Opcode::$opcode, DType::U8, Numerics::None, ops::$module::$function::<u8>),
            kernel(Opcode::$opcode, DType::I16, Numerics::None, ops::$module::$function::<u16>),
            kernel(Opcode::$opcode, DType::I32, Numerics::None, ops::$module::$function::<u32>),
            kernel(Opcode::$opcode, DType::I64, Numerics::None, ops::$module::$function::<u64>),
            kernel(Opcode::$opcode, DType::Bool, Numerics::None, ops::$module::$function::<u8>),
        )*]
    };
}

/// Rows of kernels that count with elements, one a type. Booleans count as bytes.
macro_rules! numbers {
    ($($opcode:ident => $module:ident::$function:ident,)*) => {
        &[$(
            kernel(Opcode::$opcode, DType::F32, Numerics::None, ops::$module::$function::<f32>),
            kernel(Opcode::$opcode, DType::I8, Numerics::None, ops::$module::$function::<i8>),
            kernel(Opcode::$opcode, DType::U8, Numerics::None, ops::$module::$function::<u8>),
            kernel(Opcode::$opcode, DType::I32, Numerics::None, ops::$module::$function::<i32>),
            kernel(Opcode::$opcode, DType::I64, Numerics::None, ops::$module::$function::<i64>),
            kernel(Opcode::$opcode, DType::Bool, Numerics::None, ops::$module::$function::<u8>),
        )*]
    };
}

use {any_type, numbers};

/// Every built-in kernel.
pub const ALL: &[Kernel] = &join::<{ count(FAMILIES) }>(FAMILIES);

/// The kernels that define every result. Others in [`ALL`] have to give the same integers.
pub const REFERENCE: &[Kernel] = ALL;

const FAMILIES: &[&[Kernel]] = &[
    affine::TABLE,
    compressed::TABLE,
    axis::TABLE,
    blocked::TABLE,
    convolution::TABLE,
    elementwise::TABLE,
    indexing::TABLE,
    indexing::SCATTER,
    movement::TABLE,
    pool::TABLE,
    product::TABLE,
    recurrent::TABLE,
    reduction::TABLE,
    resample::TABLE,
    softmax::TABLE,
];

const fn count(families: &[&[Kernel]]) -> usize {
    let (mut total, mut family) = (0, 0);
    while family < families.len() {
        total += families[family].len();
        family += 1;
    }
    total
}

/// The families' rows in one table, put together by the compiler.
const fn join<const N: usize>(families: &[&[Kernel]]) -> [Kernel; N] {
    let mut table = [families[0][0]; N];
    let (mut family, mut filled) = (0, 0);
    while family < families.len() {
        let mut row = 0;
        while row < families[family].len() {
            table[filled] = families[family][row];
            filled += 1;
            row += 1;
        }
        family += 1;
    }
    table
}
