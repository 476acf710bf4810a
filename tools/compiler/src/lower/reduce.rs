use cadet_format::{
    DType, Multiplier, Numerics, Opcode, QuantI8, Reduce, ReduceFunction, ReduceI8,
};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::ratio;
use crate::ir::{Affine, Node};
use crate::quantise::q31_multiplier;

/// `Reduce*` as `reduce`.
pub(super) fn reduce(
    emitter: &mut Emitter<'_>,
    node: &Node,
    function: ReduceFunction,
    axes: &[usize],
) {
    let (input, output) = (node.inputs[0], node.output());
    let order = emitter.order(output);
    let dims = emitter.extents_in(order, input);
    let kept = emitter.extents_in(order, output);
    let x = emitter.activation(input, &dims);
    let y = emitter.activation(output, &kept);
    let mask = mask(order, axes);
    let averages = matches!(function, ReduceFunction::Sum | ReduceFunction::Mean);
    let kernel = match emitter.affines(node).filter(|_| averages) {
        None => Kernel {
            opcode: Opcode::Reduce,
            dtype: emitter.dtype(input),
            numerics: Numerics::None,
            params: block(Reduce {
                axes: mask,
                function: function as u32,
            }),
            macs: 0,
        },
        Some((from, to)) => {
            let shape = emitter.shape(input);
            let count = match function {
                ReduceFunction::Mean => axes.iter().map(|&axis| shape[axis]).product(),
                _ => 1,
            };
            Kernel {
                opcode: Opcode::Reduce,
                dtype: DType::I8,
                numerics: emitter.rounding(),
                params: block(ReduceI8 {
                    axes: mask,
                    quant: QuantI8 {
                        input_zero_point: from.zero_point,
                        output_zero_point: to.zero_point,
                        min: -128,
                        max: 127,
                    },
                    multiplier: multiplier(from, to, count, emitter.rounding()),
                }),
                macs: 0,
            }
        }
    };
    emitter.step(node, &kernel, &[x], &[y]);
}

/// The bits of axes in memory order.
pub(super) fn mask(order: &[usize], axes: &[usize]) -> u32 {
    let positions = order.iter().enumerate();
    positions
        .filter(|(_, axis)| axes.contains(axis))
        .fold(0, |mask, (position, _)| mask | 1 << position)
}

/// What turns the sum of `count` elements into their mean in the output's scale.
fn multiplier(from: Affine, to: Affine, count: usize, numerics: Numerics) -> Multiplier {
    if numerics != Numerics::Tflite {
        return ratio(from.scale / to.scale / count as f32);
    }
    // TensorFlow Lite divides the mantissa, shifted up as far as its contract allows.
    let [mantissa, shift] = q31_multiplier(f64::from(from.scale) / f64::from(to.scale));
    let up = (count.max(1).ilog2() as i32).min(31 + shift);
    Multiplier {
        bits: ((i64::from(mantissa) << up) / count.max(1) as i64) as i32,
        shift: shift - up,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_named_by_their_place_in_memory() {
        assert_eq!(mask(&[0, 2, 3, 1], &[2, 3]), 0b0110);
        assert_eq!(mask(&[0, 2, 3, 1], &[1]), 0b1000);
    }

    #[test]
    fn both_multipliers_average() {
        let (from, to) = (
            Affine {
                scale: 0.5,
                zero_point: 0,
            },
            Affine {
                scale: 0.25,
                zero_point: 0,
            },
        );
        let onnx = multiplier(from, to, 49, Numerics::Onnx);
        assert_eq!(f32::from_bits(onnx.bits as u32), 2.0 / 49.0);
        let tflite = multiplier(from, to, 49, Numerics::Tflite);
        let real = f64::from(tflite.bits) / f64::from(31 - tflite.shift).exp2();
        assert!((real - 2.0 / 49.0).abs() < 1e-9, "{real}");
    }
}
