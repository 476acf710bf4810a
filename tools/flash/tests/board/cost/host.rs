//! Kinds of hosts: those of this machine timed, those that are emulated counted, by `steps` of cadet-profile.

use super::table::{Table, Told};
use super::{Layers, Row, is_blessed, is_wanted, layers, moves, rows};
use crate::mlperf_tiny;
use crate::support::OnDisk;
use cadet_compiler::{Compiled, Options, compile};
use cadet_flash::{Board, CostTable, Unit};
use cadet_format::{Layout, TargetId};
use cadet_kernels::Isa;
use cadet_repack::HostTarget;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Channels of a block of weights.
const BLOCK: usize = 16;

/// A kind of host, and what runs packages as it would.
struct Measured {
    host: HostTarget,
    unit: Unit,
    command: Vec<OsString>,
}

impl Measured {
    /// Kinds of hosts that this machine is; none of AArch64, which is counted.
    fn native() -> Option<Vec<Measured>> {
        let steps = variable("CADET_STEPS")?;
        let is_mine = |host: &&HostTarget| {
            cfg!(target_arch = "x86_64")
                && host.id == TargetId::X86_64
                && Isa::all().any(|isa| isa.name() == host.isa)
        };
        let measured = HostTarget::ALL
            .iter()
            .filter(is_mine)
            .map(|&host| Measured {
                host,
                unit: Unit::Nanoseconds,
                command: vec![steps.clone()],
            });
        Some(measured.collect())
    }

    /// Kinds of hosts that are emulated.
    fn emulated() -> Option<Vec<Measured>> {
        let steps = variable("CADET_STEPS_AARCH64")?;
        let mut plugin = OsString::from("file=");
        plugin.push(variable("CADET_COUNTER")?);
        let emulator = ["qemu-aarch64", "-cpu", "max", "-plugin"].map(OsString::from);
        let command = [&emulator[..], &[plugin, steps]].concat();
        let all = HostTarget::ALL.iter();
        let emulated = all.filter(|host| host.id == TargetId::Aarch64);
        let measured = emulated.map(|&host| Measured {
            host,
            unit: Unit::Instructions,
            command: command.clone(),
        });
        Some(measured.collect())
    }

    /// The folder of its table.
    fn folder(&self) -> PathBuf {
        let targets = Board::targets_folder(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        targets.join(self.host.name)
    }

    /// What makes its table.
    fn made_by(&self) -> &'static str {
        match self.unit {
            Unit::Nanoseconds => "cost x86-64",
            Unit::Instructions => "cost aarch64",
        }
    }

    /// Output channels that its kernels with weights work on side by side: those of a block of weights.
    fn block(&self) -> usize {
        match self.host.layout {
            Layout::Canonical => 1,
            Layout::Blocked | Layout::BlockedPairs => BLOCK,
        }
    }

    /// A model as it lies for this kind of host.
    fn compile(&self, onnx: &[u8], options: Options) -> Compiled {
        let options = Options {
            target: self.host.id,
            layout: self.host.layout,
            ..options
        };
        compile(onnx, &options).unwrap()
    }

    /// The steps of what was compiled; and the processor's clock in Hz where time is what counts.
    fn run(&self, compiled: &[Compiled]) -> (Vec<Vec<Row>>, Option<f64>) {
        let disks: Vec<OnDisk> = compiled.iter().map(|it| OnDisk::new(&it.package)).collect();
        let output = Command::new(&self.command[0])
            .args(&self.command[1..])
            .args([self.unit.name(), self.host.isa])
            .args(disks.iter().map(OnDisk::path))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let text = String::from_utf8(output.stdout).unwrap();
        let mut numbers = text.lines().map(|line| line.parse::<f64>().unwrap());
        let mut next = || numbers.next().unwrap();
        let runs = compiled.iter().map(|compiled| {
            let [_, mark] = [next(), next()];
            // A step so short that the clock did not move took something.
            let costs = std::iter::repeat_with(|| ((next() - mark).max(1.0), 0));
            rows(&compiled.report, self.block(), costs)
        });
        (runs.collect(), numbers.next())
    }
}

fn variable(name: &str) -> Option<OsString> {
    let value = std::env::var_os(name);
    if value.is_none() {
        println!("skipped: needs {name}, which xtask sets");
    }
    value
}

/// This processor, as it calls itself, and its clock as it was measured.
fn machine(clock_hz: f64) -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        let value = lines.find(|(key, _)| key.trim() == name);
        value.map_or("unknown", |(_, value)| value.trim())
    };
    format!(
        "{} (family {}, model {}) at {:.2} GHz",
        field("model name"),
        field("cpu family"),
        field("model"),
        clock_hz / 1e9
    )
}

/// A table of a kind of host, fitted anew.
fn fitted(measured: &Measured) -> Table {
    let layers = layers::apart().into_iter().chain(moves::models());
    let layers: Vec<Layers> = layers.collect();
    let compiled = layers
        .iter()
        .map(|it| measured.compile(&it.onnx, it.options.clone()));
    let (runs, clock) = measured.run(&compiled.collect::<Vec<_>>());
    let costs = CostTable {
        machine: clock.map(machine),
        block: measured.block(),
        ..CostTable::empty(measured.unit)
    };
    let rows = layers
        .iter()
        .zip(runs)
        .flat_map(|(layers, rows)| layers.kept(rows));
    Table::fit(rows.collect(), costs)
}

/// What a table foretells of whole models.
fn told(measured: &Measured, costs: &CostTable) -> Vec<Told> {
    let models = mlperf_tiny::models().into_iter();
    let models = models.map(|(name, onnx, options)| (name, measured.compile(&onnx, options)));
    let (names, models): (Vec<String>, Vec<Compiled>) = models.unzip();
    let (runs, _) = measured.run(&models);
    let told = names.into_iter().zip(models).zip(runs);
    told.map(|((name, compiled), rows)| Told::of(costs, name, &compiled.report, &rows))
        .collect()
}

/// Times are written and never compared: they are of one machine.
#[test]
fn tables_are_what_hosts_take() {
    if !is_wanted() {
        return;
    }
    if is_blessed() {
        let native = Measured::native().into_iter().flatten();
        for measured in native.chain(Measured::emulated().into_iter().flatten()) {
            let table = fitted(&measured);
            let models = told(&measured, table.costs());
            table.write(&measured.folder(), measured.made_by(), &models);
        }
        return;
    }
    for measured in Measured::emulated().into_iter().flatten() {
        let kept = CostTable::load(&measured.folder()).unwrap().unwrap();
        fitted(&measured).check(&kept);
        for told in told(&measured, &kept) {
            told.assert_within(&kept);
        }
    }
}
