use crate::ir::{Graph, LayoutRule, Node, Op, State, Tensor, TensorId, Values};
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
/// poolings want channels last, a fully connected layer takes any order by permuting its weights,
/// elementwise steps and steps along an axis follow their inputs ([`LayoutRule`]).
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
        arranger.operand(id, &layout)
    });
    let outputs = outputs.collect();
    for index in 0..arranger.arranged.graph.states.len() {
        let State { before, after, .. } = arranger.arranged.graph.states[index];
        let layout = arranger.arranged.layouts[before.0].clone();
        arranger.arranged.graph.states[index].after = arranger.operand(after, &layout);
    }
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
        let graph = &self.arranged.graph;
        let input = node.inputs[0];
        let shape = graph.shape(input).to_vec();
        // The order of the outputs, over their own shapes.
        let order = match node.op.layout_rule() {
            LayoutRule::ChannelsLast => {
                let wanted = Layout::channels_last(&shape);
                for index in 0..node.inputs.len() {
                    let graph = &self.arranged.graph;
                    let (id, shape) = (node.inputs[index], graph.shape(node.inputs[index]));
                    if !graph.is_constant(id) {
                        let wanted = if shape.len() == wanted.order().len() {
                            Layout::channels_last(shape)
                        } else {
                            Layout::plain(shape)
                        };
                        node.inputs[index] = self.laid_out(id, &wanted);
                    }
                }
                wanted.order().to_vec()
            }
            LayoutRule::AxisLast(axis) => {
                let wanted = Layout::axis_last(&shape, axis);
                node.inputs[0] = self.laid_out(input, &wanted);
                wanted.order().to_vec()
            }
            LayoutRule::Dense => {
                self.fully_connected(&mut node, &shape);
                Vec::new()
            }
            LayoutRule::Elementwise => self.elementwise(&mut node),
            LayoutRule::Axes => self.axes(&mut node, &shape),
            LayoutRule::Plain => {
                for index in 0..node.inputs.len() {
                    let shape = self.arranged.graph.shape(node.inputs[index]);
                    let plain = Layout::plain(shape);
                    node.inputs[index] = self.operand(node.inputs[index], &plain);
                }
                Vec::new()
            }
            LayoutRule::View => return self.view(node, &shape),
        };
        for &output in &node.outputs {
            let shape = self.arranged.graph.shape(output);
            self.arranged.layouts[output.0] = if order.len() == shape.len() {
                Layout::new(shape.to_vec(), order.clone())
            } else {
                Layout::plain(shape)
            };
        }
        self.nodes.push(node);
    }

    fn view(&mut self, mut node: Node, shape: &[usize]) {
        let input = node.inputs[0];
        let layout = match &node.op {
            Op::Transpose { perm } => {
                let free = self.arranged.layouts[input.0].transposed(shape, perm);
                free.unwrap_or_else(|| {
                    let plain = Layout::plain(shape);
                    node.inputs[0] = self.laid_out(input, &plain);
                    plain.transposed(shape, perm).unwrap_or(plain)
                })
            }
            _ => self.arranged.layouts[input.0].clone(),
        };
        self.arranged.layouts[node.output().0] = layout;
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
        let is_in_order = self.arranged.graph.in_order.contains(&node.output());
        if is_in_order || shape.iter().product::<usize>() != depth {
            node.inputs[0] = self.laid_out(input, &Layout::plain(shape));
            return;
        }
        let columns = layout.onnx_indices();
        let tensor = self.arranged.graph.tensor(weights).permuted(|index| {
            let (row, column) = (index / depth, index % depth);
            row * depth + columns[column]
        });
        self.arranged.layouts.push(Layout::plain(&tensor.shape));
        node.inputs[1] = self.arranged.graph.add_tensor(tensor);
    }

    /// The order of an element-on-element step: that of the first operand which has the output's
    /// shape and is not in ONNX's order, since such an operand comes from a convolution.
    fn elementwise(&mut self, node: &mut Node) -> Vec<usize> {
        let shape = self.arranged.graph.shape(node.output()).to_vec();
        let graph = &self.arranged.graph;
        let orders = node.inputs.iter().filter_map(|&input| {
            let is_whole = !graph.is_constant(input) && graph.shape(input) == shape;
            is_whole.then(|| self.arranged.layouts[input.0].order_over(&shape))?
        });
        let plain: Vec<usize> = (0..shape.len()).collect();
        let order = orders
            .fold(None, |found: Option<Vec<usize>>, order| match found {
                Some(found) if found != plain => Some(found),
                _ => Some(order),
            })
            .unwrap_or(plain);
        for index in 0..node.inputs.len() {
            let input = node.inputs[index];
            let own = self.arranged.graph.shape(input);
            // An operand of a lower rank is broadcast along the dimensions that it lacks.
            let mut padded = vec![1; shape.len().saturating_sub(own.len())];
            padded.extend_from_slice(own);
            let wanted = if padded.len() == order.len() {
                Layout::new(padded, order.clone())
            } else {
                Layout::plain(own)
            };
            node.inputs[index] = self.operand(input, &wanted);
        }
        order
    }

    /// The order of a step along axes: that of its first operand of the first input's rank which is not
    /// in ONNX's order, where it can be said in the operand's dimensions.
    fn axes(&mut self, node: &mut Node, shape: &[usize]) -> Vec<usize> {
        let graph = &self.arranged.graph;
        let plain: Vec<usize> = (0..shape.len()).collect();
        let orders = node.inputs.iter().filter_map(|&input| {
            let own = graph.shape(input);
            let follows = !graph.is_constant(input) && own.len() == shape.len();
            let follows = follows && !graph.is_kept(input);
            follows.then(|| self.arranged.layouts[input.0].order_over(own))?
        });
        let order = orders.reduce(|found, order| if found == plain { order } else { found });
        let order = order.unwrap_or(plain);
        for index in 0..node.inputs.len() {
            let input = node.inputs[index];
            let own = self.arranged.graph.shape(input);
            let wanted = if own.len() == order.len() {
                Layout::new(own.to_vec(), order.clone())
            } else {
                Layout::plain(own)
            };
            // What is kept between runs lies as its only reader wants it.
            if self.arranged.graph.is_kept(input) {
                self.arranged.layouts[input.0] = wanted.clone();
            }
            node.inputs[index] = self.operand(input, &wanted);
        }
        order
    }

    /// An operand in the order asked for, be it an activation or a constant.
    fn operand(&mut self, id: TensorId, wanted: &Layout) -> TensorId {
        if !self.arranged.graph.is_constant(id) {
            return self.laid_out(id, wanted);
        }
        if self.arranged.layouts[id.0].is_same_order(wanted) {
            return id;
        }
        let order = wanted.onnx_indices();
        let tensor = self
            .arranged
            .graph
            .tensor(id)
            .permuted(|index| order[index]);
        self.arranged.layouts.push(wanted.clone());
        self.arranged.graph.add_tensor(tensor)
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
            outputs: vec![output],
        });
        self.copies.push((id, output));
        output
    }
}
