use std::collections::HashMap;

use super::emitter::is_view;
use crate::ir::{Op, TensorId};
use crate::layout::Arranged;
use crate::plan::{Buffer, Placement, place};

/// Where each activation lies in the arena.
#[derive(Clone, Debug)]
pub(super) struct Storage {
    /// Index into the placement of the buffer of each tensor; `None` for constants.
    buffers: Vec<Option<usize>>,
    placement: Placement,
}

impl Storage {
    /// Plans the arena. Reshapes and transposes share their input's buffer; elementwise steps write
    /// over an input that nothing reads afterwards, where that makes the arena smaller.
    pub(super) fn new(arranged: &Arranged, align: usize, keep_inputs: bool) -> Storage {
        let plan = |in_place| plan(arranged, align, keep_inputs, in_place);
        let (apart, shared) = (plan(false), plan(true));
        if shared.placement.arena_bytes <= apart.placement.arena_bytes {
            shared
        } else {
            apart
        }
    }

    /// Offset in bytes of an activation.
    pub(super) fn offset(&self, id: TensorId) -> usize {
        self.buffers[id.0].map_or(0, |buffer| self.placement.offsets[buffer])
    }

    pub(super) fn arena_bytes(&self) -> usize {
        self.placement.arena_bytes
    }

    pub(super) fn lower_bound_bytes(&self) -> usize {
        self.placement.lower_bound_bytes
    }
}

fn plan(arranged: &Arranged, align: usize, keep_inputs: bool, in_place: bool) -> Storage {
    let graph = &arranged.graph;
    let nodes = &graph.nodes;
    // Time is the node's index; outputs and kept inputs are read after the last node.
    let end = nodes.len();
    let mut last_read: HashMap<TensorId, usize> = HashMap::new();
    for (time, node) in nodes.iter().enumerate() {
        for &input in &node.inputs {
            last_read.insert(input, time);
        }
    }
    let kept = if keep_inputs { &graph.inputs[..] } else { &[] };
    for &id in graph.outputs.iter().chain(kept) {
        last_read.insert(id, end);
    }
    let mut live: Vec<Buffer> = Vec::new();
    let mut buffers = vec![None; graph.tensors.len()];
    let define = |live: &mut Vec<Buffer>, id: TensorId, first: usize| {
        live.push(Buffer {
            bytes: graph.tensor(id).bytes(),
            first,
            last: last_read.get(&id).map_or(first, |&last| last.max(first)),
        });
        live.len() - 1
    };
    for &id in &graph.inputs {
        buffers[id.0] = Some(define(&mut live, id, 0));
    }
    for (time, node) in nodes.iter().enumerate() {
        let is_view = is_view(&node.op);
        let is_elementwise = match node.op {
            Op::Add { .. } | Op::Unary(_) | Op::Softmax { .. } => true,
            _ => false,
        };
        let own = node.inputs.iter().find_map(|&input| {
            let buffer = buffers[input.0]?;
            // The extent of a buffer covers all tensors in it, so a later reader of a view counts.
            let is_dying = live[buffer].last == time;
            let may_overwrite =
                is_dying && graph.tensor(input).bytes() == graph.tensor(node.output()).bytes();
            (is_view || (in_place && is_elementwise && may_overwrite)).then_some(buffer)
        });
        let buffer = match own {
            Some(buffer) => {
                let last = last_read
                    .get(&node.output())
                    .map_or(time, |&last| last.max(time));
                live[buffer].last = live[buffer].last.max(last);
                buffer
            }
            None => define(&mut live, node.output(), time),
        };
        buffers[node.output().0] = Some(buffer);
        for &other in &node.outputs[1..] {
            buffers[other.0] = Some(define(&mut live, other, time));
        }
    }
    Storage {
        buffers,
        placement: place(&live, align),
    }
}
