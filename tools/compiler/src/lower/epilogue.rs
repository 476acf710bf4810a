use cadet_format::{ClampF32, Multiplier, QuantI8};

use super::emitter::Emitter;
use crate::ir::{Bounds, Node};
use crate::quantise::q31_multiplier;

/// How a step finishes its results.
#[derive(Clone, Copy, Debug)]
pub(super) enum Epilogue {
    /// By clamping.
    F32(ClampF32),
    /// By rounding to the output's scale and clamping.
    I8(QuantI8),
}

impl Emitter<'_> {
    /// How a node's step finishes its results.
    pub(super) fn epilogue(&self, node: &Node, bounds: Bounds) -> Epilogue {
        let Some((input, output)) = self.affines(node) else {
            return Epilogue::F32(ClampF32 {
                min: bounds.min,
                max: bounds.max,
            });
        };
        Epilogue::I8(QuantI8 {
            input_zero_point: input.zero_point,
            output_zero_point: output.zero_point,
            min: i32::from(output.quantise(bounds.min)),
            max: i32::from(output.quantise(bounds.max)),
        })
    }
}

/// A multiplier of numerics `onnx`.
pub(super) fn ratio(value: f32) -> Multiplier {
    Multiplier {
        bits: value.to_bits() as i32,
        shift: 0,
    }
}

/// A multiplier of numerics `tflite`.
pub(super) fn q31(real: f64) -> Multiplier {
    let [bits, shift] = q31_multiplier(real);
    Multiplier { bits, shift }
}
