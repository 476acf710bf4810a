//! Runs a package, laid out anew for instruction sets beyond the baseline: `repeat PACKAGE ISA COUNT`, with the name of
//! an instruction set. Without arguments, prints the names of those that the processor has.
//!
//! `cargo xtask instructions` counts what it executes.

use cadet_format::{Generator, Package};
use cadet_kernels::Isa;
use cadet_repack::{AlignedBytes, laid_out, layout};
use cadet_runtime::{Memory, Session, kernels, run_golden};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, isa, count] = arguments.as_slice() else {
        Isa::all().for_each(|isa| println!("{}", isa.name()));
        return;
    };
    let isa = Isa::all()
        .find(|it| it.name() == isa)
        .unwrap_or_else(|| panic!("the processor has no {isa}"));
    let count: usize = count.parse().expect("a number of runs");
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let canonical = AlignedBytes::copy_of(&bytes);
    let package = Package::new(canonical.as_slice());
    let package = package.unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut arena = AlignedBytes::zeroed(package.header().arena_bytes[0] as usize);
    let flash = laid_out(&package, package.target(), layout(isa));
    let flash = flash.as_ref().unwrap_or(&canonical);
    let package = Package::new(flash.as_slice()).expect("a package laid out anew");
    let memory = Memory::with_arena(arena.as_mut_slice());
    let mut session =
        Session::new(package, memory, kernels::ALL).expect("a package with one arena");
    session.set_isa(isa);
    // Leaves inputs in place, so that the runs below are of real work.
    run_golden(&mut session, &mut Generator::new(1), |_, _, _| Ok(()))
        .expect("a package that runs");
    for _ in 0..count {
        session.run(0).expect("a package that runs");
    }
}
