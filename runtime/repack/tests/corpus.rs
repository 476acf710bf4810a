//! Every package of the corpus, repacked, gives what it gave before.

mod support;

use cadet_format::{Generator, Golden, Layout, Package};
use cadet_kernels::Isa;
use cadet_repack::blocked;
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
        assert!(blocked(&package, package.target(), Layout::Canonical).is_none());
        for (name, laid_out) in packages {
            computes_the_same(&package, laid_out, &name);
            repacked += 1;
        }
    }
    assert!(repacked > 2, "the corpus has convolutions");
}

/// By every instruction set.
fn computes_the_same(package: &Package<'_>, laid_out: Package<'_>, name: &str) {
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
