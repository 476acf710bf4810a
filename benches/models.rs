//! Whole packages: the format's corpus, and every `.cadet` file in the folder `CADET_BENCH_PACKAGES`.

use cadet_benches::{aligned, packages};
use cadet_format::Generator;
use cadet_kernels::Isa;
use cadet_repack::{blocked, layout};
use cadet_runtime::{Memory, Package, Session, kernels, run_golden};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};

fn models(c: &mut Criterion) {
    let mut group = c.benchmark_group("models");
    for named in packages() {
        let mut flash = Vec::new();
        let flash = aligned(&mut flash, named.bytes.len());
        flash.copy_from_slice(&named.bytes);
        let package = Package::new(flash).unwrap_or_else(|e| panic!("{}: {e}", named.name));
        let header = package.header();
        if package.onnx().is_some() || header.input_bytes > 0 {
            // Whole models take tract's time, not ours; fed ones wait for their rows.
            continue;
        }
        time(&mut group, &named.name, package, Isa::Baseline);
        let isa = Isa::detect();
        if let Some(bytes) = blocked(&package, package.target(), layout(isa)) {
            let mut flash = Vec::new();
            let flash = aligned(&mut flash, bytes.len());
            flash.copy_from_slice(&bytes);
            let package = Package::new(flash).unwrap_or_else(|e| panic!("{}: {e}", named.name));
            time(&mut group, &named.name, package, isa);
        }
    }
    group.finish();
}

fn time(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, package: Package<'_>, isa: Isa) {
    let mut arena = Vec::new();
    let arena = aligned(&mut arena, package.header().arena_bytes[0] as usize);
    let mut session = Session::new(package, Memory::with_arena(arena), kernels::ALL)
        .expect("a package with one arena");
    session.set_isa(isa);
    // Leaves inputs in place, so that the runs below are of real work.
    run_golden(&mut session, &mut Generator::new(1), |_, _, _| Ok(()))
        .expect("a package that runs");
    group.bench_function(format!("{name}/{}", isa.name()), |b| {
        b.iter(|| session.run(0));
    });
}

criterion_group!(benches, models);
criterion_main!(benches);
