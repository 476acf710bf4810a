//! AVX2 and FMA: as many sums as keep two units busy, the constants beside them.
#![allow(unsafe_code)] // Calls of functions for a processor that the token vouches for, and a fence for the compiler.

use core::arch::asm;
use core::arch::x86_64::*;
use core::hint::black_box;

use crate::Avx2;
use crate::avx2::LANES;

/// Chains that do not wait for each other: of 16 registers, two less are for constants and products.
const CHAINS: usize = 12;

pub(super) fn f32(rounds: u32, _: Avx2) -> u64 {
    // SAFETY: the token proves that the processor has the instructions.
    unsafe { all_f32(rounds) };
    u64::from(rounds) * (CHAINS * LANES) as u64
}

pub(super) fn i8(rounds: u32, _: Avx2) -> u64 {
    // SAFETY: as above.
    unsafe { all_i8(rounds) };
    u64::from(rounds) * (CHAINS * 2 * LANES) as u64
}

#[target_feature(enable = "avx2,fma")]
fn all_f32(rounds: u32) {
    let [factor, summand] = [0.5, 1.0].map(|it| _mm256_set1_ps(black_box(it)));
    let mut sums = [_mm256_setzero_ps(); CHAINS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(*sum, factor, summand);
        }
    }
    black_box(sums);
}

#[target_feature(enable = "avx2,fma")]
fn all_i8(rounds: u32) {
    let [mut inputs, weights] = [3, 5].map(|it| _mm256_set1_epi16(black_box(it)));
    let mut sums = [_mm256_setzero_si256(); CHAINS];
    for _ in 0..rounds {
        for sum in &mut sums {
            // SAFETY: no instruction; the compiler has to take the inputs for other ones, and multiply again.
            unsafe {
                asm!("/* {0} */", inout(ymm_reg) inputs, options(nomem, nostack, preserves_flags));
            };
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(inputs, weights));
        }
    }
    black_box(sums);
}
