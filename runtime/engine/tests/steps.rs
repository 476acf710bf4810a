//! Every kernel as a step with any operands and parameters: it computes or refuses, but it neither panics, nor
//! runs for long, nor leaves the arena.

mod support;

use bytemuck::cast_slice;
use cadet_format::{DType, KernelId, Region};
use cadet_kernels::Isa;
use cadet_runtime::{Memory, Package, Session, kernels};
use proptest::prelude::*;
use support::{Operand, one_step};

const ARENA_BYTES: usize = 1024;
const LONGEST_PARAMS: usize = 40;

#[repr(align(64))]
struct Aligned<const N: usize>([u8; N]);

/// Mostly what a compiler could write, sometimes the end of the range.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        6 => 0u32..5,
        1 => Just(u32::MAX),
        1 => Just(1.5f32.to_bits()),
        1 => any::<u32>(),
    ]
}

fn operand(dtype: DType) -> impl Strategy<Value = Option<Operand>> {
    const DTYPES: [DType; 7] = [
        DType::F32,
        DType::I8,
        DType::U8,
        DType::I32,
        DType::I64,
        DType::Bool,
        DType::F16,
    ];
    let dtype = prop_oneof![3 => Just(dtype), 2 => prop::sample::select(&DTYPES[..])];
    let extent = prop_oneof![1 => Just(0u32), 20 => 1u32..5, 1 => Just(1 << 28)];
    let dims = prop::collection::vec(extent, 0..5);
    let place = (any::<bool>(), 0u32..32);
    let operand = (dtype, dims, place).prop_map(|(dtype, dims, (constant, slot))| Operand {
        region: if constant {
            Region::Weights(0)
        } else {
            Region::Arena(0)
        },
        dtype,
        dims,
        offset: slot * 8,
    });
    prop_oneof![1 => Just(None), 12 => operand.prop_map(Some)]
}

prop_compose! {
    /// A kernel with operands of which most have its type.
    fn step()(row in 0..kernels::ALL.len())(
        kernel in Just(kernels::ALL[row].id),
        operands in prop::collection::vec(
            operand(DType::from_u8(kernels::ALL[row].id.dtype).unwrap()), 1..7),
        outputs in 1usize..3,
    ) -> (KernelId, Vec<Option<Operand>>, usize) {
        let outputs = outputs.min(operands.len());
        (kernel, operands, outputs)
    }
}

/// `cargo xtask test --full` tries many more.
fn cases() -> u32 {
    match std::env::var_os("CADET_FULL") {
        Some(_) => 1 << 20,
        None => 1 << 14,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn no_step_makes_the_engine_panic(
        (kernel, mut operands, outputs) in step(),
        params in prop::collection::vec(word(), LONGEST_PARAMS),
        weights in prop::collection::vec(prop_oneof![0u32..3, any::<u32>()], ARENA_BYTES / 4),
    ) {
        let first_output = operands.len() - outputs;
        for output in operands[first_output..].iter_mut().flatten() {
            output.region = Region::Arena(0);
        }
        let mut flash = Box::new(Aligned([0; 8 * 1024]));
        let mut arena = Box::new(Aligned([0xA5; 2 * ARENA_BYTES]));
        // The kernel reads one length of parameters and refuses all others at once.
        for words in 0..=LONGEST_PARAMS {
            let bytes = one_step(
                kernel,
                cast_slice(&params[..words]),
                &operands,
                outputs,
                ARENA_BYTES as u32,
                cast_slice(&weights),
            );
            flash.0[..bytes.len()].copy_from_slice(&bytes);
            let Ok(package) = Package::new(&flash.0[..bytes.len()]) else { return Ok(()) };
            for isa in Isa::all() {
                arena.0[..ARENA_BYTES].copy_from_slice(cast_slice(&weights));
                let memory = Memory::with_arena(&mut arena.0);
                let mut session = Session::new(package, memory, kernels::ALL).unwrap();
                session.set_isa(isa);
                let _ = session.run(0);
            }
        }
        prop_assert!(arena.0[ARENA_BYTES..].iter().all(|&byte| byte == 0xA5), "wrote behind its arena");
    }
}
