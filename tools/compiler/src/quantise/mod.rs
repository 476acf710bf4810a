//! Post-training quantisation to int8: ranges from calibration data, scales and zero points from
//! ranges, integer weights from scales.

mod apply;
mod constant;
mod functions;
mod histogram;
mod layers;
mod multiplier;
mod observe;
mod requantiser;
mod weights;

pub(crate) use apply::apply;
pub(crate) use constant::integer_constant;
pub(crate) use functions::join as join_functions;
pub(crate) use layers::integers_of_layers;
pub(crate) use multiplier::q31_multiplier;
pub(crate) use observe::ranges;
pub(crate) use requantiser::Requantiser;
