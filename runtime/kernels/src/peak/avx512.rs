//! AVX-512: as many sums as keep two units busy, the constants beside them.
#![allow(unsafe_code)] // Calls of functions for a processor that the token vouches for, and a fence for the compiler.

use core::arch::asm;
use core::arch::x86_64::*;
use core::hint::black_box;

use crate::avx512::LANES;
use crate::blocked::LANE;
use crate::{Avx512, Avx512Vnni};

/// Chains that do not wait for each other.
const CHAINS: usize = 16;

pub(super) fn f32(rounds: u32, _: Avx512) -> u64 {
    // SAFETY: the token proves that the processor has the instructions.
    unsafe { all_f32(rounds) };
    u64::from(rounds) * (CHAINS * LANES) as u64
}

pub(super) fn i8(rounds: u32, _: Avx512Vnni) -> u64 {
    // SAFETY: as above.
    unsafe { all_i8(rounds) };
    u64::from(rounds) * (CHAINS * LANES * LANE) as u64
}

#[target_feature(enable = "avx512f")]
fn all_f32(rounds: u32) {
    let [factor, summand] = [0.5, 1.0].map(|it| _mm512_set1_ps(black_box(it)));
    let mut sums = [_mm512_setzero_ps(); CHAINS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, factor, summand);
        }
    }
    black_box(sums);
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn all_i8(rounds: u32) {
    let [mut inputs, weights] = [3, 5].map(|it| _mm512_set1_epi8(black_box(it)));
    let mut sums = [_mm512_setzero_si512(); CHAINS];
    for _ in 0..rounds {
        for sum in &mut sums {
            // SAFETY: no instruction; the compiler has to take the inputs for other ones, and multiply again.
            unsafe {
                asm!("/* {0} */", inout(zmm_reg) inputs, options(nomem, nostack, preserves_flags));
            };
            *sum = _mm512_dpbusd_epi32(*sum, inputs, weights);
        }
    }
    black_box(sums);
}
