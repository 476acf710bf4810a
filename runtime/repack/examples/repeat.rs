//! Runs a package, laid out anew for instruction sets beyond the baseline: `repeat PACKAGE ISA COUNT`, with the name of
//! an instruction set. Without arguments, prints the names of those that the processor has.
//!
//! `cargo xtask instructions` counts what it executes.

use cadet_format::{Generator, Package};
use cadet_kernels::Isa;
use cadet_repack::{laid_out, layout};
use cadet_runtime::{Memory, Session, kernels, run_golden};

/// `length` bytes at a multiple of 64.
fn aligned(buffer: &mut Vec<u8>, length: usize) -> &mut [u8] {
    buffer.resize(length + 64, 0);
    let start = buffer.as_ptr().align_offset(64);
    &mut buffer[start..start + length]
}

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
    let [mut canonical, mut flash, mut arena]: [Vec<u8>; 3] = Default::default();
    let canonical = aligned(&mut canonical, bytes.len());
    canonical.copy_from_slice(&bytes);
    let package = Package::new(canonical).unwrap_or_else(|error| panic!("{path}: {error}"));
    let bytes = laid_out(&package, package.target(), layout(isa)).unwrap_or(bytes);
    let flash = aligned(&mut flash, bytes.len());
    flash.copy_from_slice(&bytes);
    let package = Package::new(flash).expect("a package laid out anew");
    let arena = aligned(&mut arena, package.header().arena_bytes[0] as usize);
    let mut session = Session::new(package, Memory::with_arena(arena), kernels::ALL)
        .expect("a package with one arena");
    session.set_isa(isa);
    // Leaves inputs in place, so that the runs below are of real work.
    run_golden(&mut session, &mut Generator::new(1), |_, _, _| Ok(()))
        .expect("a package that runs");
    for _ in 0..count {
        session.run(0).expect("a package that runs");
    }
}
