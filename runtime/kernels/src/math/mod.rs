//! Elementary functions in f32, the same bits on every target: no platform libm, and no fused multiply-add but where
//! [`fma`] says so.
//!
//! Each is within 2 ULP of the exact value, those that say so within 4; NaN gives NaN, and signed zeros,
//! infinities and subnormals come out as in IEEE 754. The rarer ones are computed in double precision
//! and rounded once.

mod activation;
mod erf;
mod exponential;
mod fma;
mod hyperbolic;
mod inverse_trigonometric;
mod power;
mod round;
mod sqrt;
mod trigonometric;
mod wide;

#[cfg(test)]
mod testing;

pub use activation::{celu, elu, gelu, gelu_tanh, mish, selu, softplus, swish};
pub use erf::erf;
pub use exponential::{exp, sigmoid, tanh};
pub use fma::fma;
pub use hyperbolic::{acosh, asinh, atanh, cosh, sinh};
pub use inverse_trigonometric::{acos, asin, atan};
pub use power::{ln, pow};
pub use round::{ceil, floor, round_ties_even};
pub use sqrt::sqrt;
pub use trigonometric::{cos, sin, tan};
