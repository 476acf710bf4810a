//! Sessions that share their steps among threads compute what those on one thread do, bit for bit.

#[path = "../../repack/tests/support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use cadet_format::{Generator, Package};
use cadet_kernels::{Isa, Team};
use cadet_repack::AlignedBytes;
use cadet_runtime::{run_golden, scratch_bytes};
use cadet_threads::Threads;
use support::{Buffers, Entry, corpus};

/// Counts the steps that are shared.
struct Counting<'a> {
    threads: &'a Threads,
    steps: AtomicUsize,
}

// SAFETY: hands everything on to a team.
unsafe impl Team for Counting<'_> {
    fn hands(&self) -> usize {
        self.threads.hands()
    }

    fn run(&self, parts: usize, work: &(dyn Fn(usize) + Sync)) {
        self.steps.fetch_add(1, Relaxed);
        self.threads.run(parts, work);
    }
}

/// Checksums of all steps' outputs.
fn results(package: Package<'_>, isa: Isa, team: Option<&dyn Team>) -> Vec<u32> {
    let mut buffers = Buffers::new(package.header());
    let mut scratch = AlignedBytes::zeroed(scratch_bytes(&package));
    let mut session = buffers.session(package);
    session.set_isa(isa);
    if let Some(team) = team {
        session.set_crew(team, scratch.as_mut_slice());
    }
    let mut sums = Vec::new();
    run_golden(&mut session, &mut Generator::new(7), |_, _, crc| {
        sums.push(crc);
        Ok(())
    })
    .unwrap();
    sums
}

#[test]
fn the_corpus_computes_the_same() {
    let mut shared = 0;
    for hands in 1..=5 {
        let threads = Threads::new(hands);
        for Entry { path, flashes } in corpus() {
            for (layout, flash) in flashes {
                let package = Package::new(flash.as_slice()).unwrap();
                for isa in Isa::all() {
                    let team = Counting {
                        threads: &threads,
                        steps: AtomicUsize::new(0),
                    };
                    let expected = results(package, isa, None);
                    let name = format!("{} {layout:?} by {}", path.display(), isa.name());
                    assert_eq!(results(package, isa, Some(&team)), expected, "{name}");
                    let steps = team.steps.into_inner();
                    assert!(hands > 1 || steps == 0, "one hand shares nothing");
                    shared += steps;
                }
            }
        }
    }
    assert!(shared > 0, "nothing was shared");
}
