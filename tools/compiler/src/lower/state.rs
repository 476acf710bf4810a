use cadet_format::Fill;

use super::emitter::{Lowered, Place};
use super::in_place::{Line, drop_unused_kernels};
use super::storage::Home;
use crate::ir::{State, TensorId, Values};
use crate::layout::Arranged;

/// Gives what is kept between runs its place, one state behind the other, so that it needs none in the arena.
/// `owners` names the tensor of each row.
pub(super) fn place_states(
    lowered: &mut Lowered,
    homes: &mut Vec<Option<Home>>,
    owners: &[Option<TensorId>],
    arranged: &Arranged,
) {
    let graph = &arranged.graph;
    let mut last = Vec::new();
    for state in &graph.states {
        let offset = lowered.state_bytes.next_multiple_of(lowered.alignment);
        let rows = [state.before, state.after]
            .map(|id| owners.iter().position(|owner| *owner == Some(id)));
        let tensor = graph.tensor(state.before);
        let mut bytes = tensor.len() * tensor.element.dtype().bits() as usize / 8;
        let line = match rows {
            [Some(before), Some(after)] => Line::find(lowered, homes, before as u16, after as u16),
            _ => None,
        };
        // Views of either lie there too.
        let buffers = rows.map(|row| row.and_then(|row| homes[row]).map(|home| home.buffer));
        for (row, home) in homes.iter_mut().enumerate() {
            if home.is_some_and(|home| buffers.contains(&Some(home.buffer))) {
                *home = None;
                lowered.tensors[row].place = Place::State(offset);
            }
        }
        if let Some(line) = line {
            let (all, step) = line.write(lowered, homes, offset);
            bytes = all;
            last.push(step);
        }
        lowered.state_bytes = offset + bytes;
        lowered.initial.extend(fills(state, arranged, offset));
    }
    if !last.is_empty() {
        lowered.steps.extend(last);
        drop_unused_kernels(lowered);
    }
}

/// What a state holds after a reset, as runs of equal words.
fn fills(state: &State, arranged: &Arranged, offset: usize) -> Vec<Fill> {
    let Some(initial) = &state.initial else {
        return Vec::new();
    };
    let order = arranged.layouts[state.before.0].onnx_indices();
    let bytes: Vec<u8> = match initial {
        Values::F32(values) => order
            .iter()
            .flat_map(|&index| values[index].to_le_bytes())
            .collect(),
        // Integers that are kept between runs have one byte.
        Values::I64(values) => order.iter().map(|&index| values[index] as u8).collect(),
    };
    let mut fills: Vec<Fill> = Vec::new();
    for (index, word) in bytes.chunks(4).enumerate() {
        let start = offset + 4 * index;
        let last = fills.last_mut().filter(|last| {
            last.value.starts_with(word) && (last.offset + last.bytes) as usize == start
        });
        match last {
            Some(last) => last.bytes += word.len() as u32,
            None => {
                let mut value = [0; 4];
                value[..word.len()].copy_from_slice(word);
                fills.push(Fill {
                    region: 0,
                    reserved: [0; 3],
                    offset: start as u32,
                    bytes: word.len() as u32,
                    value,
                });
            }
        }
    }
    fills.retain(|fill| fill.value != [0; 4]);
    fills
}
