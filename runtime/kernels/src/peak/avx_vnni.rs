//! AVX-VNNI: as many sums as keep two units busy, the constants beside them.
#![allow(unsafe_code)] // A call of a function for a processor that the token vouches for, and a fence for the compiler.

use core::arch::asm;
use core::arch::x86_64::*;
use core::hint::black_box;

use crate::AvxVnni;
use crate::avx2::LANES;
use crate::blocked::LANE;

/// Chains that do not wait for each other: of 16 registers, two less are for constants.
const CHAINS: usize = 12;

pub(super) fn i8(rounds: u32, _: AvxVnni) -> u64 {
    // SAFETY: the token proves that the processor has the instructions.
    unsafe { all_i8(rounds) };
    u64::from(rounds) * (CHAINS * LANES * LANE) as u64
}

#[target_feature(enable = "avx2,avxvnni")]
fn all_i8(rounds: u32) {
    let [mut inputs, weights] = [3, 5].map(|it| _mm256_set1_epi8(black_box(it)));
    let mut sums = [_mm256_setzero_si256(); CHAINS];
    for _ in 0..rounds {
        for sum in &mut sums {
            // SAFETY: no instruction; the compiler has to take the inputs for other ones, and multiply again.
            unsafe {
                asm!("/* {0} */", inout(ymm_reg) inputs, options(nomem, nostack, preserves_flags));
            };
            *sum = _mm256_dpbusd_avx_epi32(*sum, inputs, weights);
        }
    }
    black_box(sums);
}
