//! What share of the processor's peak each kernel reaches: `rates FOLDER [ROUNDS]`, with a folder of packages. Their
//! layers are timed with every instruction set, and between the rounds what it does at best in registers. Of all rounds,
//! the least time and the highest peak count.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use cadet_benches::{NamedPackage, Subject, packages_in};
use cadet_format::{DType, Opcode, Package, Step};
use cadet_kernels::Isa;
use cadet_profile::{Peak, macs, profile};
use cadet_repack::AlignedBytes;

/// Runs of a package in a round.
const RUNS: usize = 5;

/// What tells layers apart, in the order of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Layer {
    kernel: &'static str,
    is_f32: bool,
    macs: u64,
    /// Input, weights and output.
    shapes: String,
}

/// All layers with one instruction set.
struct Series {
    isa: Isa,
    /// Packages, and the layer of each step that has multiplications.
    subjects: Vec<(Subject, Vec<Option<Layer>>)>,
    least: BTreeMap<Layer, Duration>,
    /// MACs a second at best: in int8, in f32.
    peak: [f64; 2],
    /// Cycles a second.
    clock: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, rounds) = match arguments.as_slice() {
        [folder] => (folder, 50),
        [folder, rounds] => (folder, rounds.parse().expect("a number of rounds")),
        _ => panic!("usage: rates FOLDER [ROUNDS]"),
    };
    let packages = packages_in(Path::new(folder));
    let mut all: Vec<Series> = Isa::all().map(|isa| Series::new(&packages, isa)).collect();
    for _ in 0..rounds {
        all.iter_mut().for_each(Series::round);
    }
    print(&all);
}

impl Series {
    fn new(packages: &[NamedPackage], isa: Isa) -> Series {
        let subjects = packages.iter();
        let subjects =
            subjects.filter_map(|named| Some((Subject::new(named, isa)?, layers(named))));
        Series {
            isa,
            subjects: subjects.collect(),
            least: BTreeMap::new(),
            peak: [0.0; 2],
            clock: 0.0,
        }
    }

    fn round(&mut self) {
        for (subject, layers) in &mut self.subjects {
            let found = subject.with_session(|session| profile(session, 0, RUNS, Duration::ZERO));
            let steps = found.expect("a package that runs").steps;
            for (layer, times) in layers.iter().zip(steps) {
                let Some(layer) = layer else { continue };
                let least = self.least.entry(layer.clone()).or_insert(times.least);
                *least = times.least.min(*least);
            }
        }
        let found = Peak::of(self.isa);
        self.clock = self.clock.max(found.clock);
        for (highest, a_cycle) in self.peak.iter_mut().zip([found.i8, found.f32]) {
            *highest = highest.max(a_cycle * found.clock);
        }
    }

    /// MACs a cycle over layers of one type, and their share of the peak.
    fn rate(&self, layers: &[&Layer]) -> [f64; 2] {
        let least = layers.iter().filter_map(|it| self.least.get(it));
        let seconds = least.sum::<Duration>().as_secs_f64();
        let rate = layers.iter().map(|it| it.macs).sum::<u64>() as f64 / seconds;
        let is_f32 = layers.iter().any(|it| it.is_f32);
        [rate / self.clock, rate / self.peak[usize::from(is_f32)]]
    }
}

/// The layer of each step of the first program; `None` for those without multiplications.
fn layers(named: &NamedPackage) -> Vec<Option<Layer>> {
    let bytes = AlignedBytes::copy_of(&named.bytes);
    let package = Package::new(bytes.as_slice()).expect("a package that was opened before");
    let steps = package.steps(0).unwrap_or_default();
    steps.iter().map(|step| layer(&package, step)).collect()
}

fn layer(package: &Package<'_>, step: &Step) -> Option<Layer> {
    let id = package.kernels().get(usize::from(step.kernel))?;
    let macs = macs(package, step);
    let shape = |rows: &[u16], operand: usize| -> Option<String> {
        let tensor = package.tensor(*rows.get(operand)?)?;
        let extents: Vec<String> = tensor.dims.iter().map(u32::to_string).collect();
        Some(extents.join("x"))
    };
    let inputs = package.step_inputs(step);
    let [input, weights] = [shape(inputs, 0)?, shape(inputs, 1)?];
    let output = shape(package.step_outputs(step), 0)?;
    (macs > 0).then_some(Layer {
        kernel: Opcode::from_u16(id.opcode)?.name(),
        is_f32: id.dtype == DType::F32 as u8,
        shapes: format!("{input} by {weights} to {output}"),
        macs,
    })
}

fn print(all: &[Series]) {
    let mut heading = format!(
        "{:<17} {:<5} {:>9} {:<43}",
        "kernel", "type", "MACs", "shapes"
    );
    let names = all.iter().map(|it| it.isa.name());
    heading
        .extend(names.map(|isa| format!(" {:>17} {:>7}", format!("{isa} MACs/cycle"), "of peak")));
    println!("{heading}");
    // Every instruction set has run every layer.
    let layers: Vec<&Layer> = all.iter().take(1).flat_map(|it| it.least.keys()).collect();
    for of_kernel in layers.chunk_by(|a, b| (a.kernel, a.is_f32) == (b.kernel, b.is_f32)) {
        for layer in of_kernel {
            println!("{}", row(all, &[layer], &layer.shapes));
        }
        println!("{}", row(all, of_kernel, "all of these"));
    }
    for Series {
        isa, clock, peak, ..
    } in all
    {
        let [i8, f32] = peak.map(|it| it / clock);
        let (isa, clock) = (isa.name(), clock / 1e9);
        println!("{isa}: at best {f32:.1} MACs a cycle in f32, {i8:.1} in int8, at {clock:.2} GHz");
    }
}

/// A line for layers of one kernel and type.
fn row(all: &[Series], layers: &[&Layer], shapes: &str) -> String {
    let kernel = layers.first().map_or("", |it| it.kernel);
    let is_f32 = layers.iter().any(|it| it.is_f32);
    let macs: u64 = layers.iter().map(|it| it.macs).sum();
    let dtype = if is_f32 { "f32" } else { "int8" };
    let mut line = format!("{kernel:<17} {dtype:<5} {macs:>9} {shapes:<43}");
    let rates = all.iter().map(|it| it.rate(layers));
    line.extend(rates.map(|[rate, share]| format!(" {rate:>17.2} {:>5.0} %", share * 100.0)));
    line
}
