//! The golden vectors, step by step, and what they cost.

use crate::host::Host;
use crate::paint::{Guarded, PATTERNS, measure_stack};
use crate::ticks::Ticks;
use cadet_format::protocol::{
    Clock, Finish, MemoryUse, Message, PROTOCOL_VERSION, Start, StepResult, StepStack, StepTime,
};
use cadet_format::{Golden, Region, TargetId, board_id};
use cadet_runtime::{Error, Memory, Package, Session, kernels, run_golden};

const BOARD: &str = "mps2-an386";
/// The emulator runs one instruction in a nanosecond of its time, and SysTick at 25 MHz.
const CLOCK: Clock = Clock::Instructions(1_000_000_000 / 25_000_000);

#[repr(C, align(16))]
struct Aligned<T>(T);

include!(concat!(env!("OUT_DIR"), "/package.rs"));

/// The package's arena, exactly.
pub type Arena = Guarded<ARENA_BYTES>;
/// The package's state, exactly.
pub type State = Guarded<STATE_BYTES>;

pub fn run(host: &mut Host, arena: &mut Arena, state: &mut State) -> Result<(), Error> {
    let package = Package::new(&PACKAGE.0)?;
    check_target(&package)?;
    let golden = package.golden().ok_or(Error::NoGolden)?;
    host.send(&Message::Start(Start {
        protocol: PROTOCOL_VERSION,
        board: BOARD.try_into().unwrap_or_default(),
        package_crc: package.header().crc,
        is_exact: golden.is_exact(),
        clock: CLOCK,
    }));

    let mut arena_use = promised(ARENA_BYTES);
    let mut state_use = promised(STATE_BYTES);
    let mut sums = [0u32; PATTERNS.len()];
    for (sum, pattern) in sums.iter_mut().zip(PATTERNS) {
        arena.paint(pattern);
        state.paint(pattern);
        let reporter = (pattern == PATTERNS[0]).then_some(&mut *host);
        *sum = check(
            package,
            golden,
            &mut arena.memory,
            &mut state.memory,
            reporter,
        )?;
        measure(&mut arena_use, arena, pattern);
        measure(&mut state_use, state, pattern);
    }
    if sums[0] != sums[1] {
        // The result depends on what was in memory before.
        return Err(Error::SelfTestFailed);
    }

    let memory = Memory::with_arena_and_state(&mut arena.memory, &mut state.memory);
    let mut session = Session::new(package, memory, kernels::ALL)?;
    time(&mut session, golden, host)?;
    stacks(&mut session, golden, host)?;
    let mut result = Ok(());
    let programs = package.programs().len();
    let stack_bytes = measure_stack(|| {
        result = (0..programs).try_for_each(|program| session.run_fed(program, &mut blank));
    });
    result?;
    host.send(&Message::Finish(Finish {
        arena: arena_use,
        state: state_use,
        stack_bytes,
    }));
    Ok(())
}

fn check_target(package: &Package<'_>) -> Result<(), Error> {
    let board = package.header().board;
    if board != 0 && board != board_id(BOARD) {
        return Err(Error::WrongBoard);
    }
    match package.target() {
        TargetId::Any | TargetId::ArmV7EM => Ok(()),
        _ => Err(Error::WrongTarget),
    }
}

/// Runs all golden vectors and returns a sum over all results.
fn check(
    package: Package<'_>,
    golden: Golden<'_>,
    arena: &mut [u8],
    state: &mut [u8],
    mut host: Option<&mut Host>,
) -> Result<u32, Error> {
    let memory = Memory::with_arena_and_state(arena, state);
    let mut session = Session::new(package, memory, kernels::ALL)?;
    let mut sum = 0u32;
    for vector in 0..golden.vectors() {
        let mut generator = golden.generator(vector).ok_or(Error::NoGolden)?;
        run_golden(&mut session, &mut generator, |_, step, crc| {
            sum = sum.rotate_left(1) ^ crc;
            if let Some(host) = &mut host {
                host.send(&Message::Result(StepResult {
                    vector: vector as u32,
                    step: step as u32,
                    crc,
                    matches: golden.crc(vector, step) == Some(crc),
                }));
            }
            Ok(())
        })?;
        if let Some(host) = &mut host {
            send_outputs(&session, vector as u32, host)?;
        }
    }
    Ok(sum)
}

/// Sends the outputs of the program that ran last: those before it may be overwritten.
fn send_outputs(session: &Session<'_, '_>, vector: u32, host: &mut Host) -> Result<(), Error> {
    let package = session.package();
    let program = package
        .programs()
        .len()
        .checked_sub(1)
        .ok_or(Error::NoSuchIndex)?;
    for output in 0..package.outputs(program).ok_or(Error::NoSuchIndex)?.len() {
        let bytes = session.output(program, output)?;
        host.send_output(vector, program as u32, output as u16, bytes);
    }
    Ok(())
}

/// Reports the time of each step.
fn time(session: &mut Session<'_, '_>, golden: Golden<'_>, host: &mut Host) -> Result<(), Error> {
    let clock = Ticks::start();
    replay(session, golden, |session, program, step, number| {
        let (result, ticks) = clock.count(|| session.step_fed(program, step, &mut blank));
        host.send(&Message::Time(StepTime {
            step: number,
            ticks,
        }));
        result
    })
}

/// Reports the stack of each step.
fn stacks(session: &mut Session<'_, '_>, golden: Golden<'_>, host: &mut Host) -> Result<(), Error> {
    replay(session, golden, |session, program, step, number| {
        let mut result = Ok(());
        let stack_bytes = measure_stack(|| result = session.step_fed(program, step, &mut blank));
        host.send(&Message::Stack(StepStack {
            step: number,
            stack_bytes,
        }));
        result
    })
}

/// Runs the first golden vector once more; `run_step` is given program, step and the step's number over all
/// programs.
fn replay(
    session: &mut Session<'_, '_>,
    golden: Golden<'_>,
    mut run_step: impl FnMut(&mut Session<'_, '_>, usize, usize, u32) -> Result<(), Error>,
) -> Result<(), Error> {
    let package = *session.package();
    let mut generator = golden.generator(0).ok_or(Error::NoGolden)?;
    let mut number = 0;
    session.reset_state();
    for program in 0..package.programs().len() {
        for input in 0..package.inputs(program).ok_or(Error::NoSuchIndex)?.len() {
            let info = session.input_info(program, input)?;
            match session.input_mut(program, input) {
                Ok(bytes) => generator.fill(info.dtype, bytes),
                Err(_) if info.region == Region::Input => generator.skip(info.dtype, info.bytes),
                Err(error) => return Err(error),
            }
        }
        for step in 0..package.steps(program).ok_or(Error::NoSuchIndex)?.len() {
            run_step(session, program, step, number)?;
            number += 1;
        }
    }
    Ok(())
}

/// Hands over parts of an input that does not lie in the arena; what is in them matters to no measurement.
fn blank(_offset: usize, part: &mut [u8]) -> Result<(), Error> {
    part.fill(0);
    Ok(())
}

fn promised(bytes: usize) -> MemoryUse {
    MemoryUse {
        promised: bytes as u32,
        touched: 0,
        guards_intact: true,
    }
}

fn measure<const N: usize>(used: &mut MemoryUse, buffer: &Guarded<N>, pattern: u8) {
    used.touched = used.touched.max(buffer.touched(pattern));
    used.guards_intact &= buffer.guards_intact(pattern);
}
