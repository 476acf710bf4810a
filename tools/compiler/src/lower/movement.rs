//! Operators that move, select or index elements.

use cadet_format::{
    ArgMax, Concat, Cumulative, Gather, GatherElements, Numerics, OneHot, Opcode, Pad,
    ReverseSequence, ScatterElements, ScatterNd, StridedCopy, TensorScatter, TopK, Triangle,
};
use cadet_kernels::pad::Mode;

use super::emitter::{Emitter, Kernel, block};
use crate::ir::{Movement, Node, Strides, TensorId};

/// A step of data movement.
pub(super) fn movement(emitter: &mut Emitter<'_>, node: &Node, op: &Movement) {
    // Dimensions of the step in memory order, which is that of its first output.
    let order = emitter.axis_order(node.output());
    let (opcode, params) = kernel(emitter, node, op, &order);
    let mut operands = node.inputs.clone();
    if matches!(op, Movement::OneHot { .. }) {
        // The kernel moves the values, so they come first.
        operands.swap(0, 1);
    }
    let kernel = Kernel {
        opcode,
        dtype: emitter.dtype(operands[0]),
        numerics: Numerics::None,
        params,
        macs: 0,
    };
    let mut row = |id: &TensorId| {
        let dims = emitter.extents_in(&order, *id);
        emitter.operand(*id, &dims)
    };
    let inputs: Vec<u16> = operands.iter().map(&mut row).collect();
    let outputs: Vec<u16> = node.outputs.iter().map(&mut row).collect();
    emitter.step(node, &kernel, &inputs, &outputs);
}

/// The kernel and its parameter block.
fn kernel(emitter: &Emitter<'_>, node: &Node, op: &Movement, order: &[usize]) -> (Opcode, Vec<u8>) {
    // Place of an axis in memory.
    let place = |axis: usize| {
        order
            .iter()
            .position(|&other| other == axis)
            .unwrap_or(axis) as u32
    };
    match *op {
        Movement::Strides(ref strides) => {
            let params = strided_copy(emitter, node, strides);
            (Opcode::StridedCopy, block(params))
        }
        Movement::Concat { axis } => (Opcode::Concat, block(Concat { axis: place(axis) })),
        Movement::Pad { mode, ref begin } => (Opcode::Pad, block(pad(mode, begin, order))),
        Movement::Triangle { upper } => {
            let upper = u32::from(upper);
            (Opcode::Triangle, block(Triangle { upper }))
        }
        Movement::ReverseSequence { time_first } => {
            let time_first = u32::from(time_first);
            let params = ReverseSequence { time_first };
            (Opcode::ReverseSequence, block(params))
        }
        Movement::Gather { axis } => {
            let params = Gather {
                batch: place(axis),
                depth: 1,
                shared: 1,
            };
            (Opcode::Gather, block(params))
        }
        Movement::GatherElements { axis } => {
            let axis = place(axis);
            (Opcode::GatherElements, block(GatherElements { axis }))
        }
        Movement::GatherNd { batch } => {
            let depth = emitter.shape(node.inputs[1]).last();
            let params = Gather {
                batch: batch as u32,
                depth: depth.map_or(1, |&depth| depth as u32),
                shared: 0,
            };
            (Opcode::Gather, block(params))
        }
        Movement::ScatterElements { axis, reduction } => {
            let params = ScatterElements {
                axis: place(axis),
                reduction: reduction as u32,
            };
            (Opcode::ScatterElements, block(params))
        }
        Movement::ScatterNd { reduction } => {
            let reduction = reduction as u32;
            (Opcode::ScatterNd, block(ScatterNd { reduction }))
        }
        Movement::TensorScatter { axis, circular } => {
            let params = TensorScatter {
                axis: axis as u32,
                circular: u32::from(circular),
            };
            (Opcode::TensorScatter, block(params))
        }
        Movement::OneHot { axis } => (Opcode::OneHot, block(OneHot { axis: axis as u32 })),
        Movement::Cumulative {
            axis,
            product,
            exclusive,
            reverse,
        } => {
            let params = Cumulative {
                axis: place(axis),
                product: u32::from(product),
                exclusive: u32::from(exclusive),
                reverse: u32::from(reverse),
            };
            (Opcode::Cumulative, block(params))
        }
        Movement::TopK { axis, largest } => {
            let params = TopK {
                axis: place(axis),
                largest: u32::from(largest),
            };
            (Opcode::TopK, block(params))
        }
        Movement::ArgMax { axis, least, last } => {
            let params = ArgMax {
                axis: place(axis),
                least: u32::from(least),
                last: u32::from(last),
            };
            (Opcode::ArgMax, block(params))
        }
    }
}

fn pad(mode: Mode, begin: &[isize], order: &[usize]) -> Pad {
    let mut pad = Pad {
        mode: match mode {
            Mode::Constant => 0,
            Mode::Reflect => 1,
            Mode::Edge => 2,
            Mode::Wrap => 3,
        },
        begin: [0; 8],
    };
    for (slot, &axis) in pad.begin.iter_mut().zip(order) {
        *slot = begin[axis] as i32;
    }
    pad
}

/// Steps through the input's memory for the digits of the output's, neighbours joined where one step
/// does for both.
fn strided_copy(emitter: &Emitter<'_>, node: &Node, strides: &Strides) -> StridedCopy {
    let input = node.inputs[0];
    let shape = emitter.shape(input);
    let mut along = vec![1; shape.len()];
    let mut stride = 1;
    for &axis in emitter.axis_order(input).iter().rev() {
        along[axis] = stride;
        stride *= shape[axis] as isize;
    }
    let mut digits: Vec<(usize, isize)> = Vec::new();
    for axis in emitter.axis_order(node.output()) {
        for digit in &strides.digits[axis] {
            let step = along.get(digit.axis).map_or(0, |along| along * digit.step);
            match digits.last_mut() {
                _ if digit.extent == 1 => {}
                Some(last) if last.1 == digit.extent as isize * step => {
                    *last = (last.0 * digit.extent, step);
                }
                _ => digits.push((digit.extent, step)),
            }
        }
    }
    let starts = strides.start.iter().zip(&along);
    let offset: isize = starts.map(|(&start, along)| start as isize * along).sum();
    let mut params = StridedCopy {
        rank: digits.len() as u32,
        extents: [1; 8],
        offset: offset as i32,
        strides: [0; 8],
    };
    let slots = params.extents.iter_mut().zip(&mut params.strides);
    for ((extent, stride), (count, step)) in slots.zip(digits) {
        (*extent, *stride) = (count as u32, step as i32);
    }
    params
}
