use crate::ir::Integers;

/// Largest magnitude of a bias, which leaves the accumulator room for the products.
const BIAS_LIMIT: f32 = (1 << 30) as f32;

/// Quantises weights `[o, ..]` symmetrically per output channel to -127..=127.
pub(super) fn integer_weights(values: &[f32], bias: &[f32], input_scale: f32) -> Integers {
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
    let values = channels()
        .zip(&scales)
        .flat_map(|((channel, _), scale)| channel.iter().map(move |value| value / scale))
        .map(|steps| steps.round_ties_even().clamp(-127.0, 127.0) as i32)
        .collect();
    Integers {
        values,
        zero_points: vec![0],
        axis: 0,
        scales,
    }
}

/// Quantises a bias in steps of the input's scale times the scale of the channel's weights.
pub(super) fn integer_bias(bias: &[f32], input_scale: f32, weights: &Integers) -> Integers {
    let steps = |channel| f64::from(input_scale) * f64::from(weights.scale(channel));
    let values = bias.iter().enumerate();
    let values = values.map(|(c, &bias)| (f64::from(bias) / steps(c)).round_ties_even() as i32);
    Integers {
        values: values.collect(),
        scales: (0..bias.len()).map(|c| steps(c) as f32).collect(),
        zero_points: vec![0],
        axis: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_its_own_scale() {
        let bias = [1.0, 0.0];
        let layer = integer_weights(&[1.5, -2.0, 0.005, 0.02], &bias, 0.5);
        assert_eq!(layer.values, [95, -127, 32, 127]);
        assert_eq!(integer_bias(&bias, 0.5, &layer).values, [127, 0]);
        assert_eq!(layer.scales, [2.0 / 127.0, 0.02 / 127.0]);
    }

    #[test]
    fn the_bias_of_a_dead_channel_survives() {
        let bias = [3.0, 0.0];
        let layer = integer_weights(&[1e-30, 0.0], &bias, 0.1);
        let integers = integer_bias(&bias, 0.1, &layer);
        let bias = integers.values[0] as f32 * 0.1 * layer.scales[0];
        assert!((bias - 3.0).abs() < 1e-3);
        assert_eq!(layer.values, [0, 0]);
        assert_eq!(layer.scales[1], 1.0);
    }
}
