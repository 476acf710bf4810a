use std::collections::HashMap;
use std::ops::Range;

use cadet_format::{KernelId, Numerics, Opcode};

use super::schedule::Schedule;
use super::segment::{Link, Segment};
use crate::lower::emitter::{Lowered, LoweredStep, LoweredTensor, Place};
use crate::lower::storage::Home;

/// The steps of a segment, strip by strip, in place of its own; `feeds` has the rows of the first plane copied from
/// the caller's input as they are needed.
pub(super) fn write(
    lowered: &mut Lowered,
    homes: &mut Vec<Option<Home>>,
    segment: &Segment,
    schedule: &Schedule,
    feeds: bool,
) {
    let next_buffer = homes.iter().flatten().map(|home| home.buffer + 1).max();
    let mut writer = Writer {
        lowered,
        homes,
        segment,
        schedule,
        feeds,
        next_buffer: next_buffer.unwrap_or(0),
        buffers: HashMap::new(),
        views: HashMap::new(),
        steps: Vec::new(),
        first_steps: HashMap::new(),
    };
    for strip in 0..schedule.strips() {
        if feeds {
            writer.feed(strip);
        }
        for (number, link) in segment.steps.clone().zip(&segment.links) {
            writer.step(strip, number, link);
        }
        for plane in 0..segment.planes.len() - 1 {
            writer.keep(strip, plane);
        }
    }
    let steps = writer.steps;
    let added = steps.len() - segment.steps.len();
    lowered.steps.splice(segment.steps.clone(), steps);

    let source = segment.planes[0].buffer;
    let inner = segment.planes[1..segment.planes.len() - 1].iter();
    let inner: Vec<usize> = inner.map(|plane| plane.buffer).collect();
    let home = |row: u16| homes[usize::from(row)];
    lowered
        .activations
        .retain(|&(_, row, _)| home(row).is_none_or(|home| !inner.contains(&home.buffer)));
    for (_, _, step) in &mut lowered.activations {
        *step = step.map(|step| {
            if step + 1 >= segment.steps.end {
                step + added
            } else {
                step
            }
        });
    }
    if feeds {
        let of_source = homes.iter_mut().zip(&mut lowered.tensors);
        for (home, tensor) in
            of_source.filter(|(home, _)| home.is_some_and(|it| it.buffer == source))
        {
            *home = None;
            tensor.place = Place::Input(0);
        }
    }
    drop_unused(lowered, homes);
}

/// Takes out the rows of the tensor table that nothing refers to any more.
pub(in crate::lower) fn drop_unused(lowered: &mut Lowered, homes: &mut Vec<Option<Home>>) {
    let mut is_used = vec![false; lowered.tensors.len()];
    for_each_row(lowered, |row| {
        if let Some(used) = is_used.get_mut(usize::from(*row)) {
            *used = true;
        }
    });
    let mut rows = Vec::with_capacity(is_used.len());
    let mut next = 0;
    for &used in &is_used {
        rows.push(next);
        next += u16::from(used);
    }
    let mut flags = is_used.iter();
    lowered.tensors.retain(|_| flags.next() == Some(&true));
    let mut flags = is_used.iter();
    homes.retain(|_| flags.next() == Some(&true));
    for_each_row(lowered, |row| {
        // What is not given stays so.
        *row = rows.get(usize::from(*row)).copied().unwrap_or(*row);
    });
}

/// Every reference to a row of the tensor table.
fn for_each_row(lowered: &mut Lowered, f: impl FnMut(&mut u16)) {
    let steps = lowered.steps.iter_mut();
    let operands = steps.flat_map(|step| step.inputs.iter_mut().chain(&mut step.outputs));
    let ports = lowered.inputs.iter_mut().chain(&mut lowered.outputs);
    let activations = lowered.activations.iter_mut().map(|(_, row, _)| row);
    operands.chain(ports).chain(activations).for_each(f);
}

struct Writer<'a> {
    lowered: &'a mut Lowered,
    homes: &'a mut Vec<Option<Home>>,
    segment: &'a Segment,
    schedule: &'a Schedule,
    feeds: bool,
    next_buffer: usize,
    /// The buffer of each plane's rows: of all strips, or of one.
    buffers: HashMap<(usize, Option<usize>), usize>,
    /// Rows of the tensor table by buffer, offset and number of rows; `None` is the caller's input.
    views: HashMap<(Option<usize>, usize, usize), u16>,
    steps: Vec<LoweredStep>,
    /// The first of the new steps for each of the segment's.
    first_steps: HashMap<usize, usize>,
}

impl Writer<'_> {
    /// Rows of a plane as a strip finds or leaves them.
    fn view(&mut self, strip: usize, plane: usize, rows: &Range<usize>) -> u16 {
        let home = self.home(strip, plane, rows.start);
        self.tensor(plane, Some(home.buffer), home.offset, rows.len())
    }

    /// Where a row of a plane lies during a strip.
    fn home(&mut self, strip: usize, plane: usize, row: usize) -> Home {
        let it = &self.segment.planes[plane];
        let is_last = plane + 1 == self.segment.planes.len();
        if is_last || (plane == 0 && !self.feeds) {
            return Home {
                buffer: it.buffer,
                offset: row * it.row_bytes,
            };
        }
        let strip_of_buffer = (!self.schedule.is_rolling(plane)).then_some(strip);
        let next = &mut self.next_buffer;
        let buffer = self
            .buffers
            .entry((plane, strip_of_buffer))
            .or_insert_with(|| {
                *next += 1;
                *next - 1
            });
        Home {
            buffer: *buffer,
            offset: (row - self.schedule.first[strip][plane]) * it.row_bytes,
        }
    }

    fn tensor(&mut self, plane: usize, buffer: Option<usize>, offset: usize, rows: usize) -> u16 {
        let key = (buffer, offset, rows);
        if let Some(&row) = self.views.get(&key) {
            return row;
        }
        let whole = &self.lowered.tensors[usize::from(self.segment.planes[plane].row)];
        let mut dims = whole.dims.clone();
        dims[1] = rows;
        let view = LoweredTensor {
            name: format!("{}[..]", whole.name),
            place: match buffer {
                Some(_) => Place::Arena(0),
                None => Place::Input(offset),
            },
            dims,
            is_part: true,
            ..whole.clone()
        };
        // Rows beyond what u16 can name are counted and refused later.
        let row = self.lowered.tensors.len() as u16;
        self.lowered.tensors.push(view);
        self.homes
            .push(buffer.map(|buffer| Home { buffer, offset }));
        self.views.insert(key, row);
        row
    }

    /// Copies the rows that a strip needs from the caller's input.
    fn feed(&mut self, strip: usize) {
        let rows = self.schedule.before(strip, 0)..self.schedule.done[strip][0];
        if !rows.is_empty() {
            let offset = rows.start * self.segment.planes[0].row_bytes;
            let from = self.tensor(0, None, offset, rows.len());
            let to = self.view(strip, 0, &rows);
            self.copy("feed", from, to);
        }
    }

    /// A step's rows of a strip.
    fn step(&mut self, strip: usize, number: usize, link: &Link) {
        let rows = self.schedule.before(strip, link.output)..self.schedule.done[strip][link.output];
        if rows.is_empty() {
            return;
        }
        let mut step = self.lowered.steps[number].clone();
        for &(operand, plane) in &link.inputs {
            let height = self.segment.planes[plane].height;
            let reads = link.rule.reads(&rows, height);
            step.inputs[operand] = self.view(strip, plane, &reads);
        }
        step.outputs[0] = self.view(strip, link.output, &rows);
        step.params = link.rule.params(&step.params, rows.start);
        step.macs = step.macs / self.segment.planes[link.output].height as u64 * rows.len() as u64;
        if rows.start > 0 {
            step.weight_bytes = 0;
        }
        let [start, end] = [rows.start, rows.end];
        // Names are a large part of a small package, so that they are written out once.
        step.name = match self.first_steps.get(&number) {
            None => format!("{}[{start}..{end}]", step.name),
            Some(first) => format!("step {first} [{start}..{end}]"),
        };
        let here = self.segment.steps.start + self.steps.len();
        self.first_steps.entry(number).or_insert(here);
        self.steps.push(step);
    }

    /// Moves the rows of a plane that the next strip reads again to the start of their buffer.
    fn keep(&mut self, strip: usize, plane: usize) {
        let next = strip + 1;
        let in_place = next == self.schedule.strips() || (plane == 0 && !self.feeds);
        if in_place || self.schedule.kept(next, plane) == 0 {
            return;
        }
        let rows = self.schedule.first[next][plane]..self.schedule.done[strip][plane];
        let from = self.view(strip, plane, &rows);
        let to = self.view(next, plane, &rows);
        if from != to {
            self.copy("keep", from, to);
        }
    }

    fn copy(&mut self, verb: &str, from: u16, to: u16) {
        let tensor = &self.lowered.tensors[usize::from(to)];
        let id = KernelId::new(Opcode::Copy, tensor.dtype, Numerics::None);
        let kernels = &mut self.lowered.kernels;
        let kernel = kernels.iter().position(|it| *it == id).unwrap_or_else(|| {
            kernels.push(id);
            kernels.len() - 1
        });
        self.steps.push(LoweredStep {
            name: verb.into(),
            op: "Copy",
            kernel: kernel as u16,
            inputs: vec![from],
            outputs: vec![to],
            params: Vec::new(),
            macs: 0,
            weight_bytes: 0,
        });
    }
}
