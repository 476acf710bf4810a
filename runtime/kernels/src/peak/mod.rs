//! How fast a processor can be: loops over registers alone, for a caller that has a clock. They compute nothing.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx_vnni;
mod scalar;

use crate::Isa;

/// Multiplies and adds floats, in vectors where `isa` has them; gives the number of MACs.
pub fn f32(rounds: u32, isa: Isa) -> u64 {
    match isa {
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx512() => avx512::f32(rounds, token),
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx2() => avx2::f32(rounds, token),
        _ => scalar::f32(rounds),
    }
}

/// Multiplies integers of 16 bits, as int8 is widened to, or of 8 where `isa` has dot products of these, and adds to sums
/// of 32 bits; gives the number of MACs.
pub fn i8(rounds: u32, isa: Isa) -> u64 {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::AvxVnni(token) => avx_vnni::i8(rounds, token),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni(token) => avx512::i8(rounds, token),
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx2() => avx2::i8(rounds, token),
        _ => scalar::i8(rounds),
    }
}

/// Runs instructions that take a cycle each and wait for one another; gives their number, which is that of the
/// cycles.
pub fn cycles(rounds: u32) -> u64 {
    scalar::cycles(rounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_grows_with_rounds() {
        for isa in Isa::all() {
            for work in [f32, i8] {
                assert!(work(1, isa) > 0);
                assert_eq!(work(10, isa), 10 * work(1, isa), "{}", isa.name());
            }
        }
        assert_eq!(cycles(10), 10 * cycles(1));
    }
}
