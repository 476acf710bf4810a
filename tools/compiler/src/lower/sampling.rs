//! Operators that interpolate between elements.

use cadet_format::{
    AffineGrid, DType, GridSample, NO_TENSOR, Numerics, Opcode, ResampleF32, ResampleI8,
};
use cadet_kernels::grid_sample::{Mode, Padding};

use super::emitter::{Emitter, Kernel, block};
use crate::ir::{Node, Resampling, Sampling, TensorId};

/// A step of interpolation.
pub(super) fn sampling(emitter: &mut Emitter<'_>, node: &Node, op: &Sampling) {
    let (opcode, params) = match op {
        Sampling::Resample(resampling) => return resample(emitter, node, resampling),
        Sampling::GridSample {
            mode,
            padding,
            align_corners,
        } => {
            let params = GridSample {
                mode: match mode {
                    Mode::Nearest => 0,
                    Mode::Linear => 1,
                    Mode::Cubic => 2,
                },
                padding: match padding {
                    Padding::Zeros => 0,
                    Padding::Border => 1,
                    Padding::Reflection => 2,
                },
                align_corners: u32::from(*align_corners),
            };
            (Opcode::GridSample, block(params))
        }
        Sampling::AffineGrid { align_corners } => {
            let align_corners = u32::from(*align_corners);
            (Opcode::AffineGrid, block(AffineGrid { align_corners }))
        }
        Sampling::RoiAlign(params) => (Opcode::RoiAlign, block(*params)),
        Sampling::Col2Im(params) => (Opcode::Col2Im, block(*params)),
    };
    let kernel = Kernel {
        opcode,
        dtype: DType::F32,
        numerics: Numerics::None,
        params,
        macs: 0,
    };
    let order = emitter.axis_order(node.output());
    let mut row = |&id: &TensorId| {
        // Constants lie in ONNX's order.
        let dims = if emitter.graph().is_constant(id) {
            emitter.shape(id).to_vec()
        } else {
            emitter.extents_in(&order, id)
        };
        emitter.operand(id, &dims)
    };
    let inputs: Vec<u16> = node.inputs.iter().map(&mut row).collect();
    let output = row(&node.output());
    emitter.step(node, &kernel, &inputs, &[output]);
}

/// The tables of the axes that change, from the first of them in memory to the last.
fn resample(emitter: &mut Emitter<'_>, node: &Node, resampling: &Resampling) {
    let (input, output) = (node.inputs[0], node.output());
    let order = emitter.axis_order(output);
    let changes = |&place: &usize| resampling.tables[order[place]].is_some();
    let mut changed = (0..order.len()).filter(changes);
    let first = changed.next().unwrap_or(0);
    let last = changed.next_back().unwrap_or(first);
    let dims = emitter.extents_in(&order, input);
    let mut inputs = vec![emitter.activation(input, &dims)];
    let mut macs: usize = emitter.shape(output).iter().product();
    for &axis in &order[first..=last] {
        let Some(table) = &resampling.tables[axis] else {
            inputs.extend([NO_TENSOR; 2]);
            continue;
        };
        let (count, name) = (table.first.len(), &node.name);
        let taps = table.weights.len() / count;
        macs *= taps;
        let dims = [count, taps];
        inputs.push(emitter.vector(&format!("{name} positions"), DType::I32, &table.first));
        let weights = &table.weights;
        inputs.push(emitter.constant(&format!("{name} weights"), DType::F32, &dims, weights, 4));
    }
    let (axis, axes) = (first as u32, (last - first + 1) as u32);
    let outside = resampling.outside;
    let (numerics, params) = match emitter.affines(node) {
        None => {
            let params = ResampleF32 {
                axis,
                axes,
                outside,
            };
            (Numerics::None, block(params))
        }
        Some((affine, _)) => {
            let params = ResampleI8 {
                axis,
                axes,
                outside: i32::from(affine.quantise(outside)),
                zero_point: affine.zero_point,
            };
            (Numerics::Onnx, block(params))
        }
    };
    let kernel = Kernel {
        opcode: Opcode::Resample,
        dtype: emitter.dtype(output),
        numerics,
        params,
        macs,
    };
    let dims = emitter.extents_in(&order, output);
    let output = emitter.activation(output, &dims);
    emitter.step(node, &kernel, &inputs, &[output]);
}
