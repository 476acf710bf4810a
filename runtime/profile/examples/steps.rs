//! What steps of packages take with an instruction set, for `cargo xtask cost`: `steps nanoseconds ISA PACKAGE...` prints
//! the least times of many runs and last the processor's clock in Hz; `steps instructions ISA PACKAGE...` runs in the
//! emulator, whose plugin counts from mark to mark and prints that.
//!
//! Either way a line each: what came before a package's steps, what a mark takes by itself, then each step with a mark.

use std::hint::black_box;
use std::time::Duration;

use cadet_format::{Generator, Package};
use cadet_kernels::Isa;
use cadet_profile::{Peak, profile};
use cadet_repack::AlignedBytes;
use cadet_runtime::{Memory, Session, kernels};

/// How often the packages are timed, by turns: what else the machine does passes, and all see the same clock.
const ROUNDS: usize = 60;
/// Of one package, each time.
const ROUND: Duration = Duration::from_millis(15);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [unit, isa, paths @ ..] = arguments.as_slice() else {
        panic!("usage: steps nanoseconds|instructions ISA PACKAGE...");
    };
    let isa = Isa::all()
        .find(|it| it.name() == isa)
        .unwrap_or_else(|| panic!("the processor has no {isa}"));
    let files: Vec<AlignedBytes> = paths.iter().map(|it| read(it)).collect();
    let packages: Vec<Package<'_>> = files
        .iter()
        .map(|it| Package::new(it.as_slice()).expect("a package"))
        .collect();
    let mut arenas: Vec<AlignedBytes> = packages
        .iter()
        .map(|it| AlignedBytes::zeroed(it.header().arena_bytes[0] as usize))
        .collect();
    let sessions = packages.iter().zip(&mut arenas);
    let mut sessions: Vec<Session<'_, '_>> = sessions
        .map(|(package, arena)| session(package, arena, isa))
        .collect();
    match unit.as_str() {
        "nanoseconds" => time(&mut sessions),
        "instructions" => sessions.iter_mut().for_each(mark_steps),
        _ => panic!("no unit is called {unit}"),
    }
}

fn read(path: &str) -> AlignedBytes {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    AlignedBytes::copy_of(&bytes)
}

/// A session whose inputs are random.
fn session<'p, 'm>(
    package: &Package<'p>,
    arena: &'m mut AlignedBytes,
    isa: Isa,
) -> Session<'p, 'm> {
    let memory = Memory::with_arena(arena.as_mut_slice());
    let mut session =
        Session::new(*package, memory, kernels::ALL).expect("a package with one arena");
    session.set_isa(isa);
    let mut generator = Generator::new(1);
    for input in 0..package.inputs(0).unwrap_or_default().len() {
        let dtype = session.input_info(0, input).expect("an input").dtype;
        generator.fill(dtype, session.input_mut(0, input).expect("an input"));
    }
    session
}

fn time(sessions: &mut [Session<'_, '_>]) {
    let mut least: Vec<Vec<Duration>> = vec![Vec::new(); sessions.len()];
    for _ in 0..ROUNDS {
        for (session, least) in sessions.iter_mut().zip(&mut least) {
            let found = profile(session, 0, 2, ROUND).expect("a package that runs");
            let steps = found.steps.iter().map(|it| it.least);
            // The clock reads nothing before, and takes its own time off.
            let all: Vec<Duration> = [Duration::ZERO; 2].into_iter().chain(steps).collect();
            least.resize(all.len(), Duration::MAX);
            for (least, time) in least.iter_mut().zip(all) {
                *least = time.min(*least);
            }
        }
    }
    for least in least.iter().flatten() {
        println!("{}", least.as_nanos());
    }
    println!("{:.0}", Peak::measure().clock);
}

fn mark_steps(session: &mut Session<'_, '_>) {
    session.run(0).expect("a package that runs");
    mark();
    mark();
    for step in 0..session.package().steps(0).unwrap_or_default().len() {
        session.step(0, step).expect("a package that runs");
        mark();
    }
}

/// A system call that nothing else makes here, and that changes nothing.
fn mark() {
    black_box(std::os::unix::process::parent_id());
}
