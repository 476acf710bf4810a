/// Random numbers: PCG32 (M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for
/// Random Number Generation", 2014, the variant XSH-RR 64/32). The same numbers for the same seed on every target.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
/// Twice the number of the stream, and one; the stream is that of the author's example.
const INCREMENT: u64 = 54 << 1 | 1;

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        let mut random = Random {
            state: INCREMENT.wrapping_add(seed),
        };
        random.advance();
        random
    }

    fn advance(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
    }

    fn next(&mut self) -> u32 {
        let state = self.state;
        self.advance();
        let mixed = ((state >> 18) ^ state) >> 27;
        (mixed as u32).rotate_right((state >> 59) as u32)
    }

    /// A number from 0 to less than 1, a multiple of 2^-53: of two numbers of 32 bits, the first on top.
    pub(crate) fn fraction(&mut self) -> f64 {
        let bits = u64::from(self.next()) << 32 | u64::from(self.next());
        (bits >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_authors_example() {
        let mut random = Random::new(42);
        let found = [(); 6].map(|()| random.next());
        let wanted = [
            0xa15c_02b7,
            0x7b47_f409,
            0xba1d_3330,
            0x83d2_f293,
            0xbfa4_784b,
            0xcbed_606e,
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn fractions_fill_the_unit_evenly() {
        let mut random = Random::new(7);
        let mut counts = [0_u32; 16];
        for _ in 0..16_000 {
            let fraction = random.fraction();
            assert!((0.0..1.0).contains(&fraction));
            counts[(fraction * 16.0) as usize] += 1;
        }
        // Standard deviation 31.
        assert!(counts.iter().all(|&count| count.abs_diff(1000) < 125));
    }
}
