//! Post-training quantisation to int8: ranges from calibration data, scales and zero points from
//! ranges, integer weights from scales.

mod apply;
mod bias_correction;
mod by_channel;
mod calibrated;
mod compress;
mod constant;
mod drift;
mod equalise;
mod functions;
mod grouped;
mod histogram;
mod layers;
mod multiplier;
mod observe;
mod requantiser;
mod weights;

pub(crate) use calibrated::Calibrated;
pub(crate) use compress::compress_weights;
pub(crate) use constant::integer_constant;
pub use drift::Drift;
pub(crate) use drift::drift;
pub(crate) use grouped::{GROUP, OUTER_BITS};
pub(crate) use layers::integers_of_layers;
pub(crate) use multiplier::q31_multiplier;
pub(crate) use requantiser::Requantiser;
