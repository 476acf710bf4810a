//! The MLPerf Tiny models in int8 on the board. Long, so only with `CADET_FULL`; without the models it says so.

use crate::c_example::assert_c_agrees;
use crate::cost::work;
use crate::support::{OnDisk, board, random, unless_skipped};
use cadet_compiler::{Compiled, Options, Strips, compile};
use cadet_flash::{CostTable, Report, flash};
use cadet_format::Generator;
use std::path::{Path, PathBuf};

fn data() -> PathBuf {
    let beside_the_checkout = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    std::env::var_os("CADET_DATA").map_or_else(|| beside_the_checkout.into(), Into::into)
}

/// The models' files, with the elements of their input and its largest value.
const MODELS: [(&str, usize, f32); 4] = [
    ("kws_ref_model_float32.onnx", 490, 1.0),
    ("ic_pretrainedResnet_float32.onnx", 3072, 255.0),
    ("vww_96_float32.onnx", 27648, 1.0),
    ("ad01_float32.onnx", 640, 1.0),
];

/// All in floats and in int8: a name, and how to compile what; none where they are to be skipped.
pub(crate) fn models() -> Vec<(String, Vec<u8>, Options)> {
    let models = MODELS.into_iter().filter_map(|(name, elements, largest)| {
        let onnx = read(name)?;
        let stem = name.trim_end_matches("_float32.onnx");
        let int8 = options(elements, largest);
        Some([
            (format!("{stem} in floats"), onnx.clone(), Options::float()),
            (format!("{stem} in int8"), onnx, int8),
        ])
    });
    models.flatten().collect()
}

/// For int8, calibrated on random inputs of `elements` values up to `largest`.
fn options(elements: usize, largest: f32) -> Options {
    let mut generator = Generator::new(3);
    let samples = (0..8).map(|_| {
        let values = random(&mut generator, elements);
        values.iter().map(|x| x.abs() * largest).collect()
    });
    Options::int8(samples.collect())
}

/// `name` in int8, calibrated on random inputs of `elements` values up to `largest`; `None` where it is to be
/// skipped.
fn int8(name: &str, elements: usize, largest: f32, strips: Strips) -> Option<Compiled> {
    let onnx = read(name)?;
    let options = Options {
        strips,
        ..options(elements, largest)
    };
    Some(compile(&onnx, &options).unwrap())
}

/// The model's bytes; `None` where it is to be skipped.
fn read(name: &str) -> Option<Vec<u8>> {
    let path = Path::new("mlperf-tiny/onnx").join(name);
    let bytes = std::fs::read(data().join(&path)).ok();
    let bytes = std::env::var_os("CADET_FULL").and(bytes);
    if bytes.is_none() {
        println!(
            "skipped: needs CADET_FULL=1 and {} in CADET_DATA",
            path.display()
        );
    }
    bytes
}

/// Runs a package; its results are exact and its memory is what was promised.
fn run(name: &str, disk: &OnDisk) -> Option<Report> {
    let report = flash(&board(), &disk.path(), &cadet_flash::Options::new());
    let report = unless_skipped(report)?.unwrap();
    assert!(report.is_exact);
    assert!(report.arena.touched <= report.arena.promised);
    println!(
        "{name}: {} instructions, {} bytes of arena, {} of stack",
        report.instructions().unwrap(),
        report.arena.touched,
        report.stack_bytes
    );
    Some(report)
}

fn check(name: &str, elements: usize, largest: f32) {
    let Some(compiled) = int8(name, elements, largest, Strips::None) else {
        return;
    };
    let disk = OnDisk::new(&compiled.package);
    if let Some(report) = run(name, &disk) {
        assert_c_agrees(&disk, &report);
        check_foretold(name, &compiled.report, &report);
    }
}

/// What the board's cost table foretells of a model: instructions within its error, and a bound on the stack.
fn check_foretold(name: &str, compiled: &cadet_compiler::Report, measured: &cadet_flash::Report) {
    let costs = CostTable::of(&board()).unwrap().unwrap();
    let foretold = costs.foretell(compiled.steps.iter().map(work));
    let told = foretold.cost().unwrap() as f64;
    let found = measured.instructions().unwrap() as f64;
    println!("{name}: {told} instructions foretold, {found} measured");
    let error = (told / found - 1.0).abs();
    assert!(error <= costs.error.unwrap(), "{told} {found}");
    let stack = foretold.stack_bytes().unwrap();
    assert!(
        measured.stack_bytes <= stack,
        "{} > {stack}",
        measured.stack_bytes
    );
}

/// Runs `name` in floats.
fn check_float(name: &str) {
    let Some(onnx) = read(name) else {
        return;
    };
    let compiled = compile(&onnx, &Options::float()).unwrap();
    let disk = OnDisk::new(&compiled.package);
    let report = flash(&board(), &disk.path(), &cadet_flash::Options::new());
    if let Some(report) = unless_skipped(report) {
        check_foretold(name, &compiled.report, &report.unwrap());
    }
}

#[test]
fn keyword_spotting_in_floats() {
    check_float("kws_ref_model_float32.onnx");
}

#[test]
fn anomaly_detection_in_floats() {
    check_float("ad01_float32.onnx");
}

#[test]
fn keyword_spotting() {
    check("kws_ref_model_float32.onnx", 490, 1.0);
}

#[test]
fn image_classification() {
    check("ic_pretrainedResnet_float32.onnx", 3072, 255.0);
}

#[test]
fn visual_wake_words() {
    check("vww_96_float32.onnx", 27648, 1.0);
}

#[test]
fn visual_wake_words_fed_with_rows() {
    let name = "vww_96_float32.onnx";
    let Some(compiled) = int8(name, 27648, 1.0, Strips::Fed) else {
        return;
    };
    if let Some(report) = run(name, &OnDisk::new(&compiled.package)) {
        assert!(report.arena.touched <= 24_000);
        check_foretold(name, &compiled.report, &report);
    }
}

#[test]
fn anomaly_detection() {
    check("ad01_float32.onnx", 640, 1.0);
}
