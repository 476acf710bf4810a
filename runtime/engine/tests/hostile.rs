//! Packages with damaged tables but a right checksum, and steps that are no compiler's: the engine may refuse
//! them or compute nonsense, but it neither panics nor leaves its memory, nor takes long.

mod any_step;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use cadet_format::{Generator, package_crc};
use cadet_kernels::Isa;
use cadet_runtime::{Memory, Package, Session, kernels, run_golden};
use proptest::prelude::*;

const ARENA_BYTES: usize = 64 * 1024;
const STATE_BYTES: usize = 1024;

#[repr(align(64))]
struct Aligned<const N: usize>([u8; N]);

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../format/corpus");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|e| e == "cadet"))
        .collect();
    files.sort();
    files.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Changes in the plan, not in the weights: 1 to 4 bytes of the first 4 kB behind the header's start.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let packages = corpus();
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (0..packages.len(), prop::collection::vec(change, 1..5)).prop_map(move |(package, changes)| {
        let mut bytes = packages[package].clone();
        let plan = bytes.len().min(4096);
        for (at, value) in changes {
            bytes[16 + at.index(plan - 16)] = value;
        }
        let crc = package_crc(&bytes).unwrap();
        bytes[124..128].copy_from_slice(&crc.to_le_bytes());
        bytes
    })
}

/// `cargo xtask test --full` tries many more.
fn cases() -> u32 {
    match std::env::var_os("CADET_FULL") {
        Some(_) => 1 << 20,
        None => 4096,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn no_plan_makes_the_engine_panic(bytes in damaged()) {
        let mut flash = Box::new(Aligned([0; 32 * 1024]));
        flash.0[..bytes.len()].copy_from_slice(&bytes);
        let mut arena = Box::new(Aligned([0xA5; ARENA_BYTES]));
        let Ok(package) = Package::new(&flash.0[..bytes.len()]) else { return Ok(()) };
        let promised = package.header().arena_bytes[0] as usize;
        let mut state = Box::new(Aligned([0xA5; STATE_BYTES]));
        let kept = package.header().state_bytes[0] as usize;
        for isa in Isa::all() {
            let memory = Memory::with_arena_and_state(&mut arena.0, &mut state.0);
            if let Ok(mut session) = Session::new(package, memory, kernels::ALL) {
                session.set_isa(isa);
                let _ = run_golden(&mut session, &mut Generator::new(1), |_, _, _| Ok(()));
            }
        }
        if promised < ARENA_BYTES {
            prop_assert!(arena.0[promised..].iter().all(|&byte| byte == 0xA5), "wrote behind its arena");
        }
        if kept < STATE_BYTES {
            prop_assert!(state.0[kept..].iter().all(|&byte| byte == 0xA5), "wrote behind its state");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases() / 8))]

    #[test]
    fn no_step_makes_the_engine_panic(choices in prop::collection::vec(any::<u8>(), 0..192)) {
        let mut flash = Box::new(Aligned([0; 32 * 1024]));
        let mut arena = Box::new(Aligned([0xA5; ARENA_BYTES]));
        for words in 0..32 {
            let bytes = any_step::package(&choices, words);
            flash.0[..bytes.len()].copy_from_slice(&bytes);
            let package = Package::new(&flash.0[..bytes.len()]).unwrap();
            for isa in Isa::all() {
                let memory = Memory::with_arena(&mut arena.0);
                let mut session = Session::new(package, memory, kernels::ALL).unwrap();
                session.set_isa(isa);
                let start = Instant::now();
                let _ = session.run(0);
                prop_assert!(start.elapsed() < Duration::from_secs(2));
            }
            let behind = &arena.0[any_step::ARENA_BYTES..];
            prop_assert!(behind.iter().all(|&byte| byte == 0xA5), "wrote behind its arena");
        }
    }
}
