//! Every package of the corpus, repacked, gives what it gave before.

use std::fs;

use cadet_format::{Generator, Golden, Layout, Package};
use cadet_kernels::Isa;
use cadet_repack::blocked;
use cadet_runtime::{Memory, Session, kernels, run_golden};

/// `length` bytes at a multiple of 64.
fn aligned(buffer: &mut Vec<u8>, length: usize) -> &mut [u8] {
    buffer.resize(length + 64, 0);
    let start = buffer.as_ptr().align_offset(64);
    &mut buffer[start..start + length]
}

/// Checksums of all steps' outputs, and the outputs of the first program.
fn results(package: Package<'_>, isa: Isa) -> (Vec<u32>, Vec<u8>) {
    let header = package.header();
    let mut buffers: [Vec<u8>; 2] = Default::default();
    let [arena, state] = &mut buffers;
    let arena = aligned(arena, header.arena_bytes[0] as usize);
    let state = aligned(state, header.state_bytes[0] as usize);
    let memory = Memory::with_arena_and_state(arena, state);
    let mut session = Session::new(package, memory, kernels::ALL).unwrap();
    session.set_isa(isa);
    let mut sums = Vec::new();
    let mut generator = package
        .golden()
        .map_or(Generator::new(7), |golden: Golden<'_>| {
            golden.generator(0).unwrap()
        });
    run_golden(&mut session, &mut generator, |_, _, crc| {
        sums.push(crc);
        Ok(())
    })
    .unwrap();
    let outputs = 0..package.outputs(0).unwrap().len();
    let bytes = outputs.flat_map(|output| session.output(0, output).unwrap().to_vec());
    (sums, bytes.collect())
}

#[test]
fn the_corpus_computes_the_same() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../format/corpus");
    let mut repacked = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let mut flash = Vec::new();
        let flash = aligned(&mut flash, bytes.len());
        flash.copy_from_slice(&bytes);
        let Ok(package) = Package::new(flash) else {
            continue;
        };
        assert!(blocked(&package, package.target(), Layout::Canonical).is_none());
        for layout in [Layout::Blocked, Layout::BlockedPairs] {
            if let Some(bytes) = blocked(&package, package.target(), layout) {
                let name = format!("{} {layout:?}", path.display());
                computes_the_same(&package, &bytes, &name);
                repacked += 1;
            }
        }
    }
    assert!(repacked > 2, "the corpus has convolutions");
}

/// By every instruction set.
fn computes_the_same(package: &Package<'_>, laid_out: &[u8], name: &str) {
    let mut flash = Vec::new();
    let flash = aligned(&mut flash, laid_out.len());
    flash.copy_from_slice(laid_out);
    let laid_out = Package::new(flash).unwrap();
    assert_eq!(laid_out.header().signature_scheme, 0);
    let (expected, outputs) = results(*package, Isa::Baseline);
    for isa in Isa::all() {
        let (sums, found) = results(laid_out, isa);
        let is_exact = package.golden().is_some_and(|golden| golden.is_exact());
        if is_exact || isa == Isa::Baseline {
            assert_eq!(sums, expected, "{name} by {}", isa.name());
            continue;
        }
        let floats = |bytes: &[u8]| -> Vec<f32> {
            bytes
                .chunks_exact(4)
                .map(|it| f32::from_le_bytes([it[0], it[1], it[2], it[3]]))
                .collect()
        };
        for (found, expected) in floats(&found).iter().zip(floats(&outputs)) {
            let bound = 1e-5 * expected.abs().max(1.0);
            assert!(
                (found - expected).abs() <= bound,
                "{found} for {expected} in {name}"
            );
        }
    }
}
