//! Cuts channels whose values are known before anything runs, or that nothing uses. The result is the
//! same bit for bit: interval arithmetic over the integers proves what is constant, and what a
//! constant channel adds to the next layer moves into that layer's bias.

#[allow(clippy::needless_range_loop)]
mod cut;
mod intervals;
// Channels index several tables at once.
#[allow(clippy::needless_range_loop)]
mod keep;

use crate::ir::{Graph, TensorId};
use crate::options::Numerics;

/// Cuts what can be cut; gives the number of channels that are gone.
pub(crate) fn prune(graph: &mut Graph, numerics: Numerics) -> usize {
    let intervals = intervals::intervals(graph, numerics);
    let keep = keep::keep(graph, &intervals);
    cut::cut(graph, &intervals, &keep)
}

/// Number of channels of a quantised activation, which are its second dimension; `None` where it
/// holds no single image or row.
fn channels(graph: &Graph, id: TensorId) -> Option<usize> {
    let tensor = graph.tensor(id);
    let is_activation = tensor.affine.is_some() && tensor.values.is_none();
    match &tensor.shape[..] {
        [1, channels, ..] if is_activation => Some(*channels),
        _ => None,
    }
}

/// Number of elements of a channel.
fn channel_elements(graph: &Graph, id: TensorId) -> usize {
    graph.shape(id).iter().skip(2).product()
}

#[cfg(test)]
mod tests;
