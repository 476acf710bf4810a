//! Quantisers to fewer integers than eight bits hold: a clip of the integers.

use cadet_kernels::binary::Function;

use crate::ir::{Bounds, Graph, Op, TensorId, Values};

/// Lets the operator before a `Quantize` do the clip behind it, where it can: the integers that bound the
/// clip stand for real bounds, and rounding keeps the order of values.
pub(super) fn fold(graph: &mut Graph, index: usize) -> Option<()> {
    let node = &graph.nodes[index];
    let Op::Binary { function, .. } = node.op else {
        return None;
    };
    let [integers, bound] = node.inputs[..] else {
        return None;
    };
    let bound = graph.affine(integers)?.dequantise(scalar(graph, bound)?);
    let outer = match function {
        Function::Min => Bounds {
            max: bound,
            ..Bounds::NONE
        },
        Function::Max => Bounds {
            min: bound,
            ..Bounds::NONE
        },
        _ => return None,
    };
    let quantize = super::super::sole_producer(graph, integers)?;
    if graph.nodes[quantize].op != Op::Quantize {
        return None;
    }
    let producer = super::super::sole_producer(graph, graph.nodes[quantize].inputs[0])?;
    let inner = graph.nodes[producer].op.bounds_mut()?;
    *inner = inner.then(outer);
    super::super::absorb(graph, quantize, index);
    Some(())
}

/// The value of an int8 constant of one element.
fn scalar(graph: &Graph, id: TensorId) -> Option<i8> {
    match graph.tensor(id).values.as_ref()? {
        Values::I64(values) => match values[..] {
            [value] => i8::try_from(value).ok(),
            _ => None,
        },
        Values::F32(_) => None,
    }
}
