use crate::ir::{Graph, Node, Op, Tensor, TensorId, Values};
use crate::options::IoLayout;

use super::Layout;

/// A graph with the memory order of every tensor. Constants that are operands of kernels lie in the
/// order that their kernel reads, and every [`Op::Relayout`] that is left moves bytes at run time.
#[derive(Clone, Debug)]
pub(crate) struct Arranged {
    /// The graph, with relayouts where they could not be avoided.
    pub(crate) graph: Graph,
    /// The memory order of each tensor.
    pub(crate) layouts: Vec<Layout>,
}

/// Chooses the memory order of every tensor.
///
/// Reshapes and transposes move nothing: they only change what the bytes mean. Convolutions and
/// poolings want channels last, a fully connected layer takes any order by permuting its weights.
pub(crate) fn arrange(graph: Graph, io: IoLayout) -> Arranged {
    let nodes = graph.nodes.clone();
    let outputs = graph.outputs.clone();
    let layouts = graph
        .tensors
        .iter()
        .map(|tensor| Layout::plain(&tensor.shape))
        .collect();
    let mut arranger = Arranger {
        arranged: Arranged { graph, layouts },
        nodes: Vec::with_capacity(nodes.len()),
        copies: Vec::new(),
    };
    for id in arranger.arranged.graph.inputs.clone() {
        let layout = Layout::of_port(arranger.arranged.graph.shape(id), io);
        arranger.arranged.layouts[id.0] = layout;
    }
    for node in nodes {
        arranger.node(node);
    }
    let outputs = outputs.into_iter().map(|id| {
        let layout = Layout::of_port(arranger.arranged.graph.shape(id), io);
        arranger.laid_out(id, &layout)
    });
    let outputs = outputs.collect();
    let mut arranged = arranger.arranged;
    arranged.graph.outputs = outputs;
    arranged.graph.nodes = arranger.nodes;
    arranged
}

struct Arranger {
    arranged: Arranged,
    nodes: Vec<Node>,
    /// Copies of tensors in another order: original, copy.
    copies: Vec<(TensorId, TensorId)>,
}

impl Arranger {
    fn node(&mut self, mut node: Node) {
        let input = node.inputs[0];
        let shape = self.arranged.graph.shape(input).to_vec();
        let layout = match &node.op {
            Op::Conv { .. }
            | Op::MaxPool(_)
            | Op::AveragePool { .. }
            | Op::BatchNormalization { .. } => {
                node.inputs[0] = self.laid_out(input, &Layout::channels_last(&shape));
                Layout::channels_last(self.arranged.graph.shape(node.output))
            }
            Op::Softmax { axis } => {
                let wanted = Layout::axis_last(&shape, *axis);
                node.inputs[0] = self.laid_out(input, &wanted);
                wanted
            }
            Op::FullyConnected { .. } => {
                self.fully_connected(&mut node, &shape);
                Layout::plain(self.arranged.graph.shape(node.output))
            }
            Op::Add { .. } => {
                let layout = self.order_of_sum(input, node.inputs[1]);
                node.inputs[0] = self.laid_out(input, &layout);
                node.inputs[1] = self.addend(node.inputs[1], &shape, &layout);
                layout
            }
            Op::Transpose { perm } => {
                let free = self.arranged.layouts[input.0].transposed(&shape, perm);
                free.unwrap_or_else(|| {
                    let plain = Layout::plain(&shape);
                    node.inputs[0] = self.laid_out(input, &plain);
                    plain.transposed(&shape, perm).unwrap_or(plain)
                })
            }
            Op::Unary(_) | Op::Reshape | Op::Relayout => self.arranged.layouts[input.0].clone(),
        };
        self.arranged.layouts[node.output.0] = layout;
        self.nodes.push(node);
    }

    /// One row: the columns of the weights follow the input's order. Several rows: plain input.
    fn fully_connected(&mut self, node: &mut Node, shape: &[usize]) {
        let (input, weights) = (node.inputs[0], node.inputs[1]);
        let depth = self.arranged.graph.shape(weights)[1];
        let layout = &self.arranged.layouts[input.0];
        if layout.is_plain() {
            return;
        }
        if shape.iter().product::<usize>() != depth {
            node.inputs[0] = self.laid_out(input, &Layout::plain(shape));
            return;
        }
        let columns = layout.onnx_indices();
        let tensor = self.arranged.graph.tensor(weights);
        let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
        let values = self.arranged.graph.constant_f32(weights).unwrap_or(&[]);
        let permuted = values
            .chunks_exact(depth)
            .flat_map(|row| columns.iter().map(|&column| row[column]))
            .collect();
        let layout = Layout::plain(&shape);
        node.inputs[1] = self.arranged.graph.add_constant(name, shape, permuted);
        self.arranged.layouts.push(layout);
    }

    /// The order of an addition's result: rather that of a convolution's result than of an input.
    fn order_of_sum(&self, left: TensorId, right: TensorId) -> Layout {
        let [left, right_layout] = [left, right].map(|id| &self.arranged.layouts[id.0]);
        let is_constant = self.arranged.graph.constant_f32(right).is_some();
        if left.is_plain() && !is_constant {
            right_layout.clone()
        } else {
            left.clone()
        }
    }

    /// The second operand of an addition in the order of the first; a constant is spread out.
    fn addend(&mut self, id: TensorId, shape: &[usize], layout: &Layout) -> TensorId {
        let Some(values) = self.arranged.graph.constant_f32(id) else {
            return self.laid_out(id, layout);
        };
        let tensor = self.arranged.graph.tensor(id);
        let spread = broadcast(values, &tensor.shape, shape);
        let ordered = layout.onnx_indices().iter().map(|&i| spread[i]).collect();
        let name = tensor.name.clone();
        let id = self
            .arranged
            .graph
            .add_constant(name, shape.to_vec(), ordered);
        self.arranged.layouts.push(layout.clone());
        id
    }

    /// The tensor in the order asked for; a copy of it where it lies in another.
    fn laid_out(&mut self, id: TensorId, wanted: &Layout) -> TensorId {
        let layouts = &self.arranged.layouts;
        if layouts[id.0].is_same_order(wanted) {
            return id;
        }
        let same = |&&(original, copy): &&(TensorId, TensorId)| {
            original == id && layouts[copy.0].is_same_order(wanted)
        };
        if let Some(&(_, copy)) = self.copies.iter().find(same) {
            return copy;
        }
        // By way of ONNX's order where one permutation does not do.
        let source = if layouts[id.0].permutation_to(wanted).is_some() {
            id
        } else {
            let plain = Layout::plain(self.arranged.graph.shape(id));
            self.copy(id, plain)
        };
        if self.arranged.layouts[source.0].is_same_order(wanted) {
            return source;
        }
        self.copy(source, wanted.clone())
    }

    fn copy(&mut self, id: TensorId, layout: Layout) -> TensorId {
        let tensor = self.arranged.graph.tensor(id);
        debug_assert!(
            tensor.values.is_none(),
            "constants are ordered by their readers"
        );
        let copy = Tensor {
            values: None::<Values>,
            ..tensor.clone()
        };
        let name = format!("{} (transposed)", tensor.name);
        let output = self.arranged.graph.add_tensor(copy);
        self.arranged.layouts.push(layout);
        self.nodes.push(Node {
            name,
            op: Op::Relayout,
            inputs: vec![id],
            output,
        });
        self.copies.push((id, output));
        output
    }
}

/// Repeats `values` of shape `from` to fill `to`, by ONNX's broadcasting rule.
fn broadcast(values: &[f32], from: &[usize], to: &[usize]) -> Vec<f32> {
    let missing = to.len().saturating_sub(from.len());
    let mut spread = Vec::with_capacity(to.iter().product());
    for mut index in 0..to.iter().product() {
        let mut source = 0;
        let mut stride = 1;
        for axis in (0..to.len()).rev() {
            let position = index % to[axis];
            index /= to[axis];
            if axis >= missing {
                let extent = from[axis - missing];
                if extent > 1 {
                    source += position * stride;
                }
                stride *= extent;
            }
        }
        spread.push(values[source]);
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_repeats_along_missing_and_unit_dimensions() {
        assert_eq!(
            broadcast(&[1.0, 2.0], &[2, 1], &[1, 2, 3]),
            [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
        );
        assert_eq!(broadcast(&[1.0, 2.0], &[2], &[2, 2]), [1.0, 2.0, 1.0, 2.0]);
    }
}
