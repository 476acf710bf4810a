//! Whole packages: the format's corpus, and every `.cadet` file in the folder `CADET_BENCH_PACKAGES`.

use cadet_benches::packages;
use cadet_format::Generator;
use cadet_runtime::{Memory, Package, Session, kernels, run_golden};
use criterion::{Criterion, criterion_group, criterion_main};

/// `length` bytes at a multiple of 64, the strictest alignment that packages ask for.
fn aligned(buffer: &mut Vec<u8>, length: usize) -> &mut [u8] {
    buffer.resize(length + 64, 0);
    let start = buffer.as_ptr().align_offset(64);
    &mut buffer[start..start + length]
}

fn models(c: &mut Criterion) {
    let mut group = c.benchmark_group("models");
    for named in packages() {
        let (mut flash, mut arena) = (Vec::new(), Vec::new());
        let flash = aligned(&mut flash, named.bytes.len());
        flash.copy_from_slice(&named.bytes);
        let package = Package::new(flash).unwrap_or_else(|e| panic!("{}: {e}", named.name));
        if package.onnx().is_some() {
            // Whole models take tract's time, not ours.
            continue;
        }
        let arena = aligned(&mut arena, package.header().arena_bytes[0] as usize);
        let mut session = Session::new(package, Memory::with_arena(arena), kernels::ALL)
            .expect("a package with one arena");
        // Leaves inputs in place, so that the runs below are of real work.
        run_golden(&mut session, &mut Generator::new(1), |_, _, _| Ok(()))
            .expect("a package that runs");
        group.bench_function(&named.name, |b| b.iter(|| session.run(0)));
    }
    group.finish();
}

criterion_group!(benches, models);
criterion_main!(benches);
