use super::flow::{Flow, Frames};
use super::refuse::Stop;
use super::rewrite::Rewriter;
use crate::ir::{Node, Op, Recurrent, RecurrentKind, State, Tensor, TensorId, Values};

/// ONNX's places of lengths, hidden and cell state.
const LENGTHS: usize = 4;
const HIDDEN: usize = 5;
const CELL: usize = 6;

impl Rewriter<'_> {
    /// A recurrent layer, whose hidden and cell state are kept between runs.
    pub(super) fn recurrent(&mut self, node: &Node, recurrent: &Recurrent) -> Result<(), Stop> {
        let time = usize::from(recurrent.batch_first);
        let sequence = self.frames(node.inputs[0]);
        let Some(frames) = sequence.filter(|frames| frames.axis == time) else {
            return Err(self.refused(
                node,
                "time is not the axis of its steps",
                "run it along the frames",
            ));
        };
        let last = self.whole.shape(node.outputs[1]);
        let directions = last[time];
        if recurrent.reverse || directions > 1 {
            return Err(self.refused(
                node,
                "it runs backwards, from the last frame of the window",
                "train it with the direction `forward`",
            ));
        }
        if recurrent.given.get(LENGTHS) == Some(&true) {
            return Err(self.refused(
                node,
                "it is told the length of the window",
                "leave `sequence_lens` out",
            ));
        }
        let (id, frames) = self.settled(node.inputs[0], frames);
        // What means nothing must not move the state.
        let (id, frames, idle) = self.whole_runs(id, frames);
        let mut node = node.clone();
        let mut recurrent = recurrent.clone();
        node.inputs[0] = id;
        let kept: &[(usize, usize)] = match recurrent.kind {
            RecurrentKind::Lstm => &[(HIDDEN, 1), (CELL, 2)],
            _ => &[(HIDDEN, 1)],
        };
        let mut checks = Vec::new();
        for &(place, output) in kept {
            let initial = self.initial(&node, &recurrent, place)?;
            let after = node.outputs[output];
            let like = self.graph.tensor(after).clone();
            let before = self.add(Tensor {
                name: format!("{} (past)", like.name),
                ..like.clone()
            });
            give(&mut node, &mut recurrent, place, before);
            if idle > 0 {
                let unchecked = self.add(Tensor {
                    name: format!("{} (unchecked)", like.name),
                    ..like.clone()
                });
                node.outputs[output] = unchecked;
                let values = initial.clone().unwrap_or_else(|| vec![0.0; like.len()]);
                checks.push((unchecked, like, values, after));
            }
            self.graph.states.push(State {
                before,
                after,
                initial: initial.map(Values::F32),
            });
        }
        node.op = Op::Recurrent(Box::new(recurrent));
        let span = frames.span();
        for &output in &node.outputs[1..] {
            self.flows[output.0] = Flow::Window(span);
        }
        let all = node.outputs.last().copied();
        if let Some(all) = all.filter(|&all| self.whole.shape(all).len() == 4) {
            let frames = Frames {
                axis: time,
                past: None,
                ..frames
            };
            self.flow(all, frames);
        }
        self.nodes.push(node);
        // Runs that mean nothing leave the state as it is at first.
        for (unchecked, like, values, after) in checks {
            let first = self.add(Tensor {
                name: format!("{} (first)", like.name),
                values: Some(Values::F32(values)),
                ..like
            });
            self.once(idle, unchecked, first, after);
            self.flows[after.0] = Flow::Window(span);
        }
        Ok(())
    }

    /// The first hidden or cell state, `None` where it is zero.
    fn initial(
        &self,
        node: &Node,
        recurrent: &Recurrent,
        place: usize,
    ) -> Result<Option<Vec<f32>>, Stop> {
        let Some(index) = given(recurrent, place) else {
            return Ok(None);
        };
        match self.graph.constant_f32(node.inputs[index]) {
            Some(values) if values.iter().all(|value| value.to_bits() == 0) => Ok(None),
            Some(values) => Ok(Some(values.to_vec())),
            None => Err(self.refused(
                node,
                "its first state comes from the model's inputs",
                "leave it out, or make it constant: the package keeps the state itself",
            )),
        }
    }
}

/// The index among the inputs of what ONNX has at `place`.
fn given(recurrent: &Recurrent, place: usize) -> Option<usize> {
    let before = recurrent.given.iter().take(place);
    let is_given = recurrent.given.get(place) == Some(&true);
    is_given.then(|| before.filter(|&&given| given).count())
}

/// Gives a layer an operand at ONNX's `place`.
fn give(node: &mut Node, recurrent: &mut Recurrent, place: usize, id: TensorId) {
    match given(recurrent, place) {
        Some(index) => node.inputs[index] = id,
        None => {
            recurrent.given[place] = true;
            let index = recurrent.given[..place].iter().filter(|&&it| it).count();
            node.inputs.insert(index, id);
        }
    }
}
