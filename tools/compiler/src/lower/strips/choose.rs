use std::ops::Range;

use super::schedule::Schedule;
use super::segment::{Segment, Uses};
use super::write::write;
use crate::error::CompileError;
use crate::lower::emitter::Lowered;
use crate::lower::storage::{Demand, Home};
use crate::options::{Options, Strips};
use crate::report::StripsReport;

/// Rows that each strip takes in which are tried.
const ROWS: [usize; 11] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48];
/// Rows that the first strip takes in beyond these: windows that reach over the edge between strips leave fewer
/// rows to be kept then.
const LEADS: [usize; 3] = [0, 1, 2];
/// Steps of a segment at the most.
const LONGEST: usize = 40;
/// Steps of all strips together at the most.
const MOST_STEPS: usize = 400;
/// What a step takes of a package, about: rows in its tables and a name.
const STEP_BYTES: usize = 60;
/// Bytes of flash that are worth a byte of RAM: what microcontrollers have of both.
const FLASH_PER_RAM: usize = 4;

/// A segment and how it takes in rows.
struct Candidate {
    segment: Segment,
    schedule: Schedule,
    steps: usize,
    /// No plan needs less memory.
    bytes: usize,
}

/// Cuts the steps that need the most memory into strips, where that saves some.
///
/// # Errors
/// `Option` where the input is to come in strips and the model's first steps do not go row by row.
pub(in crate::lower) fn cut(
    lowered: &mut Lowered,
    homes: &mut Vec<Option<Home>>,
    options: &Options,
) -> Result<(), CompileError> {
    let feeds = match options.strips {
        Strips::None => return Ok(()),
        Strips::Whole => false,
        Strips::Fed => true,
    };
    let weights = std::mem::take(&mut lowered.weights);
    let uncut = Demand::of(lowered, homes, options);
    let candidates = candidates(lowered, homes, options, uncut.peak(), feeds);
    let uncut = uncut.lower_bound();
    let chosen = candidates
        .into_iter()
        .filter(|it| feeds || it.bytes < uncut)
        .min_by_key(|it| (it.bytes + it.steps * STEP_BYTES / FLASH_PER_RAM, it.bytes));
    lowered.weights = weights;
    match chosen {
        Some(chosen) => {
            let Candidate {
                segment, schedule, ..
            } = chosen;
            lowered.strips = Some(report(lowered, &segment, &schedule, feeds));
            write(lowered, homes, &segment, &schedule, feeds);
            Ok(())
        }
        None if feeds => Err(CompileError::Option {
            option: "strips",
            reason: "the model does not begin with convolutions or poolings over an input in channels-last order that \
                     nothing else reads, so it cannot come in strips"
                .into(),
        }),
        None => Ok(()),
    }
}

fn candidates(
    lowered: &Lowered,
    homes: &[Option<Home>],
    options: &Options,
    peak: usize,
    feeds: bool,
) -> Vec<Candidate> {
    let uses = Uses::of(lowered, homes);
    let steps = lowered.steps.len();
    let starts = if feeds { 0..1 } else { 0..peak + 1 };
    let segments = starts.flat_map(|start| {
        let ends = start + 2..(start + LONGEST).min(steps) + 1;
        ends.map(move |end| start..end)
    });
    let segments = segments.filter(|steps: &Range<usize>| feeds || steps.contains(&peak));
    let segments = segments.filter_map(|it| Segment::new(lowered, homes, &uses, it, feeds));
    let mut candidates = Vec::new();
    for segment in segments {
        let height = segment.planes[0].height;
        let rows = ROWS.into_iter().filter(|&rows| rows < height);
        for (lead, rows) in rows.flat_map(|rows| LEADS.map(|lead| (lead, rows))) {
            let Some(schedule) = Schedule::new(&segment, lead, rows) else {
                continue;
            };
            if schedule.strips() * segment.links.len() > MOST_STEPS {
                continue;
            }
            let (mut cut, mut homes) = (lowered.clone(), homes.to_vec());
            write(&mut cut, &mut homes, &segment, &schedule, feeds);
            candidates.push(Candidate {
                bytes: Demand::of(&cut, &homes, options).lower_bound(),
                steps: cut.steps.len(),
                segment: segment.clone(),
                schedule,
            });
        }
    }
    candidates
}

fn report(lowered: &Lowered, segment: &Segment, schedule: &Schedule, feeds: bool) -> StripsReport {
    let name = |step: usize| lowered.steps[step].name.clone();
    let copied = (1..schedule.strips()).flat_map(|strip| {
        let planes = segment.planes.iter().enumerate();
        let planes = planes.filter(|(number, _)| feeds || *number > 0);
        planes.map(move |(number, plane)| schedule.kept(strip, number) * plane.row_bytes)
    });
    StripsReport {
        first: name(segment.steps.start),
        last: name(segment.steps.end - 1),
        strips: schedule.strips(),
        kept_bytes: copied.sum(),
        fed_rows: feeds.then(|| {
            let rows = (0..schedule.strips())
                .map(|strip| schedule.done[strip][0] - schedule.before(strip, 0));
            rows.max().unwrap_or(0)
        }),
    }
}
