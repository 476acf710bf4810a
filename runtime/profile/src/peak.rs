use std::time::{Duration, Instant};

use cadet_format::DType;
use cadet_kernels::{Isa, peak};

/// How long each rate is measured.
const ROUND: Duration = Duration::from_millis(2);
/// How often, by turns, so that all see the same clock.
const ROUNDS: usize = 8;

/// What one core does at best, measured in loops over registers.
#[derive(Clone, Copy, Debug)]
pub struct Peak {
    /// Cycles a second.
    pub clock: f64,
    /// Multiplications and additions of floats in a cycle.
    pub f32: f64,
    /// Those of int8, widened to 16 bits.
    pub i8: f64,
}

impl Peak {
    /// Measures, with the best instructions that the processor has. Takes some 50 milliseconds.
    pub fn measure() -> Peak {
        Peak::of(Isa::detect())
    }

    /// Measures with these instructions, and takes as long.
    pub fn of(isa: Isa) -> Peak {
        let mut best = [0.0f64; 3];
        for _ in 0..ROUNDS {
            let cycles = rate(peak::cycles);
            let f32 = rate(|rounds| peak::f32(rounds, isa));
            let i8 = rate(|rounds| peak::i8(rounds, isa));
            for (best, rate) in best.iter_mut().zip([cycles, f32, i8]) {
                *best = best.max(rate);
            }
        }
        let [clock, f32, i8] = best;
        Peak {
            clock,
            f32: f32 / clock,
            i8: i8 / clock,
        }
    }

    /// MACs in a cycle at best, for kernels on activations of `dtype`.
    pub fn macs_per_cycle(&self, dtype: DType) -> f64 {
        match dtype {
            DType::I8 | DType::U8 => self.i8,
            _ => self.f32,
        }
    }
}

/// Work a second.
fn rate(work: impl Fn(u32) -> u64) -> f64 {
    let start = Instant::now();
    let mut done = 0;
    while start.elapsed() < ROUND {
        done += work(1000);
    }
    done as f64 / start.elapsed().as_secs_f64()
}
