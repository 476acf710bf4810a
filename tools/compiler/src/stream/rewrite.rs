use std::collections::HashMap;

use super::flow::{Flow, Flushed, Frames, Span};
use super::refuse::{Stop, refused};
use crate::ir::{Graph, LayoutRule, Movement, Node, Op, TensorId};
use crate::options::Stream;
use crate::report::{StreamReport, StreamedOutput};

/// Rewrites a graph node by node.
pub(super) struct Rewriter<'g> {
    /// The graph over the whole window.
    pub(super) whole: &'g Graph,
    /// The new graph, whose tensors with frames have those of a run.
    pub(super) graph: Graph,
    /// Frames of a run and of the whole window.
    pub(super) hop: usize,
    frames: usize,
    pub(super) flows: Vec<Flow>,
    pub(super) nodes: Vec<Node>,
    /// The node under way.
    pub(super) current: usize,
    /// Tensors with elements of runs before in front, by tensor and how many these are.
    pub(super) pasts: HashMap<(TensorId, usize), (TensorId, Option<super::flow::Value>)>,
    /// Whether so many runs have been, by how many.
    pub(super) ready: HashMap<usize, TensorId>,
}

impl<'g> Rewriter<'g> {
    pub(super) fn new(
        whole: &'g Graph,
        stream: &Stream,
        hop: usize,
        frames: usize,
    ) -> Rewriter<'g> {
        let mut rewriter = Rewriter {
            whole,
            graph: whole.clone(),
            hop,
            frames,
            flows: vec![Flow::Fixed; whole.tensors.len()],
            nodes: Vec::new(),
            current: 0,
            pasts: HashMap::new(),
            ready: HashMap::new(),
        };
        for &id in &whole.inputs {
            if let Some(&axis) = stream.axes.get(&whole.tensor(id).name) {
                let frames = Frames {
                    axis,
                    stride: 1,
                    extent: frames,
                    lag: 0,
                    past: None,
                    flushed: Flushed::default(),
                };
                rewriter.flow(id, frames);
            }
        }
        rewriter
    }

    /// The rewritten graph.
    pub(super) fn run(mut self) -> Result<Graph, Stop> {
        let whole = self.whole;
        for (index, node) in whole.nodes.iter().enumerate() {
            self.current = index;
            self.node(node)?;
        }
        let mut outputs = Vec::with_capacity(whole.outputs.len());
        for (index, &id) in whole.outputs.iter().enumerate() {
            outputs.push(self.output(index, id)?);
        }
        self.graph.nodes = self.nodes;
        self.graph.stream = Some(StreamReport {
            hop: self.hop,
            frames: self.frames,
            outputs,
        });
        Ok(self.graph)
    }

    fn node(&mut self, node: &Node) -> Result<(), Stop> {
        let flows = node.inputs.iter().map(|&id| self.flows[id.0]);
        let windows: Vec<Span> = flows
            .clone()
            .filter_map(|flow| match flow {
                Flow::Window(span) => Some(span),
                _ => None,
            })
            .collect();
        let has_frames = flows.clone().any(|flow| matches!(flow, Flow::Frames(_)));
        match (windows.first(), has_frames) {
            (None, false) => {
                self.nodes.push(node.clone());
                Ok(())
            }
            (None, true) => self.frames_of(node),
            (Some(_), true) => Err(self.refused(
                node,
                "it joins what comes frame by frame with what comes of the whole window",
                "do what follows the whole window without the single frames",
            )),
            (Some(&span), false) => {
                if windows.iter().any(|other| *other != span) {
                    return Err(self.refused(
                        node,
                        "it joins results over windows that end at different frames",
                        "make the window a multiple of all strides along time",
                    ));
                }
                self.over_window(node.clone(), span);
                Ok(())
            }
        }
    }

    /// A node that reads frames and nothing over the whole window.
    fn frames_of(&mut self, node: &Node) -> Result<(), Stop> {
        match &node.op {
            op if op.layout_rule() == LayoutRule::Elementwise => self.elementwise(node),
            Op::Conv { .. } => self.conv(node),
            Op::MaxPool { .. } | Op::AveragePool { .. } | Op::LpPool { .. } => self.pool(node),
            Op::FullyConnected { .. } => self.fully_connected(node),
            Op::MatMul { transposed } => self.mat_mul(node, *transposed),
            Op::ScaleShift { axis, .. } | Op::Softmax { axis, .. } => self.along(node, &[*axis]),
            Op::Normalize { axes, .. } => self.along(node, axes),
            Op::LocalResponseNorm { .. } => self.along(node, &[1]),
            Op::Reduce { axes, .. } => self.reduce(node, axes),
            Op::Recurrent(recurrent) => self.recurrent(node, recurrent),
            Op::Reshape | Op::BitCast => self.reshape(node),
            Op::Transpose { perm } => self.transpose(node, perm),
            Op::Movement(Movement::Strides(strides)) => self.strides(node, strides),
            Op::Movement(Movement::Concat { axis }) => self.concat(node, *axis),
            Op::Movement(Movement::Pad { mode, begin }) => self.pad(node, *mode, begin),
            Op::Movement(Movement::ArgMax { axis, .. }) => self.reduce(node, &[*axis]),
            Op::Movement(Movement::Cumulative { axis, .. } | Movement::TopK { axis, .. }) => {
                self.along(node, &[*axis])
            }
            Op::Movement(Movement::Gather { axis }) => self.gather(node, *axis),
            _ => Err(self.refused(
                node,
                "the operator cannot go frame by frame",
                "leave it to the caller, or do without it",
            )),
        }
    }

    /// The frames of a tensor.
    pub(super) fn frames(&self, id: TensorId) -> Option<Frames> {
        match self.flows[id.0] {
            Flow::Frames(frames) => Some(frames),
            _ => None,
        }
    }

    /// Elements that a run gives.
    pub(super) fn elements(&self, frames: &Frames) -> usize {
        self.hop / frames.stride
    }

    /// Refuses a hop that is no multiple of a stride.
    pub(super) fn check_hop(&self, frames: &Frames) -> Result<(), Stop> {
        match self.hop.is_multiple_of(frames.stride) {
            true => Ok(()),
            false => Err(Stop::Hop(frames.stride)),
        }
    }

    /// Says that a tensor has frames, of which a run gives so many.
    pub(super) fn flow(&mut self, id: TensorId, frames: Frames) {
        let elements = self.elements(&frames);
        self.graph.tensors[id.0].shape[frames.axis] = elements;
        self.flows[id.0] = Flow::Frames(frames);
    }

    /// Adds a node whose outputs have the same frames.
    pub(super) fn push(&mut self, node: Node, frames: Frames) {
        for &output in &node.outputs {
            self.flow(output, frames);
        }
        self.nodes.push(node);
    }

    /// Adds a node that treats each element of its first input's time by itself.
    pub(super) fn per_frame(&mut self, mut node: Node, frames: Frames) {
        let (input, frames) = self.settled(node.inputs[0], frames);
        node.inputs[0] = input;
        let frames = Frames {
            past: None,
            ..frames
        };
        self.push(node, frames);
    }

    /// Adds a node over the whole window.
    pub(super) fn over_window(&mut self, node: Node, span: Span) {
        for &output in &node.outputs {
            self.flows[output.0] = Flow::Window(span);
        }
        self.nodes.push(node);
    }

    /// A refusal of a node.
    pub(super) fn refused(&self, node: &Node, reason: impl Into<String>, suggestion: &str) -> Stop {
        refused(self.whole, node, reason, suggestion)
    }

    /// Refuses elements that need padding behind the last frame.
    pub(super) fn check_flushed(&self, frames: &Frames) -> Result<(), Stop> {
        if frames.flushed.elements == 0 {
            return Ok(());
        }
        Err(self.refused(
            &self.whole.nodes[frames.flushed.node],
            "it pads behind the last frame, which a stream does not have",
            "train it with padding in front of the first frame only, or without any along time",
        ))
    }

    /// What comes of an output of the model.
    fn output(&mut self, index: usize, id: TensorId) -> Result<StreamedOutput, Stop> {
        let name = self.whole.tensor(id).name.clone();
        let mut output = StreamedOutput {
            name: name.clone(),
            axis: None,
            elements: 1,
            stride: self.hop,
            first_frame: 0,
            before: 0,
        };
        match self.flows[id.0] {
            Flow::Fixed => {}
            Flow::Frames(frames) => {
                self.check_flushed(&frames)?;
                let (settled, frames) = self.settled(id, frames);
                self.graph.outputs[index] = settled;
                self.graph.tensors[settled.0].name = name;
                output.axis = Some(frames.axis);
                output.elements = self.elements(&frames);
                output.stride = frames.stride;
                output.before = frames.lag.unsigned_abs();
            }
            Flow::Window(span) => {
                output.before = span.frames.div_ceil(self.hop).saturating_sub(1);
                output.first_frame = (output.before + 1) * self.hop - span.frames;
            }
        }
        Ok(output)
    }
}
