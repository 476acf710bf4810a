use cadet_format::{Concat, KernelId, Numerics, Opcode};

use super::emitter::{Lowered, LoweredStep, LoweredTensor, Place};
use super::storage::Home;

/// A state whose elements lie in front of the new ones in memory, so that the whole line can lie in the state: the new
/// ones are written there at once, and what is kept is moved to the front when all is done.
pub(super) struct Line {
    /// The steps that join past and new elements and that pick what is kept.
    steps: [usize; 2],
    /// Buffer of past and new elements together, and of the new ones.
    joined_buffer: usize,
    new_buffer: usize,
    past_bytes: usize,
    new_bytes: usize,
}

impl Line {
    /// The line of a state with these rows before and after a run; `None` where it has none, or where it would be
    /// mostly new elements, for which the arena has room that others use too.
    pub(super) fn find(
        lowered: &Lowered,
        homes: &[Option<Home>],
        before: u16,
        after: u16,
    ) -> Option<Line> {
        let opcode = |step: &LoweredStep| lowered.kernels[usize::from(step.kernel)].opcode;
        let joins = |step: &LoweredStep| {
            step.inputs.len() == 2
                && step.inputs[0] == before
                && opcode(step) == Opcode::Concat as u16
        };
        let join = lowered.steps.iter().position(joins)?;
        let picks = |step: &LoweredStep| {
            step.outputs == [after] && opcode(step) == Opcode::StridedCopy as u16
        };
        let pick = lowered.steps.iter().position(picks)?;
        let step = &lowered.steps[join];
        let (new, joined) = (step.inputs[1], step.outputs[0]);
        let tensor = |row: u16| &lowered.tensors[usize::from(row)];
        let Concat { axis } = bytemuck::try_pod_read_unaligned(&step.params).ok()?;
        let is_line = tensor(joined)
            .dims
            .iter()
            .take(axis as usize)
            .all(|&it| it == 1);
        let home = |row: u16| homes.get(usize::from(row)).copied().flatten();
        let (new_buffer, joined_buffer) = (home(new)?.buffer, home(joined)?.buffer);
        let is_picked = home(lowered.steps[pick].inputs[0])?.buffer == joined_buffer;
        // The caller writes inputs before a run, when the state may still be reset.
        let mut inputs = lowered.inputs.iter().filter_map(|&row| home(row));
        let is_input = inputs.any(|home| home.buffer == new_buffer);
        let [past_bytes, new_bytes] = [before, new].map(|row| tensor(row).bytes());
        let is_worth = new_bytes <= past_bytes;
        (is_line && is_picked && !is_input && is_worth).then_some(Line {
            steps: [join, pick],
            joined_buffer,
            new_buffer,
            past_bytes,
            new_bytes,
        })
    }

    /// Gives the line its place in the state and takes out the steps that it makes needless. Gives the bytes that it
    /// takes, and the step that moves what is kept, which is to come behind all others.
    pub(super) fn write(
        self,
        lowered: &mut Lowered,
        homes: &mut Vec<Option<Home>>,
        offset: usize,
    ) -> (usize, LoweredStep) {
        let places = [
            (self.joined_buffer, offset),
            (self.new_buffer, offset + self.past_bytes),
        ];
        for (row, home) in homes.iter_mut().enumerate() {
            let place = places
                .iter()
                .find(|(buffer, _)| home.is_some_and(|home| home.buffer == *buffer));
            if let Some(&(_, place)) = place {
                *home = None;
                lowered.tensors[row].place = Place::State(place);
            }
        }
        let name = lowered.steps[self.steps[1]].name.clone();
        let before = lowered.steps[self.steps[0]].inputs[0];
        let past = lowered.tensors[usize::from(before)].clone();
        let mut part = |offset: usize| {
            lowered.tensors.push(LoweredTensor {
                place: Place::State(offset),
                is_part: true,
                ..past.clone()
            });
            homes.push(None);
            (lowered.tensors.len() - 1) as u16
        };
        let (from, to) = (part(offset + self.new_bytes), part(offset));
        let id = KernelId::new(Opcode::Copy, past.dtype, Numerics::None);
        let known = lowered.kernels.iter().position(|it| *it == id);
        let kernel = known.unwrap_or_else(|| {
            lowered.kernels.push(id);
            lowered.kernels.len() - 1
        });
        self.take_out(lowered);
        let step = LoweredStep {
            name,
            op: "Copy",
            kernel: kernel as u16,
            inputs: vec![from],
            outputs: vec![to],
            params: Vec::new(),
            macs: 0,
            weight_bytes: 0,
        };
        (self.past_bytes + self.new_bytes, step)
    }

    /// Takes out the two steps; their results are no longer there as tensors of their own.
    fn take_out(&self, lowered: &mut Lowered) {
        lowered
            .activations
            .retain(|(_, _, step)| step.is_none_or(|step| !self.steps.contains(&step)));
        for (_, _, step) in &mut lowered.activations {
            let gone = |step: usize| self.steps.iter().filter(|&&it| it < step).count();
            *step = step.map(|step| step - gone(step));
        }
        let mut number = 0;
        lowered.steps.retain(|_| {
            number += 1;
            !self.steps.contains(&(number - 1))
        });
    }
}

/// Takes kernels out of the list that no step needs any more.
pub(super) fn drop_unused_kernels(lowered: &mut Lowered) {
    let is_used = |kernel: usize| {
        let mut steps = lowered.steps.iter();
        steps.any(|step| usize::from(step.kernel) == kernel)
    };
    let used: Vec<usize> = (0..lowered.kernels.len())
        .filter(|&it| is_used(it))
        .collect();
    for step in &mut lowered.steps {
        let place = used.iter().position(|&it| it == usize::from(step.kernel));
        step.kernel = place.unwrap_or_default() as u16;
    }
    lowered.kernels = used.iter().map(|&kernel| lowered.kernels[kernel]).collect();
}
