//! tract on the model that a package was made of.

use std::env;
use std::path::PathBuf;

use cadet_benches::Group;
use cadet_format::Generator;
use cadet_host::OnnxRunner;

/// Times the `.onnx` file called `name`, where there is one.
pub(crate) fn time(group: &mut Group<'_>, name: &str) {
    let folders = ["CADET_BENCH_ONNX", "CADET_BENCH_PACKAGES"];
    let folders = folders.iter().filter_map(|it| env::var_os(it));
    let files = folders.map(|folder| PathBuf::from(folder).join(format!("{name}.onnx")));
    let Some(path) = files.into_iter().find(|path| path.exists()) else {
        return;
    };
    let runner = match OnnxRunner::load(&path, 1) {
        Ok(runner) => runner,
        Err(error) => return eprintln!("tract does not run {name}: {error}"),
    };
    let mut generator = Generator::new(1);
    let inputs = runner.inputs().iter().filter_map(|input| {
        let dtype = input.dtype?;
        let elements: usize = input.shape.iter().product();
        let mut bytes = vec![0; dtype.bytes(elements as u32)? as usize];
        generator.fill(dtype, &mut bytes);
        Some(bytes)
    });
    let inputs: Vec<Vec<u8>> = inputs.collect();
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    if let Err(error) = runner.run_bytes(&inputs) {
        return eprintln!("tract does not run {name}: {error}");
    }
    group.bench_function("tract", |b| b.iter(|| runner.run_bytes(&inputs)));
}
