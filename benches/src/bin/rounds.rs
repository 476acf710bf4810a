//! Times a package in rounds that another program calls for, so that it can time others in between
//! (`benches/peers.py`): for each line on standard input, runs for that many milliseconds and prints the least and
//! the median nanoseconds of a run.

use std::io::{BufRead, Write, stdin, stdout};
use std::time::{Duration, Instant};

use cadet_benches::aligned;
use cadet_format::{Generator, Package};
use cadet_kernels::Isa;
use cadet_repack::{blocked, layout};
use cadet_runtime::{Memory, Session, kernels, run_golden};

fn main() {
    let path = std::env::args().nth(1).expect("usage: rounds PACKAGE");
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let [mut canonical, mut laid_out, mut arena]: [Vec<u8>; 3] = Default::default();
    let canonical = aligned(&mut canonical, bytes.len());
    canonical.copy_from_slice(&bytes);
    let package = Package::new(canonical).unwrap_or_else(|error| panic!("{path}: {error}"));
    let layout = layout(Isa::detect());
    let bytes = blocked(&package, package.target(), layout).unwrap_or(bytes);
    let laid_out = aligned(&mut laid_out, bytes.len());
    laid_out.copy_from_slice(&bytes);
    let package = Package::new(laid_out).expect("a package laid out anew");
    let arena = aligned(&mut arena, package.header().arena_bytes[0] as usize);
    let mut session = Session::new(package, Memory::with_arena(arena), kernels::ALL)
        .expect("a package with one arena");
    session.set_isa(Isa::detect());
    // Leaves inputs in place, so that the runs below are of real work.
    run_golden(&mut session, &mut Generator::new(1), |_, _, _| Ok(()))
        .expect("a package that runs");
    for line in stdin().lock().lines() {
        let line = line.expect("a line");
        let milliseconds = line.trim().parse().expect("milliseconds");
        let end = Instant::now() + Duration::from_millis(milliseconds);
        let mut times = Vec::new();
        while times.is_empty() || Instant::now() < end {
            let start = Instant::now();
            session.run(0).expect("a package that runs");
            times.push(start.elapsed().as_nanos());
        }
        times.sort_unstable();
        println!("{} {}", times[0], times[times.len() / 2]);
        stdout().flush().expect("standard output");
    }
}
