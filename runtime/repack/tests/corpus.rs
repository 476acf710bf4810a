//! Every package of the corpus, repacked, gives what it gave before.

mod support;

use cadet_format::{DType, Generator, Golden, KernelId, Layout, Opcode, Package, Region};
use cadet_kernels::Isa;
use cadet_repack::laid_out;
use cadet_runtime::run_golden;
use support::{Buffers, Entry, corpus};

/// Checksums of all steps' outputs, and the outputs of the first program.
fn results(package: Package<'_>, isa: Isa) -> (Vec<u32>, Vec<u8>) {
    let mut buffers = Buffers::new(package.header());
    let mut session = buffers.session(package);
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
    let mut repacked = 0;
    for Entry { path, flashes } in corpus() {
        let mut packages = flashes.iter().map(|(layout, flash)| {
            let package = Package::new(flash.as_slice()).unwrap();
            (format!("{} {layout:?}", path.display()), package)
        });
        let (_, package) = packages.next().unwrap();
        assert!(laid_out(&package, package.target(), Layout::Canonical).is_none());
        for (name, other) in packages {
            computes_the_same(&package, other, &name);
            repacked += 1;
        }
    }
    assert!(repacked > 2, "the corpus has convolutions");
}

/// By every instruction set.
fn computes_the_same(package: &Package<'_>, other: Package<'_>, name: &str) {
    assert_eq!(other.header().signature_scheme, 0);
    let (expected, outputs) = results(*package, Isa::Baseline);
    for isa in Isa::all() {
        let (sums, found) = results(other, isa);
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

/// Kernels of the steps, and extents and bytes of the constants.
type Contents<'a> = (Vec<KernelId>, Vec<(&'a [u8], &'a [u8])>);

fn contents<'a>(package: &Package<'a>) -> Contents<'a> {
    let steps = package.steps(0).unwrap().iter();
    let kernels = steps.map(|step| package.kernels()[usize::from(step.kernel)]);
    let rows = 0..package.tensor_count() as u16;
    let constants = rows.filter_map(|row| {
        let info = package.tensor(row).unwrap();
        let Region::Weights(region) = info.region else {
            return None;
        };
        let bytes = &package.weights(region).unwrap()[info.offset..][..info.bytes];
        Some((bytemuck::cast_slice(info.dims), bytes))
    });
    (kernels.collect(), constants.collect())
}

#[test]
fn every_layout_becomes_every_other() {
    let mut there_and_back = 0;
    for Entry { path, flashes } in corpus() {
        for (from, flash) in &flashes {
            let package = Package::new(flash.as_slice()).unwrap();
            for (to, other) in &flashes {
                let other = Package::new(other.as_slice()).unwrap();
                let name = format!("{} {from:?} {to:?}", path.display());
                let Some(bytes) = laid_out(&package, package.target(), *to) else {
                    assert_eq!(contents(&package), contents(&other), "{name}");
                    continue;
                };
                let found = Package::new(bytes.as_slice()).unwrap();
                assert_eq!(contents(&found), contents(&other), "{name}");
                there_and_back += 1;
            }
        }
    }
    assert!(there_and_back >= 6, "the corpus has convolutions in int8");
}

/// Packages with floats in them lie in the corpus in every form of weights.
#[test]
fn floats_are_laid_out_whatever_they_are_stored_as() {
    let mut found = Vec::new();
    for Entry { flashes, .. } in corpus() {
        let blocks = flashes.iter().filter(|it| it.0 == Layout::Blocked);
        for (_, flash) in blocks {
            let package = Package::new(flash.as_slice()).unwrap();
            let kernels = package.kernels().iter();
            let blocked = kernels.filter(|id| id.layout == Layout::Blocked as u8);
            found.extend(blocked.map(|id| (id.opcode, id.dtype)));
        }
    }
    for opcode in [
        Opcode::Conv2d,
        Opcode::Conv2dAdd,
        Opcode::FullyConnected,
        Opcode::Conv2dCompressed,
        Opcode::FullyConnectedCompressed,
    ] {
        let wanted = (opcode as u16, DType::F32 as u8);
        assert!(found.contains(&wanted), "{}", opcode.name());
    }
}
