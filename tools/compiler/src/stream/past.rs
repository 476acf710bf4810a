//! What is kept of runs before.

use super::flow::{Frames, Value};
use super::rewrite::Rewriter;
use crate::ir::{Digit, ElementType, Movement, Node, Op, State, Strides, Tensor, TensorId, Values};

impl Rewriter<'_> {
    /// The elements of a run behind the last `past` before them, which hold `fill` at first; where `past` is below 0,
    /// without so many of the new ones.
    pub(super) fn behind(
        &mut self,
        id: TensorId,
        frames: &Frames,
        past: isize,
        fill: Option<Value>,
    ) -> TensorId {
        let elements = self.elements(frames);
        let Ok(past) = usize::try_from(past) else {
            let skipped = past.unsigned_abs();
            return self.slice(id, frames.axis, skipped, elements - skipped, "new");
        };
        if past == 0 {
            return id;
        }
        if let Some(&(known, filled)) = self.pasts.get(&(id, past))
            && filled == fill
        {
            return known;
        }
        let tensor = self.graph.tensor(id).clone();
        let joined = self.kept(id, &tensor, frames.axis, past, fill);
        self.pasts.insert((id, past), (joined, fill));
        joined
    }

    /// A state of `past` elements along `axis`, in front of a tensor; it moves on by as many as the tensor has.
    fn kept(
        &mut self,
        id: TensorId,
        tensor: &Tensor,
        axis: usize,
        past: usize,
        fill: Option<Value>,
    ) -> TensorId {
        let new = tensor.shape[axis];
        let part = |what: &str, extent: usize| {
            let mut shape = tensor.shape.clone();
            shape[axis] = extent;
            Tensor {
                name: format!("{} ({what})", tensor.name),
                shape,
                values: None,
                integers: None,
                ..tensor.clone()
            }
        };
        let before = self.add(part("past", past));
        let joined = self.add(part("with past", past + new));
        self.nodes.push(Node {
            name: self.graph.tensor(joined).name.clone(),
            op: Op::Movement(Movement::Concat { axis }),
            inputs: vec![before, id],
            outputs: vec![joined],
        });
        let after = self.slice(joined, axis, new, past, "kept");
        let count = self.graph.tensor(before).len();
        let initial = fill.and_then(|fill| match fill {
            // Zero bytes.
            Value::F32(value) if value.to_bits() == 0 => None,
            Value::Integer(0) => None,
            Value::F32(value) => Some(Values::F32(vec![value; count])),
            Value::Integer(value) => Some(Values::I64(vec![value; count])),
        });
        self.graph.states.push(State {
            before,
            after,
            initial,
        });
        joined
    }

    /// `count` elements along an axis, from `start` on.
    pub(super) fn slice(
        &mut self,
        id: TensorId,
        axis: usize,
        start: usize,
        count: usize,
        what: &str,
    ) -> TensorId {
        let tensor = self.graph.tensor(id).clone();
        let mut strides = Strides::identity(&tensor.shape);
        strides.start[axis] = start;
        strides.digits[axis] = vec![Digit {
            extent: count,
            axis,
            step: 1,
        }];
        let output = self.add(Tensor {
            name: format!("{} ({what})", tensor.name),
            shape: strides.shape(),
            ..tensor
        });
        self.nodes.push(Node {
            name: self.graph.tensor(output).name.clone(),
            op: Op::Movement(Movement::Strides(strides)),
            inputs: vec![id],
            outputs: vec![output],
        });
        output
    }

    /// The same elements, given `by` elements later; those before the first hold `fill`.
    pub(super) fn delayed(
        &mut self,
        id: TensorId,
        frames: Frames,
        by: usize,
        fill: Option<Value>,
    ) -> (TensorId, Frames) {
        if by == 0 {
            return (id, frames);
        }
        let joined = self.behind(id, &frames, by as isize, fill);
        let elements = self.elements(&frames);
        let delayed = self.slice(joined, frames.axis, 0, elements, "delayed");
        let lag = frames.lag + by as isize;
        let frames = Frames {
            lag,
            past: frames.past.filter(|_| lag < 0),
            ..frames
        };
        self.flow(delayed, frames);
        (delayed, frames)
    }

    /// The same elements, from the first on, those included that are known without being given.
    pub(super) fn settled(&mut self, id: TensorId, frames: Frames) -> (TensorId, Frames) {
        let missing = usize::try_from(-frames.lag).unwrap_or(0);
        self.delayed(id, frames, missing, frames.past)
    }

    /// The same elements with `value` in place of what is given before the first.
    pub(super) fn gated(
        &mut self,
        id: TensorId,
        frames: Frames,
        value: Value,
    ) -> (TensorId, Frames) {
        if frames.lag <= 0 || frames.past == Some(value) {
            return (id, frames);
        }
        let (delayed, frames, runs) = self.whole_runs(id, frames);
        let tensor = self.graph.tensor(id).clone();
        let before = self.add(Tensor {
            name: format!("{} (before)", tensor.name),
            shape: vec![1],
            values: Some(match value {
                Value::F32(value) => Values::F32(vec![value]),
                Value::Integer(value) => Values::I64(vec![value]),
            }),
            ..tensor.clone()
        });
        let chosen = self.add(Tensor {
            name: format!("{} (ready)", tensor.name),
            ..tensor
        });
        self.once(runs, delayed, before, chosen);
        let frames = Frames {
            past: Some(value),
            ..frames
        };
        self.flow(chosen, frames);
        (chosen, frames)
    }

    /// The same elements, delayed so that what means nothing comes in whole runs, and how many these are.
    pub(super) fn whole_runs(&mut self, id: TensorId, frames: Frames) -> (TensorId, Frames, usize) {
        let elements = self.elements(&frames);
        let lag = frames.lag.max(0) as usize;
        let runs = lag.div_ceil(elements);
        let (delayed, frames) = self.delayed(id, frames, runs * elements - lag, None);
        (delayed, frames, runs)
    }

    /// A tensor once `runs` runs have been, before that a constant.
    pub(super) fn once(&mut self, runs: usize, id: TensorId, before: TensorId, output: TensorId) {
        let ready = self.ready(runs);
        self.nodes.push(Node {
            name: self.graph.tensor(output).name.clone(),
            op: Op::Select,
            inputs: vec![ready, id, before],
            outputs: vec![output],
        });
    }

    /// Whether `runs` runs have been: what was put in front of a queue of that length at the first.
    fn ready(&mut self, runs: usize) -> TensorId {
        if let Some(&known) = self.ready.get(&runs) {
            return known;
        }
        let name = format!("{runs} runs");
        let yes = Tensor {
            values: Some(Values::I64(vec![1])),
            ..Tensor::activation(name, ElementType::Bool, vec![1])
        };
        let id = self.add(yes.clone());
        let queue = self.kept(id, &yes, 0, runs, None);
        let ready = self.slice(queue, 0, 0, 1, "ready");
        self.ready.insert(runs, ready);
        ready
    }

    /// Adds a tensor that does not depend on frames, for all that is known.
    pub(super) fn add(&mut self, tensor: Tensor) -> TensorId {
        self.flows.push(super::flow::Flow::Fixed);
        self.graph.add_tensor(tensor)
    }

    /// The last `count` elements, for a step over the whole window.
    pub(super) fn last(&mut self, id: TensorId, frames: &Frames, count: usize) -> TensorId {
        let elements = self.elements(frames);
        match elements.checked_sub(count) {
            Some(0) => id,
            Some(start) => self.slice(id, frames.axis, start, count, "last"),
            None => self.behind(id, frames, (count - elements) as isize, None),
        }
    }
}
