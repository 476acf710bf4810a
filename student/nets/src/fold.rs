use crate::model::values;
use crate::net::ConvBlock;
use crate::norm::EPSILON;

/// Weights `[out, in / groups, kh, kw]` and bias `[out]` of a convolution that does what the block
/// does up to its ReLU: batch normalisation with fixed statistics is a factor and an offset a
/// channel. Computed in f64.
pub(crate) fn fold_batch_norm(block: &ConvBlock) -> (Vec<f32>, Vec<f32>) {
    let mut weights = values(block.weight.val());
    let gamma = values(block.norm.gamma.val());
    let beta = values(block.norm.beta.val());
    let mean = values(block.norm.mean.val());
    let variance = values(block.norm.variance.val());
    let channel_len = weights.len() / gamma.len();
    let mut bias = Vec::with_capacity(gamma.len());
    for (channel, weights) in weights.chunks_exact_mut(channel_len).enumerate() {
        let deviation = (f64::from(variance[channel]) + EPSILON).sqrt();
        let factor = f64::from(gamma[channel]) / deviation;
        for weight in weights {
            *weight = (f64::from(*weight) * factor) as f32;
        }
        let offset = f64::from(beta[channel]) - f64::from(mean[channel]) * factor;
        bias.push(offset as f32);
    }
    (weights, bias)
}
