//! `cost.toml` of the kind of host that the tests run on, in nanoseconds: what a step takes there is no matter of the
//! number of its instructions. The least of many rounds is what it takes undisturbed.

use super::measure::{Row, work};
use super::{by_kernel, fit, layers, render};
use cadet_compiler::{Options, compile};
use cadet_flash::{Board, CostTable, KernelCost, Unit};
use cadet_host::{HostMemory, PackageFile};
use cadet_kernels::Isa;
use cadet_repack::HostTarget;
use cadet_runtime::kernels;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LEAST_RUNS: usize = 200;
const TIME: Duration = Duration::from_secs(6);

fn this_host() -> (HostTarget, PathBuf) {
    let isa = Isa::detect().name();
    let host = HostTarget::ALL.iter().find(|it| it.isa == isa);
    let host = *host.unwrap_or_else(|| panic!("no target for {isa}"));
    let targets = Board::targets_folder(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    (host, targets.join(host.name))
}

/// Each step of a model as this host runs it.
fn measure(onnx: &[u8], options: &Options, host: HostTarget) -> Vec<Row> {
    let options = Options {
        target: host.id,
        layout: host.layout,
        ..options.clone()
    };
    let compiled = compile(onnx, &options).unwrap();
    let file = PackageFile::from_bytes(&compiled.package).unwrap();
    let package = file.package().unwrap();
    let mut memory = HostMemory::for_package(&package);
    let mut session = memory.session_with(package, kernels::ALL).unwrap();
    session.set_isa(Isa::detect());
    let profile = cadet_profile::profile(&mut session, 0, LEAST_RUNS, TIME).unwrap();
    let steps = compiled.report.steps.iter().zip(&profile.steps);
    let rows = steps.map(|(step, times)| Row {
        kernel: work(step).cost_key().into(),
        size: work(step).size(),
        // The clock tells no less.
        cost: (times.least.as_nanos() as f64).max(1.0),
        stack: 0,
    });
    rows.collect()
}

#[test]
fn the_table_of_this_host_has_every_kernel() {
    let (host, folder) = this_host();
    if std::env::var_os("CADET_BLESS_HOST").is_some_and(|value| value == "1") {
        let models = layers::models().into_iter();
        let rows = models.flat_map(|(onnx, options)| measure(&onnx, &options, host));
        let kernels = by_kernel(rows.collect());
        let fitted: BTreeMap<&String, KernelCost> = kernels
            .iter()
            .map(|(kernel, rows)| (kernel, fit::fit(rows)))
            .collect();
        std::fs::create_dir_all(&folder).unwrap();
        let text = render(&kernels, &fitted, Unit::Nanoseconds);
        std::fs::write(folder.join("cost.toml"), text).unwrap();
    }
    let Some(table) = CostTable::load(&folder).unwrap() else {
        println!("skipped: nobody has measured {}", host.name);
        return;
    };
    assert_eq!(table.unit, Unit::Nanoseconds);
    for (onnx, options) in layers::models() {
        let report = cadet_compiler::fit(&onnx, &options).unwrap();
        let foretold = table.foretell(report.steps.iter().map(work));
        assert_eq!(foretold.unknown_kernels, Vec::<String>::new());
    }
}
