use std::collections::HashMap;

use super::emitter::{Lowered, Place};
use super::overlap::overlap;
use crate::ir::{Graph, TensorId};
use crate::options::Options;
use crate::plan::{Buffer, Overwrite, Placement, lower_bound, peak, place};

/// A part of the arena and the steps for which it keeps its contents.
#[derive(Clone, Debug)]
pub(crate) struct StoredBuffer {
    /// Name of its first tensor.
    pub(crate) name: String,
    /// Where it starts, and how long, from which step to which.
    pub(crate) offset: usize,
    pub(crate) buffer: Buffer,
}

/// Where an activation lies: bytes that it may share with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home {
    /// Any number, but the same for all that lie together.
    pub(super) buffer: usize,
    /// Where in the buffer it starts, in bytes.
    pub(super) offset: usize,
}

/// The home of each row that is an activation; `owners` names its tensor. Views lie where what they view does.
pub(super) fn homes(graph: &Graph, owners: &[Option<TensorId>]) -> Vec<Option<Home>> {
    let mut viewed: Vec<usize> = (0..graph.tensors.len()).collect();
    for node in graph.nodes.iter().filter(|node| node.op.is_view()) {
        viewed[node.output().0] = viewed[node.inputs[0].0];
    }
    let home = |id: TensorId| Home {
        buffer: viewed[id.0],
        offset: 0,
    };
    owners.iter().map(|owner| owner.map(home)).collect()
}

/// What the steps ask of the arena.
#[derive(Default)]
pub(super) struct Demand {
    buffers: Vec<Buffer>,
    overwrites: Vec<Overwrite>,
    /// The first row in each buffer.
    rows: Vec<u16>,
    /// Index of each home's buffer.
    indices: HashMap<usize, usize>,
}

impl Demand {
    /// What the steps of a model ask for: a step may write over inputs that nothing reads afterwards, as far as its
    /// kernel's contract goes.
    pub(super) fn of(lowered: &Lowered, homes: &[Option<Home>], options: &Options) -> Demand {
        let mut demand = Demand::default();
        for &input in &lowered.inputs {
            demand.touch(lowered, homes, input, 0);
        }
        for (time, step) in lowered.steps.iter().enumerate() {
            for &row in step.inputs.iter().chain(&step.outputs) {
                demand.touch(lowered, homes, row, time);
            }
        }
        // What is read after the last step.
        let kept = if options.keep_inputs {
            &lowered.inputs[..]
        } else {
            &[]
        };
        for &row in lowered.outputs.iter().chain(kept) {
            demand.touch(lowered, homes, row, lowered.steps.len());
        }
        if options.overlap {
            demand.find_overwrites(lowered, homes);
        }
        demand
    }

    /// Least bytes that any plan needs.
    pub(super) fn lower_bound(&self) -> usize {
        lower_bound(&self.buffers, &self.overwrites)
    }

    /// The step that needs the most bytes.
    pub(super) fn peak(&self) -> usize {
        peak(&self.buffers, &self.overwrites)
    }

    fn touch(&mut self, lowered: &Lowered, homes: &[Option<Home>], row: u16, step: usize) {
        let Some(home) = home(homes, row) else {
            return;
        };
        let index = *self.indices.entry(home.buffer).or_insert_with(|| {
            self.rows.push(row);
            self.buffers.push(Buffer {
                bytes: 0,
                first: step,
                last: step,
            });
            self.buffers.len() - 1
        });
        let buffer = &mut self.buffers[index];
        let end = home.offset + lowered.tensors[usize::from(row)].bytes();
        buffer.bytes = buffer.bytes.max(end);
        buffer.last = buffer.last.max(step);
    }

    /// The overlaps that the contracts of the steps' kernels allow, which are about a step's first output.
    fn find_overwrites(&mut self, lowered: &Lowered, homes: &[Option<Home>]) {
        for step in &lowered.steps {
            let first_of_step = self.overwrites.len();
            for (operand, &row) in step.inputs.iter().enumerate() {
                let (Some(input), Some(output)) =
                    (self.whole(homes, row), self.whole(homes, step.outputs[0]))
                else {
                    continue;
                };
                if input == output {
                    continue;
                }
                let [from, to] =
                    [row, step.outputs[0]].map(|row| &lowered.tensors[usize::from(row)]);
                let kernel = lowered.kernels[usize::from(step.kernel)];
                let overlap = overlap(kernel, &step.params, operand, from, to);
                let mut known = self.overwrites[first_of_step..].iter_mut();
                match known.find(|known| known.input == input) {
                    // An input that is several operands has to please them all.
                    Some(known) => {
                        known.overlap.before = known.overlap.before.max(overlap.before);
                        known.overlap.after = known.overlap.after.max(overlap.after);
                    }
                    None => self.overwrites.push(Overwrite {
                        input,
                        output,
                        overlap,
                    }),
                }
            }
        }
    }

    /// The buffer at whose start a row lies: contracts count from there.
    fn whole(&self, homes: &[Option<Home>], row: u16) -> Option<usize> {
        let home = home(homes, row).filter(|home| home.offset == 0)?;
        self.indices.get(&home.buffer).copied()
    }
}

fn home(homes: &[Option<Home>], row: u16) -> Option<Home> {
    homes.get(usize::from(row)).copied().flatten()
}

/// Plans the arena: gives every activation its place.
pub(super) fn assign(lowered: &mut Lowered, homes: &[Option<Home>], options: &Options) {
    let demand = Demand::of(lowered, homes, options);
    let mut placement = place(&demand.buffers, &demand.overwrites, lowered.alignment);
    if placement.arena_bytes > placement.lower_bound_bytes {
        // More freedom can lead the search astray; a plan without overlaps is one with them too.
        let apart = place(&demand.buffers, &[], lowered.alignment);
        if apart.arena_bytes < placement.arena_bytes {
            placement = Placement {
                lower_bound_bytes: placement.lower_bound_bytes,
                ..apart
            };
        }
    }
    for (tensor, home) in lowered.tensors.iter_mut().zip(homes) {
        if let Some(home) = home {
            let index = demand.indices.get(&home.buffer);
            let start = index.map_or(0, |&index| placement.offsets[index]);
            tensor.place = Place::Arena(start + home.offset);
        }
    }
    lowered.arena_bytes = placement.arena_bytes;
    lowered.lower_bound_bytes = placement.lower_bound_bytes;
    let stored = demand
        .rows
        .iter()
        .zip(&demand.buffers)
        .zip(&placement.offsets);
    let stored = stored.map(|((&row, &buffer), &offset)| StoredBuffer {
        name: lowered.tensors[usize::from(row)].name.clone(),
        offset,
        buffer,
    });
    lowered.buffers = stored.collect();
}
