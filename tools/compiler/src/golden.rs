//! Golden vectors: generated inputs, and what every step makes of them on the host.

use bytemuck::{bytes_of, cast_slice};
use cadet_format::{DType, GENERATOR_LCG, GOLDEN_EXACT, Generator, GoldenHeader};
use cadet_runtime::{Error, Session, run_golden};

use crate::error::CompileError;
use crate::lower::Lowered;
use crate::report::GoldenReport;
use crate::run::{Aligned, defect, open};

pub(crate) const VECTORS: usize = 2;
/// Most seeds that are tried.
const SEEDS: u64 = 64;
/// Work that the trials may take: tenths of a second.
const TRIAL_OPERATIONS: u64 = 1 << 27;

/// Vectors of a package with so many steps: without steps there is nothing to check.
fn vectors(steps: usize) -> usize {
    if steps == 0 { 0 } else { VECTORS }
}

/// A golden section as long as that of a package with so many steps, which nothing computes to.
pub(crate) fn placeholder(steps: usize) -> Vec<u8> {
    let vectors = vectors(steps);
    let header = GoldenHeader {
        generator: GENERATOR_LCG,
        flags: 0,
        vectors: vectors as u32,
        seed: 0,
        steps: steps as u32,
    };
    [
        bytes_of(&header),
        &vec![0; vectors * steps * size_of::<u32>()],
    ]
    .concat()
}

/// The golden section of a package without one. The vectors are the consecutive seeds, from 1 on, that
/// exercise the most steps: a step is exercised where its outputs hold different elements and
/// differ between the vectors. `None` where no seed gives inputs that every step accepts.
pub(crate) fn section(
    package: &[u8],
    lowered: &Lowered,
    is_exact: bool,
) -> Result<Option<(Vec<u8>, GoldenReport)>, CompileError> {
    let package = Aligned::copy_of(package, lowered.alignment);
    let mut arena = Aligned::zeroed(lowered.arena_bytes, lowered.alignment);
    let mut state = Aligned::zeroed(lowered.state_bytes, lowered.alignment);
    let mut session = open(&package, &mut arena, state.as_mut_slice())?;
    let (seed, vectors) = match choose(&mut session, lowered) {
        Ok(chosen) => chosen,
        // Noise is no index or length; nothing else may stop a run.
        Err(_) if takes_integers(lowered) => return Ok(None),
        Err(error) => return Err(defect(error)),
    };
    let count = self::vectors(lowered.steps.len());
    let header = GoldenHeader {
        generator: GENERATOR_LCG,
        // Float kernels of other instruction sets add in another order.
        flags: if is_exact { GOLDEN_EXACT } else { 0 },
        vectors: count as u32,
        seed,
        steps: lowered.steps.len() as u32,
    };
    let crcs: Vec<u32> = vectors
        .iter()
        .flat_map(|trial| &trial.crcs)
        .copied()
        .collect();
    let steps = lowered.steps.iter().enumerate();
    let unexercised = steps.filter(|(step, _)| !exercises(&vectors, *step));
    let report = GoldenReport {
        vectors: count,
        seed,
        unexercised: unexercised.map(|(_, step)| step.name.clone()).collect(),
    };
    Ok(Some((
        [bytes_of(&header), cast_slice(&crcs)].concat(),
        report,
    )))
}

/// What the steps make of the inputs of one seed.
#[derive(Clone)]
struct Trial {
    /// CRC-32 of each step's outputs.
    crcs: Vec<u32>,
    /// Whether each step's outputs hold different elements.
    varies: Vec<bool>,
}

/// The first seed of the best vectors, and what came of each.
fn choose(
    session: &mut Session<'_, '_>,
    lowered: &Lowered,
) -> Result<(u32, [Trial; VECTORS]), Error> {
    let seeds = (TRIAL_OPERATIONS / operations(lowered).max(1)).clamp(VECTORS as u64, SEEDS);
    let mut best: Option<(usize, u32, [Trial; VECTORS])> = None;
    let mut last = run(session, lowered, 1);
    for seed in 2..=seeds as u32 {
        let next = run(session, lowered, seed);
        if let (Ok(last), Ok(next)) = (&last, &next) {
            let vectors = [last.clone(), next.clone()];
            let steps = 0..lowered.steps.len();
            let exercised = steps.filter(|&step| exercises(&vectors, step)).count();
            if best.as_ref().is_none_or(|&(most, ..)| exercised > most) {
                best = Some((exercised, seed - 1, vectors));
            }
            if exercised == lowered.steps.len() {
                break;
            }
        }
        last = next;
    }
    match best {
        Some((_, seed, vectors)) => Ok((seed, vectors)),
        None => Err(last.err().unwrap_or(Error::NoGolden)),
    }
}

fn takes_integers(lowered: &Lowered) -> bool {
    let mut inputs = lowered.inputs.iter();
    inputs.any(|&row| {
        matches!(
            lowered.tensors[usize::from(row)].dtype,
            DType::I32 | DType::I64
        )
    })
}

/// Operations of one run, roughly.
fn operations(lowered: &Lowered) -> u64 {
    let steps = lowered.steps.iter();
    let operations = steps.map(|step| {
        let rows = step
            .outputs
            .iter()
            .map(|&row| &lowered.tensors[usize::from(row)]);
        step.macs + rows.map(|row| row.bytes() as u64).sum::<u64>()
    });
    operations.sum()
}

fn run(session: &mut Session<'_, '_>, lowered: &Lowered, seed: u32) -> Result<Trial, Error> {
    let mut trial = Trial {
        crcs: Vec::new(),
        varies: Vec::new(),
    };
    run_golden(session, &mut Generator::new(seed), |session, step, crc| {
        let mut varies = false;
        for &row in &lowered.steps[step].outputs {
            let element_bytes = lowered.tensors[usize::from(row)].dtype.bits() as usize / 8;
            varies |= has_different_elements(session.tensor(row)?, element_bytes);
        }
        trial.crcs.push(crc);
        trial.varies.push(varies);
        Ok(())
    })?;
    Ok(trial)
}

/// A single element has none to differ from.
fn has_different_elements(bytes: &[u8], element_bytes: usize) -> bool {
    let mut elements = bytes.chunks(element_bytes.max(1));
    let first = elements.next();
    let mut others = elements.peekable();
    others.peek().is_none() || others.any(|element| Some(element) != first)
}

fn exercises(vectors: &[Trial; VECTORS], step: usize) -> bool {
    let differ = vectors
        .windows(2)
        .any(|pair| pair[0].crcs[step] != pair[1].crcs[step]);
    differ && vectors.iter().any(|trial| trial.varies[step])
}
