//! The MLPerf Tiny models in int8 on the board. Long, so only with `CADET_FULL`; without the models it says so.

use crate::c_example::assert_c_agrees;
use crate::cost::measure::work;
use crate::support::{OnDisk, board, random, unless_skipped};
use cadet_compiler::{Options, compile};
use cadet_flash::{CostTable, flash};
use cadet_format::Generator;
use std::path::{Path, PathBuf};

fn data() -> PathBuf {
    let beside_the_checkout = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    std::env::var_os("CADET_DATA").map_or_else(|| beside_the_checkout.into(), Into::into)
}

/// Runs `name` in int8, calibrated on random inputs of `elements` values up to `largest`.
fn check(name: &str, elements: usize, largest: f32) {
    let path = Path::new("mlperf-tiny/onnx").join(name);
    let (Some(_), Ok(onnx)) = (
        std::env::var_os("CADET_FULL"),
        std::fs::read(data().join(&path)),
    ) else {
        println!(
            "skipped: needs CADET_FULL=1 and {} in CADET_DATA",
            path.display()
        );
        return;
    };
    let mut generator = Generator::new(3);
    let samples = (0..8)
        .map(|_| {
            random(&mut generator, elements)
                .iter()
                .map(|x| x.abs() * largest)
                .collect()
        })
        .collect();
    let compiled = compile(&onnx, &Options::int8(samples)).unwrap();
    let disk = OnDisk::new(&compiled.package);
    let Some(report) = unless_skipped(flash(&board(), &disk.path(), &cadet_flash::Options::new()))
    else {
        return;
    };
    let report = report.unwrap();
    assert!(report.is_exact);
    assert!(report.arena.touched <= report.arena.promised);
    println!(
        "{name}: {} instructions, {} bytes of arena, {} of stack",
        report.instructions().unwrap(),
        report.arena.touched,
        report.stack_bytes
    );
    assert_c_agrees(&disk, &report);
    check_foretold(name, &compiled.report, &report);
}

/// What the board's cost table foretells of a model: instructions within a quarter, and a bound on the stack.
fn check_foretold(name: &str, compiled: &cadet_compiler::Report, measured: &cadet_flash::Report) {
    let costs = CostTable::of(&board()).unwrap().unwrap();
    let foretold = costs.foretell(compiled.steps.iter().map(work));
    let told = foretold.instructions().unwrap() as f64;
    let found = measured.instructions().unwrap() as f64;
    println!("{name}: {told} instructions foretold, {found} measured");
    assert!((0.75..1.25).contains(&(told / found)), "{told} {found}");
    let stack = foretold.stack_bytes().unwrap();
    assert!(
        measured.stack_bytes <= stack,
        "{} > {stack}",
        measured.stack_bytes
    );
}

/// Runs `name` in floats.
fn check_float(name: &str) {
    let path = Path::new("mlperf-tiny/onnx").join(name);
    let (Some(_), Ok(onnx)) = (
        std::env::var_os("CADET_FULL"),
        std::fs::read(data().join(&path)),
    ) else {
        println!("skipped: needs CADET_FULL=1 and {}", path.display());
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
fn anomaly_detection() {
    check("ad01_float32.onnx", 640, 1.0);
}
