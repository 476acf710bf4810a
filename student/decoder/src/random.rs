use crate::{DecoderConfig, DecoderError, DecoderWeights};

impl DecoderWeights {
    /// Weights drawn from `seed`, the same on every machine: matrices uniform with variance
    /// `1 / in`, so that activations stay near 1 from layer to layer; norms near 1, biases near 0.
    ///
    /// *Errors*: `Config`.
    pub fn random(config: DecoderConfig, seed: u64) -> Result<Self, DecoderError> {
        config.check()?;
        let mut state = seed;
        let mut uniform = move |middle: f32, most: f32| {
            middle + most * (2.0 * (next(&mut state) >> 40) as f32 / (1 << 24) as f32 - 1.0)
        };
        let tensors = config.tensors().map(|spec| {
            let (middle, most) = match spec.shape[..] {
                [_, inputs] => (0.0, (3.0 / inputs as f32).sqrt()),
                _ if spec.name.ends_with("bias") => (0.0, 0.1),
                _ => (1.0, 0.1),
            };
            let values = (0..spec.len()).map(|_| uniform(middle, most)).collect();
            (spec.name, values)
        });
        let tensors = tensors.collect();
        Ok(Self { config, tensors })
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
