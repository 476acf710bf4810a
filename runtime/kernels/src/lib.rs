//! The operators of a cadet plan. One folder a kernel: `mod.rs` states the contract (shapes, layout,
//! rounding, saturation) and checks it, `scalar.rs` is the reference that defines every result.
//!
//! Kernels know no plans. They read and write [`Cell`]s, because a planner may let a step's input and
//! output share memory; a kernel says in its contract where that is allowed ([`Overlap`]). Whatever its arguments, a
//! kernel neither panics nor reads or writes outside its slices: arguments that break the contract give
//! [`ContractError`] before the first element is written.
//!
//! Numerics: an int8 result is defined bit for bit by the scalar file, in one of the roundings of [`requantize`]. A float
//! reduction of the scalar files adds in order, without fused multiply-add; files for instruction sets may add in
//! another order and fuse, within the bound of their property tests.
//!
//! Special values, by every instruction set:
//! - Subnormals are kept, as operands and as results. Kernels leave the processor's modes as they are and count on those
//!   that it starts with: to nearest, ties to even, nothing flushed to zero.
//! - NaN goes through: sums, products, functions, clamps (a fused activation among them), `min`, `max`, max and
//!   average pooling give NaN where an operand is NaN, and so do `inf - inf` and `0 * inf`. Which NaN is not said. A row
//!   of softmax that holds NaN or infinity, or minus infinity only, is NaN throughout. A
//!   comparison with NaN is false, and an order (`arg_max`, `top_k`) has NaN above every number.
//! - Integers of NaN are the zero point (0 without one), those of infinities the ends of the type. That holds for a
//!   product with a multiplier that is NaN too.
//! - Padding counts as zero by taking no part, or by taking part as zero: where weights are infinite or NaN, windows
//!   that reach into padding may give NaN or not. Sums whose parts overflow may be infinite or finite.
#![no_std]
#![deny(unsafe_code)]

#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod add;
pub mod affine;
pub mod affine_grid;
pub mod arg_max;
pub mod average_pool2d;
pub mod binary;
pub mod blocked;
pub mod cached_attention;
pub mod cast;
pub mod col2im;
pub mod concat;
pub mod conv;
pub mod conv2d;
pub mod cumulative;
pub mod deform_conv;
pub mod depthwise_conv2d;
pub mod determinant;
pub mod dft;
pub mod dynamic_quantize;
pub mod flip_sign;
pub mod fully_connected;
pub mod gather;
pub mod gather_elements;
pub mod grid_sample;
pub mod linear;
pub mod linear_attention;
pub mod local_response_norm;
pub mod math;
pub mod matmul;
pub mod max_pool2d;
pub mod max_unpool;
pub mod mul;
pub mod normalize;
pub mod one_hot;
pub mod pad;
pub mod parts;
pub mod peak;
pub mod pool;
pub mod pow;
pub mod prelu;
pub mod quantize_linear;
pub mod recurrent;
pub mod reduce;
pub mod requantize;
pub mod resample;
pub mod reverse_sequence;
pub mod roi_align;
pub mod rotary;
pub mod scatter_elements;
pub mod scatter_nd;
pub mod select;
pub mod softmax;
pub mod strided_copy;
pub mod table;
pub mod tensor_scatter;
pub mod top_k;
pub mod transcendental;
pub mod transpose;
pub mod triangle;
pub mod unary;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx_vnni;
mod axis;
mod broadcast;
mod cells;
mod channels;
mod epilogue;
mod groups;
mod indices;
mod integer;
mod isa;
mod maximum;
#[cfg(target_arch = "aarch64")]
mod neon;
mod number;
mod overlap;
mod real;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod rows;
mod source;
mod taps;
mod walk;
mod weight;
mod window;
mod window3d;

#[cfg(test)]
mod special_values;
#[cfg(test)]
mod testing;

pub use axis::Axis;
pub use broadcast::Pair;
pub use cells::{load, store, view};
pub use core::cell::Cell;
pub use epilogue::Epilogue;
pub use half::f16;
pub use indices::Indices;
pub use integer::Integer;
pub use isa::Isa;
#[cfg(target_arch = "x86_64")]
pub use isa::{Avx2, Avx512, Avx512Vnni, AvxVnni};
#[cfg(target_arch = "aarch64")]
pub use isa::{Neon, NeonDot, NeonI8mm};
pub use math::{exp, round_ties_even, sigmoid, tanh};
pub use maximum::Maximum;
pub use number::Number;
pub use overlap::Overlap;
pub use parts::{Crew, Team};
pub use real::{Real, Widen};
pub use source::Source;
pub use walk::{MAX_RANK, Walk, broadcast_strides, strides};
pub use weight::Weight;
pub use window::Window;
pub use window3d::Window3d;

/// Operands whose shapes, lengths or parameters break a kernel's contract. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContractError;

/// Result of a kernel.
pub type Result = core::result::Result<(), ContractError>;

/// `Ok` where the contract holds.
pub(crate) fn require(holds: bool) -> Result {
    if holds { Ok(()) } else { Err(ContractError) }
}

/// Product of extents, or `None` where it overflows.
pub fn product(extents: &[usize]) -> Option<usize> {
    extents.iter().try_fold(1usize, |n, &e| n.checked_mul(e))
}

/// Clamp that lets NaN through and, unlike `f32::clamp`, cannot panic on its bounds.
pub(crate) fn clamp_f32(value: f32, min: f32, max: f32) -> f32 {
    if value < min {
        min
    } else if value > max {
        max
    } else {
        value
    }
}
