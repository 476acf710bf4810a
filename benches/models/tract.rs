//! tract on the model that a package was made of.

use std::env;
use std::path::PathBuf;

use cadet_benches::{Group, OnnxSubject};

/// Times the `.onnx` file called `name`, where there is one.
pub(crate) fn time(group: &mut Group<'_>, name: &str) {
    let folders = ["CADET_BENCH_ONNX", "CADET_BENCH_PACKAGES"];
    let folders = folders.iter().filter_map(|it| env::var_os(it));
    let files = folders.map(|folder| PathBuf::from(folder).join(format!("{name}.onnx")));
    let Some(path) = files.into_iter().find(|path| path.exists()) else {
        return;
    };
    match OnnxSubject::load(&path) {
        Ok(subject) => _ = group.bench_function("tract", |b| b.iter(|| subject.run())),
        Err(error) => eprintln!("tract does not run {name}: {error}"),
    }
}
