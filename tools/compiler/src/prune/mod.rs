//! Cuts channels whose values are known before anything runs, or that nothing uses. Interval arithmetic
//! proves what is constant, and what a constant channel adds to the next layer moves into that layer's bias.
//!
//! The results stay the same bit for bit, of floats as long as none within the model is NaN. In floats that
//! holds for channels that are 0 only: the kernels add the products of a sum one after the other, and no
//! product with 0 changes such a sum. Other constants are cut with `fast_math`, which moves their part of the
//! sum to another place.

mod cut;
mod floats;
mod integers;
mod intervals;
// Channels index several tables at once.
#[allow(clippy::needless_range_loop)]
mod keep;
mod layer;

use crate::ir::{ElementType, Graph, TensorId};
use crate::options::Options;

/// Cuts what can be cut; gives the number of channels that are gone.
pub(crate) fn prune(graph: &mut Graph, options: &Options) -> usize {
    let intervals = intervals::intervals(graph, options);
    let keep = keep::keep(graph, &intervals, options.fast_math);
    cut::cut(graph, &intervals, &keep)
}

/// Number of channels of an activation of floats or quantised integers, which are its second dimension;
/// `None` where it holds no single image or row.
fn channels(graph: &Graph, id: TensorId) -> Option<usize> {
    let tensor = graph.tensor(id);
    let is_real = tensor.affine.is_some() || tensor.element == ElementType::F32;
    match &tensor.shape[..] {
        [1, channels, ..] if is_real && tensor.values.is_none() => Some(*channels),
        _ => None,
    }
}

/// Number of elements of a channel.
fn channel_elements(graph: &Graph, id: TensorId) -> usize {
    graph.shape(id).iter().skip(2).product()
}

/// The element that stands for 0.
fn zero(graph: &Graph, id: TensorId) -> f64 {
    let affine = graph.affine(id);
    affine.map_or(0.0, |affine| f64::from(affine.zero_point))
}

#[cfg(test)]
mod tests;
