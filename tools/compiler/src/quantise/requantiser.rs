use cadet_kernels::requantize::{scale_onnx, scale_tflite, scale_tflite_single};

use super::multiplier::{onnx_multiplier, q31_multiplier};
use crate::ir::{Affine, Integers, Op};
use crate::options::Numerics;

/// How the accumulator of an output channel comes to the output's scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Requantiser {
    /// One f32 product.
    Onnx(f32),
    /// Q31 multiplier and shift, rounded twice.
    Tflite([i32; 2]),
    /// Q31 multiplier and shift, rounded once.
    TfliteSingle([i32; 2]),
}

impl Requantiser {
    /// That of `channel` of a layer with these weights.
    pub(crate) fn of_layer(
        op: &Op,
        numerics: Numerics,
        [input, output]: [Affine; 2],
        weights: &Integers,
        channel: usize,
    ) -> Requantiser {
        let scale = weights.scale(channel);
        if numerics == Numerics::Onnx {
            return Requantiser::Onnx(onnx_multiplier(input.scale, scale, output.scale));
        }
        // TensorFlow Lite rounds the product of the scales of a fully connected layer with one
        // weight scale to f32, and that of every other layer not at all.
        let is_dense = matches!(op, Op::FullyConnected { .. });
        let product = if is_dense && weights.scales.len() == 1 {
            f64::from(input.scale * scale)
        } else {
            f64::from(input.scale) * f64::from(scale)
        };
        let multiplier = q31_multiplier(product / f64::from(output.scale));
        if is_dense && numerics == Numerics::Tflite {
            Requantiser::TfliteSingle(multiplier)
        } else {
            Requantiser::Tflite(multiplier)
        }
    }

    /// The accumulator in the output's scale, before its zero point, as the kernels compute it. Never
    /// falls where the accumulator rises.
    pub(crate) fn scale(self, accumulator: i32) -> i32 {
        match self {
            Requantiser::Onnx(multiplier) => scale_onnx(accumulator, multiplier),
            Requantiser::Tflite([m, shift]) => scale_tflite(accumulator, m, shift),
            Requantiser::TfliteSingle([m, shift]) => scale_tflite_single(accumulator, m, shift),
        }
    }

    /// The f32 multiplier.
    pub(crate) fn ratio(self) -> Option<f32> {
        match self {
            Requantiser::Onnx(ratio) => Some(ratio),
            Requantiser::Tflite(_) | Requantiser::TfliteSingle(_) => None,
        }
    }

    /// The Q31 multiplier and shift.
    pub(crate) fn fixed_point(self) -> Option<[i32; 2]> {
        match self {
            Requantiser::Onnx(_) => None,
            Requantiser::Tflite(fixed) | Requantiser::TfliteSingle(fixed) => Some(fixed),
        }
    }
}
