/// Weights and bias of a layer in integers, one scale an output channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IntegerWeights {
    /// In the order given.
    pub(crate) weights: Vec<i8>,
    /// Scale of each output channel.
    pub(crate) scales: Vec<f32>,
    /// Bias of each output channel, in steps of the input's scale times the channel's.
    pub(crate) bias: Vec<i32>,
}

/// Largest magnitude of a bias, which leaves the accumulator room for the products.
const BIAS_LIMIT: f32 = (1 << 30) as f32;

/// Quantises weights `[o, ..]` symmetrically per output channel to -127..=127.
pub(crate) fn integer_weights(values: &[f32], bias: &[f32], input_scale: f32) -> IntegerWeights {
    let depth = values.len() / bias.len().max(1);
    let channels = || values.chunks_exact(depth.max(1)).zip(bias);
    let scales: Vec<f32> = channels()
        .map(|(channel, bias)| {
            let largest = channel
                .iter()
                .fold(0.0_f32, |largest, value| largest.max(value.abs()));
            // A channel of tiny weights has a bias too large for its own scale.
            let scale = (largest / 127.0).max(bias.abs() / (input_scale * BIAS_LIMIT));
            if scale.is_normal() { scale } else { 1.0 }
        })
        .collect();
    let weights = channels()
        .zip(&scales)
        .flat_map(|((channel, _), scale)| channel.iter().map(move |value| value / scale))
        .map(|steps| steps.round_ties_even().clamp(-127.0, 127.0) as i8)
        .collect();
    let bias = bias
        .iter()
        .zip(&scales)
        .map(|(bias, scale)| {
            let step = f64::from(input_scale) * f64::from(*scale);
            (f64::from(*bias) / step).round_ties_even() as i32
        })
        .collect();
    IntegerWeights {
        weights,
        scales,
        bias,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_its_own_scale() {
        let layer = integer_weights(&[1.5, -2.0, 0.005, 0.02], &[1.0, 0.0], 0.5);
        assert_eq!(layer.weights, [95, -127, 32, 127]);
        assert_eq!(layer.bias, [127, 0]);
        assert_eq!(layer.scales, [2.0 / 127.0, 0.02 / 127.0]);
    }

    #[test]
    fn the_bias_of_a_dead_channel_survives() {
        let layer = integer_weights(&[1e-30, 0.0], &[3.0, 0.0], 0.1);
        let bias = layer.bias[0] as f32 * 0.1 * layer.scales[0];
        assert!((bias - 3.0).abs() < 1e-3);
        assert_eq!(layer.weights, [0, 0]);
        assert_eq!(layer.scales[1], 1.0);
    }
}
