use std::collections::HashMap;

use cadet_format::{NO_TENSOR, ProgramKind};
use sha2::{Digest as _, Sha256};

use super::emitter::{Lowered, LoweredProgram, LoweredTensor, Place, check_rows};
use crate::error::CompileError;

/// One package of two programs, which share state and, where they have the same bytes, weights. The second follows as a
/// program of `kind`; the arena serves one at a time.
///
/// # Errors
/// `TooLarge` where there are more tensors than a package holds.
pub(crate) fn join(
    mut first: Lowered,
    second: Lowered,
    kind: ProgramKind,
) -> Result<Lowered, CompileError> {
    debug_assert_eq!(first.state_bytes, second.state_bytes);
    let before = first.tensors.len();
    let row = |row: u16| match row {
        NO_TENSOR => NO_TENSOR,
        row => (before + usize::from(row)) as u16,
    };
    let rows = |rows: &[u16]| rows.iter().map(|&it| row(it)).collect::<Vec<u16>>();
    let mut weights = SharedWeights::of(&first);
    for tensor in second.tensors {
        let place = match tensor.place {
            Place::Weights(offset) => {
                let bytes = &second.weights[offset..offset + tensor.bytes()];
                Place::Weights(weights.place(&mut first, bytes))
            }
            place => place,
        };
        first.tensors.push(LoweredTensor { place, ..tensor });
    }
    check_rows(&first.tensors)?;
    first.further.push(LoweredProgram {
        kind,
        step_count: second.steps.len(),
        inputs: rows(&second.inputs),
        outputs: rows(&second.outputs),
    });
    for mut step in second.steps {
        let id = second.kernels[usize::from(step.kernel)];
        let known = first.kernels.iter().position(|known| *known == id);
        let kernel = known.unwrap_or_else(|| {
            first.kernels.push(id);
            first.kernels.len() - 1
        });
        step.kernel = kernel as u16;
        step.inputs = rows(&step.inputs);
        step.outputs = rows(&step.outputs);
        first.steps.push(step);
    }
    if second.arena_bytes > first.arena_bytes {
        first.arena_bytes = second.arena_bytes;
        first.buffers = second.buffers;
    }
    first.lower_bound_bytes = first.lower_bound_bytes.max(second.lower_bound_bytes);
    Ok(first)
}

/// Where bytes of weights are already, by their SHA-256.
struct SharedWeights {
    places: HashMap<Digest, usize>,
}

type Digest = [u8; 32];

fn digest(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

impl SharedWeights {
    fn of(lowered: &Lowered) -> SharedWeights {
        let constants = lowered.tensors.iter().filter_map(|tensor| {
            let Place::Weights(offset) = tensor.place else {
                return None;
            };
            let bytes = &lowered.weights[offset..offset + tensor.bytes()];
            Some((digest(bytes), offset))
        });
        SharedWeights {
            places: constants.collect(),
        }
    }

    fn place(&mut self, lowered: &mut Lowered, bytes: &[u8]) -> usize {
        let digest = digest(bytes);
        if let Some(&offset) = self.places.get(&digest) {
            return offset;
        }
        let offset = lowered.weights.len().next_multiple_of(lowered.alignment);
        lowered.weights.resize(offset, 0);
        lowered.weights.extend_from_slice(bytes);
        self.places.insert(digest, offset);
        offset
    }
}
