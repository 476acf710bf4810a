use core::hint::black_box;

/// Chains that do not wait for each other.
const CHAINS: usize = 32;

pub(super) fn f32(rounds: u32) -> u64 {
    let (factor, summand) = (black_box(0.5f32), black_box(1.0f32));
    let mut sums = [0.0f32; CHAINS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = *sum * factor + summand;
        }
    }
    black_box(sums);
    u64::from(rounds) * CHAINS as u64
}

pub(super) fn i8(rounds: u32) -> u64 {
    let factor = i32::from(black_box(3i16));
    let mut sums = [1i32; CHAINS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = sum.wrapping_add(i32::from(*sum as i16) * factor);
        }
    }
    black_box(sums);
    u64::from(rounds) * CHAINS as u64
}

/// Differences and sums by turns, which no compiler can make fewer.
pub(super) fn cycles(rounds: u32) -> u64 {
    const PAIRS: u64 = 16;
    let (bits, summand) = (black_box(0x55u64), black_box(0x1234_5679u64));
    let mut value = black_box(1u64);
    for _ in 0..rounds {
        for _ in 0..PAIRS {
            value = (value ^ bits).wrapping_add(summand);
        }
    }
    black_box(value);
    u64::from(rounds) * 2 * PAIRS
}
