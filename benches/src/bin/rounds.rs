//! Times a package in rounds that another program calls for, so that it can time others in between
//! (`benches/peers.py`): for each line on standard input, runs for that many milliseconds and prints the least and
//! the median nanoseconds of a run. A second argument is the number of threads.

use std::io::{BufRead, Write, stdin, stdout};
use std::time::{Duration, Instant};

use cadet_benches::{NamedPackage, Subject};
use cadet_kernels::Isa;
use cadet_runtime::Session;
use cadet_threads::Threads;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().expect("usage: rounds PACKAGE [THREADS]");
    let hands = arguments
        .next()
        .map_or(1, |it| it.parse().expect("a number of threads"));
    let bytes = std::fs::read(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let subject = Subject::new(&NamedPackage { name, bytes }, Isa::detect());
    let mut subject = subject.expect("a package of steps, with its inputs in the arena");
    let threads = Threads::new(hands);
    subject.with_team((hands > 1).then_some(&threads as _), serve);
}

fn serve(session: &mut Session<'_, '_>) {
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
