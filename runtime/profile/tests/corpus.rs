//! Packages of the corpus, profiled.

use std::time::Duration;

use cadet_format::{DType, Package};
use cadet_kernels::Isa;
use cadet_profile::{Peak, macs, profile};
use cadet_runtime::{Error, Memory, Session, kernels};

#[repr(align(64))]
struct Aligned<T: ?Sized>(T);

static GESTURES: &Aligned<[u8]> =
    &Aligned(*include_bytes!("../../format/corpus/1.0-gestures.cadet"));

#[test]
fn every_step_has_a_time_and_its_multiplications() {
    let package = Package::new(&GESTURES.0).unwrap();
    let mut arena = Aligned([0; 64 * 1024]);
    let memory = Memory::with_arena(&mut arena.0);
    let mut session = Session::new(package, memory, kernels::ALL).unwrap();
    let steps = package.steps(0).unwrap();
    for isa in Isa::all() {
        session.set_isa(isa);
        let found = profile(&mut session, 0, 20, Duration::ZERO).unwrap();
        assert_eq!((found.runs, found.steps.len()), (20, steps.len()));
        assert!(found.whole.least > Duration::ZERO && found.whole.least <= found.whole.median);
        // Steps are what the whole is made of. The clock stands between them, and the machine may be busy.
        let sum: Duration = found.steps.iter().map(|it| it.least).sum();
        let [sum, whole] = [sum, found.whole.least].map(|it| it.as_secs_f64());
        assert!(sum > 0.2 * whole && sum < 5.0 * whole, "{sum} of {whole}");
    }
    let mut all = 0;
    for step in steps {
        let tensor = |rows: &[u16], index: usize| package.tensor(*rows.get(index)?);
        let output = tensor(package.step_outputs(step), 0).unwrap();
        let weights = tensor(package.step_inputs(step), 1).map_or(0, |it| it.elements());
        let pixels = output.elements() / *output.dims.last().unwrap() as usize;
        // Every pixel meets every weight of these layers.
        assert_eq!(macs(&package, step), (weights * pixels) as u64);
        all += weights * pixels;
    }
    assert_eq!(all, 36_600);
    let missing = profile(&mut session, 1, 1, Duration::ZERO);
    assert_eq!(missing, Err(Error::NoSuchIndex));
}

#[test]
fn the_peak_is_that_of_a_processor() {
    let peak = Peak::measure();
    println!("{peak:?}");
    assert!(peak.clock > 1e8 && peak.clock < 1e10, "{peak:?}");
    for (dtype, least) in [(DType::F32, 0.2), (DType::I8, 0.2)] {
        let macs = peak.macs_per_cycle(dtype);
        assert!(macs > least && macs < 1000.0, "{peak:?}");
    }
}
