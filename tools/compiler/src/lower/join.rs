use cadet_format::{NO_TENSOR, ProgramKind};

use super::constants::Constants;
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
    let mut weights = Constants::of(core::mem::take(&mut first.weights));
    for tensor in &first.tensors {
        if let Place::Weights(offset) = tensor.place {
            weights.note(offset, tensor.bytes());
        }
    }
    // Of the second program's tensors, their rows in the package.
    let mut moved = Vec::with_capacity(second.tensors.len());
    for tensor in second.tensors {
        let place = match tensor.place {
            Place::Weights(offset) => {
                let bytes = &second.weights[offset..offset + tensor.bytes()];
                Place::Weights(weights.add_once(bytes, first.alignment))
            }
            place => place,
        };
        let tensor = LoweredTensor { place, ..tensor };
        // A constant of both is one tensor, so that who lays weights out anew does so once.
        let is_constant = matches!(place, Place::Weights(_));
        let known = first.tensors.iter().position(|known| *known == tensor);
        moved.push(known.filter(|_| is_constant).unwrap_or(first.tensors.len()) as u16);
        if known.is_none() || !is_constant {
            first.tensors.push(tensor);
        }
    }
    first.weights = weights.into_bytes();
    check_rows(&first.tensors)?;
    let row = |row: u16| match row {
        NO_TENSOR => NO_TENSOR,
        row => moved[usize::from(row)],
    };
    let rows = |rows: &[u16]| rows.iter().map(|&it| row(it)).collect::<Vec<u16>>();
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
