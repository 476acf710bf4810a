//! What the AVX-VNNI files share. Processors without AVX-512 may have its dot products of int8 in vectors of 256 bits: AVX2
//! and one instruction more.
//!
//! The instruction has two encodings: VEX, which these processors have, and EVEX, which came with AVX-512 and computes the
//! same. Loops around it are written once, in a macro, and tests run them by both, where the processor has them, and with
//! the same made of AVX2. At this time the emulator of `cargo xtask emulate-x86` has that of EVEX only: by VEX, the loops are
//! disassembled there, but have not run yet.
#![allow(unsafe_code)] // Vector instructions; each function says what its caller promises.

use core::arch::x86_64::*;

use crate::avx2::{LANES, eight_i32};
use crate::avx512::SIGN;

/// Calls a macro for each dot product: with the token, the features and the function.
macro_rules! for_dot_products {
    ($loops:ident) => {
        $loops!(
            crate::isa::AvxVnni,
            "avx2,fma,avxvnni",
            core::arch::x86_64::_mm256_dpbusd_avx_epi32
        );
        #[cfg(test)]
        $loops!(
            crate::isa::EvexVnni,
            "avx2,fma,avx512vl,avx512vnni",
            core::arch::x86_64::_mm256_dpbusd_epi32
        );
        #[cfg(test)]
        $loops!(
            crate::isa::MadeVnni,
            "avx2,fma",
            crate::avx_vnni::made_of_avx2
        );
    };
}
pub(crate) use for_dot_products;

/// A function of a dot product, as that of an instruction set has it; leaves the caller with `None` where it is none of these.
macro_rules! by_dot_product {
    ($isa:expr, $function:ident) => {
        match $isa {
            crate::Isa::AvxVnni(_) => $function::<crate::isa::AvxVnni>,
            #[cfg(test)]
            crate::Isa::EvexVnni(_) => $function::<crate::isa::EvexVnni>,
            #[cfg(test)]
            crate::Isa::MadeVnni(_) => $function::<crate::isa::MadeVnni>,
            _ => return None,
        }
    };
}
pub(crate) use by_dot_product;

/// What the instruction computes: sums, and the products of four unsigned bytes with four signed ones.
#[cfg(test)]
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn made_of_avx2(sums: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
    let even = _mm256_madd_epi16(
        _mm256_and_si256(unsigned, _mm256_set1_epi16(0xff)),
        _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(signed)),
    );
    let odd = _mm256_madd_epi16(
        _mm256_srli_epi16::<8>(unsigned),
        _mm256_srai_epi16::<8>(signed),
    );
    _mm256_add_epi32(sums, _mm256_add_epi32(even, odd))
}

/// Copies elements plus 128: dot products take unsigned ones.
///
/// # Safety
/// The processor has AVX2; so many elements are there, and have room.
// Not inline: as `avx2::widen`.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn to_unsigned(from: *const i8, to: *mut i8, count: usize) {
    const STEP: usize = 32;
    let sign = _mm256_set1_epi8(SIGN);
    // SAFETY: the caller's promise; what is read and written lies before `count`.
    unsafe {
        let step = |index: usize| {
            let x = _mm256_loadu_si256(from.add(index).cast());
            _mm256_storeu_si256(to.add(index).cast(), _mm256_xor_si256(x, sign));
        };
        for index in (0..count / STEP).map(|it| it * STEP) {
            step(index);
        }
        match count.checked_sub(STEP) {
            // Some of these once more.
            Some(last) => step(last),
            None => {
                for index in 0..count {
                    to.add(index).write(from.add(index).read() ^ SIGN);
                }
            }
        }
    }
}

/// Each four neighbours added up.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn fours(bytes: __m256i) -> __m256i {
    let pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes);
    _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
}

/// The biases of sixteen channels less what the zero point and 128 add to the sums of all products, given the sums of
/// the channels' weights.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn signless_bias(
    bias: &[i32],
    channel: usize,
    weights: [__m256i; 2],
    zero_point: i32,
) -> [__m256i; 2] {
    let shift = _mm256_set1_epi32(zero_point - i32::from(SIGN));
    let [low, high] = [
        _mm256_mullo_epi32(weights[0], shift),
        _mm256_mullo_epi32(weights[1], shift),
    ];
    [
        _mm256_sub_epi32(eight_i32(bias, channel), low),
        _mm256_sub_epi32(eight_i32(bias, channel + LANES), high),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Avx2;
    use crate::testing::numbers;
    use std::vec::Vec;

    #[test]
    fn copies_end_at_the_last_element() {
        if Avx2::detect().is_none() {
            return;
        }
        for count in 0..100 {
            let from: Vec<i8> = numbers(count, 1).collect();
            let mut to = std::vec![5i8; count + 64];
            // SAFETY: the processor was asked; so many elements are there, and have room.
            unsafe { to_unsigned(from.as_ptr(), to.as_mut_ptr(), count) };
            let unsigned: Vec<i8> = from.iter().map(|it| it.wrapping_sub(SIGN)).collect();
            assert_eq!(to, [&unsigned[..], &[5; 64]].concat());
        }
    }
}
