use std::f64::consts::TAU;

/// How positions rotate queries and keys (Su and others, 2021).
///
/// Pair `i` of the `head_size / 2` pairs of a head turns by `theta^(-2 i / head_size)` radians a
/// position.
#[derive(Clone, Debug, PartialEq)]
pub struct Rope {
    /// Base of the frequencies, 10,000 in the paper.
    pub theta: f64,
    /// Which values of a head are a pair.
    pub pairing: Pairing,
    /// How frequencies are changed for contexts longer than those trained on.
    pub scaling: Option<Llama3Scaling>,
}

/// Which values of a head are a pair. Weights of one become those of the other by
/// [`crate::DecoderWeights::into_pairing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// Values `2 i` and `2 i + 1`, as in Meta's files and llama2.c's.
    Interleaved,
    /// Values `i` and `i + head_size / 2`, as in Hugging Face's.
    Halves,
}

/// Scaling of Llama 3.1 (`rope_type` `llama3`): waves longer than
/// `original_context / low_frequency_factor` positions are made `factor` times longer, those shorter than
/// `original_context / high_frequency_factor` stay, and those between are mixed.
#[derive(Clone, Debug, PartialEq)]
pub struct Llama3Scaling {
    /// How much longer the longest waves become.
    pub factor: f64,
    /// Waves of the original context that the longest are measured by.
    pub low_frequency_factor: f64,
    /// Waves of the original context that the shortest are measured by; more than `low_frequency_factor`.
    pub high_frequency_factor: f64,
    /// Positions trained on before.
    pub original_context: usize,
}

/// Cosines and sines of all angles, `[context, head_size / 2]`.
#[derive(Clone, Debug, PartialEq)]
pub struct RopeTables {
    /// Cosines.
    pub cos: Vec<f32>,
    /// Sines.
    pub sin: Vec<f32>,
}

impl Rope {
    /// Angles of the positions below `context`, calculated in f64 and rounded once.
    ///
    /// *Memory*: `context * head_size * 4` bytes.
    pub fn tables(&self, context: usize, head_size: usize) -> RopeTables {
        let frequencies: Vec<f64> = (0..head_size / 2)
            .map(|pair| self.frequency(pair, head_size))
            .collect();
        let table = |function: fn(f64) -> f64| {
            let angles = (0..context).flat_map(|position| {
                let of_pair = move |frequency: &f64| function(position as f64 * frequency) as f32;
                frequencies.iter().map(of_pair)
            });
            angles.collect()
        };
        RopeTables {
            cos: table(f64::cos),
            sin: table(f64::sin),
        }
    }

    /// Radians a position.
    fn frequency(&self, pair: usize, head_size: usize) -> f64 {
        let frequency = self.theta.powf(-2.0 * pair as f64 / head_size as f64);
        match &self.scaling {
            Some(scaling) => scaling.scale(frequency),
            None => frequency,
        }
    }

    /// What is wrong with the constants.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(self.theta > 0.0 && self.theta.is_finite()) {
            problems.push(format!(
                "rope theta is {}, and must be more than 0",
                self.theta
            ));
        }
        if let Some(scaling) = &self.scaling
            && !scaling.is_usable()
        {
            problems.push(format!(
                "rope scaling is {scaling:?}, and must have factors above 0, the high frequency's the largest"
            ));
        }
        problems
    }
}

impl Llama3Scaling {
    fn scale(&self, frequency: f64) -> f64 {
        let waves = self.original_context as f64 * frequency / TAU;
        let (low, high) = (self.low_frequency_factor, self.high_frequency_factor);
        // 0 where the wave becomes longer, 1 where it stays.
        let kept = ((waves - low) / (high - low)).clamp(0.0, 1.0);
        kept * frequency + (1.0 - kept) * frequency / self.factor
    }

    fn is_usable(&self) -> bool {
        let (low, high) = (self.low_frequency_factor, self.high_frequency_factor);
        let are_finite = self.factor.is_finite() && high.is_finite();
        are_finite && self.factor > 0.0 && low > 0.0 && high > low && self.original_context > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_pair_turns_by_a_radian_a_position() {
        let rope = Rope {
            theta: 10_000.0,
            pairing: Pairing::Halves,
            scaling: None,
        };
        let tables = rope.tables(3, 4);
        assert_eq!(tables.cos[..2], [1.0, 1.0]);
        assert_eq!(
            tables.sin[4..],
            [2.0_f64.sin() as f32, 0.02_f64.sin() as f32]
        );
    }

    // The constants of Llama 3.1.
    #[test]
    fn scaling_keeps_short_waves_and_lengthens_long_ones() {
        let scaling = Llama3Scaling {
            factor: 8.0,
            low_frequency_factor: 1.0,
            high_frequency_factor: 4.0,
            original_context: 8192,
        };
        let of_wave = |positions: f64| TAU / positions;
        assert_eq!(scaling.scale(of_wave(2000.0)), of_wave(2000.0));
        assert_eq!(scaling.scale(of_wave(9000.0)), of_wave(9000.0) / 8.0);
        // 8192 / 4096 = 2 waves: a third of the way.
        let between = of_wave(4096.0) / 3.0 + 2.0 / 3.0 * of_wave(4096.0) / 8.0;
        assert!((scaling.scale(of_wave(4096.0)) - between).abs() < 1e-18);
    }
}
