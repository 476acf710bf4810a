//! Whole packages: the format's corpus, and every `.cadet` file in the folder `CADET_BENCH_PACKAGES`. With the feature
//! `tract`, beside tract on the `.onnx` file of the same name, there or in `CADET_BENCH_ONNX`.

#[cfg(feature = "tract")]
mod tract;

use cadet_benches::{Subject, packages};
use cadet_kernels::Isa;
use criterion::{Criterion, criterion_group, criterion_main};

fn models(c: &mut Criterion) {
    for named in packages() {
        let mut group = c.benchmark_group(format!("models/{}", named.name));
        for isa in Isa::all() {
            let Some(mut subject) = Subject::new(&named, isa) else {
                continue;
            };
            group.bench_function(isa.name(), |b| {
                subject.with_session(|session| b.iter(|| session.run(0)));
            });
        }
        #[cfg(feature = "tract")]
        tract::time(&mut group, &named.name);
        group.finish();
    }
}

criterion_group!(benches, models);
criterion_main!(benches);
