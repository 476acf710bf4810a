use std::collections::HashMap;
use std::ops::Range;

use super::rows::Rule;
use crate::lower::emitter::{Lowered, Place};
use crate::lower::storage::Home;

/// Consecutive steps that go row by row, and the planes between them.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Their numbers.
    pub(super) steps: Range<usize>,
    /// What each is, in order.
    pub(super) links: Vec<Link>,
    /// What they read and write: the first is what comes in, the last what goes out.
    pub(super) planes: Vec<Plane>,
}

/// A step of a segment.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) rule: Rule,
    /// Its operands that are activations: which of its inputs, and which plane.
    pub(super) inputs: Vec<(usize, usize)>,
    /// The plane that it writes.
    pub(super) output: usize,
}

/// An activation `[1, h, w, c]` of a segment.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    /// A row of the tensor table that describes it.
    pub(super) row: u16,
    /// The buffer that it has to itself.
    pub(super) buffer: usize,
    pub(super) height: usize,
    pub(super) row_bytes: usize,
}

/// Where the buffers of a model are read and written.
pub(super) struct Uses {
    /// First and last step that reads each buffer.
    readers: HashMap<usize, (usize, usize)>,
    /// Buffers of the model's inputs and outputs.
    inputs: Vec<usize>,
    outputs: Vec<usize>,
}

impl Uses {
    pub(super) fn of(lowered: &Lowered, homes: &[Option<Home>]) -> Uses {
        let buffer = |&row: &u16| Some((*homes.get(usize::from(row))?)?.buffer);
        let mut readers: HashMap<usize, (usize, usize)> = HashMap::new();
        for (number, step) in lowered.steps.iter().enumerate() {
            for buffer in step.inputs.iter().filter_map(buffer) {
                let (_, last) = readers.entry(buffer).or_insert((number, number));
                *last = number;
            }
        }
        Uses {
            readers,
            inputs: lowered.inputs.iter().filter_map(buffer).collect(),
            outputs: lowered.outputs.iter().filter_map(buffer).collect(),
        }
    }

    /// Whether nothing but the steps `steps` needs a buffer.
    fn is_inside(&self, buffer: usize, steps: &Range<usize>) -> bool {
        let readers = self.readers.get(&buffer);
        readers.is_some_and(|(first, last)| steps.contains(first) && steps.contains(last))
            && !self.outputs.contains(&buffer)
    }
}

impl Segment {
    /// The segment of the steps `steps`; `None` where they are no such thing. With `takes_input` it must begin with
    /// an input of the model that nothing else reads.
    pub(super) fn new(
        lowered: &Lowered,
        homes: &[Option<Home>],
        uses: &Uses,
        steps: Range<usize>,
        takes_input: bool,
    ) -> Option<Segment> {
        let mut segment = Segment {
            steps: steps.clone(),
            links: Vec::new(),
            planes: Vec::new(),
        };
        for number in steps.clone() {
            let step = &lowered.steps[number];
            let rule = Rule::of(lowered, step)?;
            let mut inputs = Vec::new();
            for (operand, &row) in step.inputs.iter().enumerate() {
                let is_activation = homes.get(usize::from(row)).copied().flatten().is_some();
                if is_activation {
                    let plane = segment.plane(lowered, homes, row)?;
                    // All but the first plane come from within.
                    if segment.links.iter().all(|link| link.output != plane) && plane != 0 {
                        return None;
                    }
                    inputs.push((operand, plane));
                }
            }
            let [output] = step.outputs[..] else {
                return None;
            };
            let known = segment.planes.len();
            let output = segment.plane(lowered, homes, output)?;
            let is_alike = |&(_, plane): &(usize, usize)| {
                rule != Rule::Elementwise
                    || segment.planes[plane].height == segment.planes[output].height
            };
            // A constant operand of a sum would have to be cut as well.
            let is_lone = rule != Rule::Elementwise || is_table_or_activation(lowered, number);
            if output != known || inputs.is_empty() || !inputs.iter().all(is_alike) || !is_lone {
                return None;
            }
            segment.links.push(Link {
                rule,
                inputs,
                output,
            });
        }
        let (first, rest) = segment.planes.split_first()?;
        let (_, inner) = rest.split_last()?;
        let is_inside = |plane: &Plane| uses.is_inside(plane.buffer, &steps);
        let is_input = uses.inputs.iter().filter(|&&it| it == first.buffer).count() == 1;
        let comes_in = !takes_input || (is_input && is_inside(first));
        (inner.iter().all(is_inside) && comes_in).then_some(segment)
    }

    /// Number of the plane that a row describes.
    fn plane(&mut self, lowered: &Lowered, homes: &[Option<Home>], row: u16) -> Option<usize> {
        let tensor = &lowered.tensors[usize::from(row)];
        let [1, height, width, channels] = tensor.dims[..] else {
            return None;
        };
        let plane = Plane {
            row,
            buffer: homes[usize::from(row)]?.buffer,
            height,
            row_bytes: width * channels * tensor.dtype.bits() as usize / 8,
        };
        let known = self.planes.iter().position(|it| it.buffer == plane.buffer);
        match known {
            Some(known) => {
                let same = lowered.tensors[usize::from(self.planes[known].row)].dims == tensor.dims;
                same.then_some(known)
            }
            None => {
                self.planes.push(plane);
                Some(self.planes.len() - 1)
            }
        }
    }
}

/// Whether no operand of a step is a constant, but for a table, which all elements share.
fn is_table_or_activation(lowered: &Lowered, number: usize) -> bool {
    let step = &lowered.steps[number];
    let id = lowered.kernels[usize::from(step.kernel)];
    let is_constant = |&row: &u16| {
        let tensor = lowered.tensors.get(usize::from(row));
        tensor.is_some_and(|tensor| matches!(tensor.place, Place::Weights(_)))
    };
    id.opcode == cadet_format::Opcode::Table as u16 || !step.inputs.iter().any(is_constant)
}
