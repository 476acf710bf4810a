//! Post-training quantisation to int8: ranges from calibration data, scales and zero points from
//! ranges, integer weights from scales.

mod affine;
mod assign;
mod multiplier;
mod observe;
mod weights;

pub(crate) use affine::Affine;
pub(crate) use multiplier::{onnx_multiplier, q31_multiplier};
pub(crate) use weights::integer_weights;

use cadet_format::Numerics;

use crate::error::CompileError;
use crate::ir::TensorId;
use crate::layout::Arranged;
use crate::options::{Calibration, Options};

/// Scale and zero point of every activation of a graph, and the rounding of its steps.
#[derive(Clone, Debug)]
pub(crate) struct Quantisation {
    pub(crate) numerics: Numerics,
    affines: Vec<Affine>,
}

impl Quantisation {
    /// Scales of 1, for sizes that do not depend on them.
    pub(crate) fn unit(arranged: &Arranged, numerics: Numerics) -> Quantisation {
        let unit = Affine {
            scale: 1.0,
            zero_point: 0,
        };
        Quantisation {
            numerics,
            affines: vec![unit; arranged.graph.tensors.len()],
        }
    }

    /// Scale and zero point of a tensor.
    pub(crate) fn affine(&self, id: TensorId) -> Affine {
        self.affines[id.0]
    }
}

/// Runs the calibration data through the float model and derives every scale.
///
/// # Errors
/// `Option` where the calibration data does not fit the model.
pub(crate) fn calibrate(
    arranged: &Arranged,
    calibration: &Calibration,
    numerics: Numerics,
    options: &Options,
) -> Result<Quantisation, CompileError> {
    let ranges = observe::ranges(arranged, calibration, options)?;
    Ok(Quantisation {
        numerics,
        affines: assign::affines(&arranged.graph, &ranges),
    })
}
