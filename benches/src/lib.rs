//! What the suites share: packages to time and cells to fill.

#[cfg(feature = "tract")]
mod onnx_subject;
mod subject;

#[cfg(feature = "tract")]
pub use onnx_subject::OnnxSubject;
pub use subject::Subject;

use std::cell::Cell;
use std::path::Path;
use std::{env, fs};

use cadet_format::{DType, Generator};
use cadet_kernels::f16;
use cadet_kernels::requantize::Quant;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};

/// Benchmarks that are compared.
pub type Group<'c> = BenchmarkGroup<'c, WallTime>;

/// Zero points and bounds of int8 layers.
pub const QUANT: Quant = Quant {
    input_zero_point: -3,
    output_zero_point: 5,
    min: -128,
    max: 127,
};

/// The benchmarks of a kernel on one shape, in elements a second; those are multiplications with weights (MACs) where
/// the kernel has any.
pub fn group<'c>(c: &'c mut Criterion, kernel: &str, shape: &str, elements: usize) -> Group<'c> {
    let mut group = c.benchmark_group(format!("{kernel}/{shape}"));
    group.throughput(Throughput::Elements(elements as u64));
    group
}

/// Elements of a tensor.
pub fn elements(extents: [usize; 3]) -> usize {
    extents.iter().product()
}

/// A package by the name of its file, without the ending.
pub struct NamedPackage {
    /// Name in the benchmark's id.
    pub name: String,
    /// Bytes of the file.
    pub bytes: Vec<u8>,
}

/// The packages of the format's corpus, and those in the folder `CADET_BENCH_PACKAGES`.
///
/// # Panics
/// Where a folder cannot be read.
pub fn packages() -> Vec<NamedPackage> {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../runtime/format/corpus");
    let mut packages = packages_in(Path::new(corpus));
    if let Some(folder) = env::var_os("CADET_BENCH_PACKAGES") {
        packages.append(&mut packages_in(Path::new(&folder)));
    }
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    packages
}

/// The packages in a folder.
///
/// # Panics
/// Where it cannot be read.
pub fn packages_in(folder: &Path) -> Vec<NamedPackage> {
    let files = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let paths = files.map(|entry| entry.expect("a readable folder").path());
    let paths = paths.filter(|path| path.extension().is_some_and(|it| it == "cadet"));
    let packages = paths.map(|path| NamedPackage {
        name: path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        bytes: fs::read(&path).expect("a readable file"),
    });
    packages.collect()
}

/// `count` pseudo-random int8 values.
pub fn bytes(count: usize) -> Vec<i8> {
    let mut bytes = vec![0u8; count];
    Generator::new(1).fill(DType::I8, &mut bytes);
    bytes.into_iter().map(|byte| byte as i8).collect()
}

/// `count` pseudo-random values in `[-1, 1)`.
pub fn floats(count: usize) -> Vec<f32> {
    bytes(count)
        .into_iter()
        .map(|byte| f32::from(byte) / 128.0)
        .collect()
}

/// The values in 16 bits.
pub fn halves(values: &[f32]) -> Vec<f16> {
    values.iter().map(|&value| f16::from_f32(value)).collect()
}

/// The values as cells.
pub fn cells<T>(values: Vec<T>) -> Vec<Cell<T>> {
    values.into_iter().map(Cell::new).collect()
}
