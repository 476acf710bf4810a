//! What the weights of float layers are stored as: vector files widen them in registers.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;

use half::f16;

use crate::Widen;

/// A number that weights of float layers are stored as.
#[cfg(target_arch = "x86_64")]
pub trait Weight: Widen + avx2::Eight + avx512::Sixteen {}
/// A number that weights of float layers are stored as.
#[cfg(target_arch = "aarch64")]
pub trait Weight: Widen + neon::Fours {}
/// A number that weights of float layers are stored as.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub trait Weight: Widen {}

impl Weight for f32 {}
impl Weight for f16 {}
impl Weight for i8 {}
