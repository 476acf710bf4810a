use std::collections::HashMap;

use super::emitter::{Lowered, Place};
use super::overlap::overlap;
use crate::ir::{Graph, TensorId};
use crate::options::Options;
use crate::plan::{Buffer, Overwrite, Placement, place};

/// A part of the arena and the steps for which it keeps its contents.
#[derive(Clone, Debug)]
pub(crate) struct StoredBuffer {
    /// Name of its first tensor.
    pub(crate) name: String,
    /// Where it starts, and how long, from which step to which.
    pub(crate) offset: usize,
    pub(crate) buffer: Buffer,
}

/// Plans the arena: gives every activation its place. Views share the buffer of what they view; a
/// step may write over inputs that nothing reads afterwards, as far as its kernel's contract goes.
///
/// `owners` names the tensor of each row that is an activation.
pub(super) fn assign(
    lowered: &mut Lowered,
    graph: &Graph,
    owners: &[Option<TensorId>],
    options: &Options,
) {
    let viewed = viewed(graph);
    let owner = |row: u16| Some(viewed[owners.get(usize::from(row)).copied().flatten()?.0]);
    let mut indices: HashMap<TensorId, usize> = HashMap::new();
    let mut tensors = Vec::new();
    let mut buffers: Vec<Buffer> = Vec::new();
    let mut touch = |row: u16, step: usize| {
        let Some(id) = owner(row) else { return };
        let index = *indices.entry(id).or_insert_with(|| {
            tensors.push(id);
            buffers.push(Buffer {
                bytes: lowered.tensors[usize::from(row)].bytes(),
                first: step,
                last: step,
            });
            buffers.len() - 1
        });
        buffers[index].last = buffers[index].last.max(step);
    };
    for &input in &lowered.inputs {
        touch(input, 0);
    }
    for (time, step) in lowered.steps.iter().enumerate() {
        for &row in step.inputs.iter().chain(&step.outputs) {
            touch(row, time);
        }
    }
    // What is read after the last step.
    let kept = if options.keep_inputs {
        &lowered.inputs[..]
    } else {
        &[]
    };
    for &row in lowered.outputs.iter().chain(kept) {
        touch(row, lowered.steps.len());
    }

    let index = |row: u16| indices.get(&owner(row)?).copied();
    let overwrites = if options.overlap {
        overwrites(lowered, index)
    } else {
        Vec::new()
    };
    let mut placement = place(&buffers, &overwrites, lowered.alignment);
    if placement.arena_bytes > placement.lower_bound_bytes {
        // More freedom can lead the search astray; a plan without overlaps is one with them too.
        let apart = place(&buffers, &[], lowered.alignment);
        if apart.arena_bytes < placement.arena_bytes {
            placement = Placement {
                lower_bound_bytes: placement.lower_bound_bytes,
                ..apart
            };
        }
    }
    for row in 0..lowered.tensors.len() as u16 {
        if owner(row).is_some() {
            let offset = index(row).map_or(0, |index| placement.offsets[index]);
            lowered.tensors[usize::from(row)].place = Place::Arena(offset);
        }
    }
    lowered.arena_bytes = placement.arena_bytes;
    lowered.lower_bound_bytes = placement.lower_bound_bytes;
    let stored = tensors.iter().zip(&buffers).zip(&placement.offsets);
    let stored = stored.map(|((&id, &buffer), &offset)| StoredBuffer {
        name: graph.tensor(id).name.clone(),
        offset,
        buffer,
    });
    lowered.buffers = stored.collect();
}

/// For each tensor the one whose bytes it views: itself where it has its own.
fn viewed(graph: &Graph) -> Vec<TensorId> {
    let mut viewed: Vec<TensorId> = (0..graph.tensors.len()).map(TensorId).collect();
    for node in graph.nodes.iter().filter(|node| node.op.is_view()) {
        viewed[node.output().0] = viewed[node.inputs[0].0];
    }
    viewed
}

/// The overlaps that the contracts of the steps' kernels allow, which are about a step's first
/// output; `index` gives the buffer of a row.
fn overwrites(lowered: &Lowered, index: impl Fn(u16) -> Option<usize>) -> Vec<Overwrite> {
    let mut overwrites: Vec<Overwrite> = Vec::new();
    for step in &lowered.steps {
        let first_of_step = overwrites.len();
        for (operand, &row) in step.inputs.iter().enumerate() {
            let (Some(input), Some(output)) = (index(row), index(step.outputs[0])) else {
                continue;
            };
            let [from, to] = [row, step.outputs[0]].map(|row| &lowered.tensors[usize::from(row)]);
            let kernel = lowered.kernels[usize::from(step.kernel)];
            let overlap = overlap(kernel, &step.params, operand, from, to);
            let mut known = overwrites[first_of_step..].iter_mut();
            match known.find(|known| known.input == input) {
                // An input that is several operands has to please them all.
                Some(known) => {
                    known.overlap.before = known.overlap.before.max(overlap.before);
                    known.overlap.after = known.overlap.after.max(overlap.after);
                }
                None => overwrites.push(Overwrite {
                    input,
                    output,
                    overlap,
                }),
            }
        }
    }
    overwrites
}
