use cadet_kernels::pad::Mode;

use super::flow::{Flushed, Frames, Reach, Value};
use super::refuse::Stop;
use super::rewrite::Rewriter;
use crate::ir::{Digit, Movement, Node, Op, Strides, TensorId, Values};

impl Rewriter<'_> {
    /// Elements taken in steps: along time they may start later and leave some out.
    pub(super) fn strides(&mut self, node: &Node, strides: &Strides) -> Result<(), Stop> {
        let id = node.inputs[0];
        let Some(frames) = self.frames(id) else {
            return Ok(());
        };
        let digits = strides.digits.iter().enumerate();
        let of_time: Vec<(usize, &Digit)> = digits
            .flat_map(|(axis, digits)| digits.iter().map(move |digit| (axis, digit)))
            .filter(|(_, digit)| digit.axis == frames.axis && digit.extent > 1)
            .collect();
        let (axis, digit) = match of_time[..] {
            [] => return self.one_of_window(node, strides, frames),
            [(axis, digit)] if digit.step > 0 => (axis, *digit),
            _ => {
                return Err(self.refused(
                    node,
                    "it takes frames backwards, or more than once",
                    "leave the frames in their order",
                ));
            }
        };
        if strides.digits[axis]
            .iter()
            .any(|it| it.extent > 1 && *it != digit)
        {
            return Err(self.refused(
                node,
                "it mixes time with another axis",
                "keep time an axis of its own",
            ));
        }
        let reach = Reach {
            span: 1,
            stride: digit.step.unsigned_abs(),
            before: -(strides.start[frames.axis] as isize),
            outputs: digit.extent,
        };
        // Where none are left out, nothing moves: the elements only get other numbers.
        let (through, past) = frames.through(&reach, self.current);
        self.check_hop(&through)?;
        let known = through.lag < 0 || reach.before == 0;
        let through = Frames {
            axis,
            past: frames.past.filter(|_| known),
            ..through
        };
        let mut strides = strides.clone();
        strides.start[frames.axis] = 0;
        for it in strides.digits[axis].iter_mut().filter(|it| **it == digit) {
            it.extent = self.elements(&through);
        }
        let input = self.behind(id, &frames, past, frames.past);
        let is_identity = strides == Strides::identity(self.graph.shape(input));
        let node = Node {
            op: match is_identity {
                true => Op::Reshape,
                false => Op::Movement(Movement::Strides(strides)),
            },
            inputs: vec![input],
            ..node.clone()
        };
        self.push(node, through);
        Ok(())
    }

    /// A single element of time, such as the last: one over the whole window, of which those before it are not kept.
    fn one_of_window(
        &mut self,
        node: &Node,
        strides: &Strides,
        frames: Frames,
    ) -> Result<(), Stop> {
        self.check_flushed(&frames)?;
        let (id, frames) = self.settled(node.inputs[0], frames);
        let start = strides.start[frames.axis];
        let input = self.last(id, &frames, frames.extent - start);
        let mut strides = strides.clone();
        strides.start[frames.axis] = 0;
        let node = Node {
            op: Op::Movement(Movement::Strides(strides)),
            inputs: vec![input],
            ..node.clone()
        };
        self.over_window(node, frames.span());
        Ok(())
    }

    /// Along other axes, frame on frame; along time, a constant in front is padding.
    pub(super) fn concat(&mut self, node: &Node, axis: usize) -> Result<(), Stop> {
        let is_time = |rewriter: &Self, id: TensorId| {
            rewriter
                .frames(id)
                .is_some_and(|frames| frames.axis == axis)
        };
        if !node.inputs.iter().any(|&id| is_time(self, id)) {
            return self.elementwise(node);
        }
        let (&[front, id], Some(value)) = (&node.inputs[..], self.constant(node.inputs[0])) else {
            return Err(self.refused(
                node,
                "it joins tensors one behind the other along time",
                "leave joining windows to the caller",
            ));
        };
        let count = self.whole.shape(front)[axis];
        self.padded(node, id, value, [count as isize, 0])
    }

    /// Padding in front of the first frame, or frames left out at either end.
    pub(super) fn pad(&mut self, node: &Node, mode: Mode, begin: &[isize]) -> Result<(), Stop> {
        let id = node.inputs[0];
        let Some(frames) = self.frames(id) else {
            return Err(self.refused(node, "its value has frames", "make it constant"));
        };
        let from = self.whole.shape(id).to_vec();
        let to = self.whole.shape(node.output()).to_vec();
        let front = begin[frames.axis];
        let behind = to[frames.axis] as isize - from[frames.axis] as isize - front;
        let value = match (mode, node.inputs.get(1)) {
            (Mode::Constant, Some(&value)) => self.constant(value),
            _ => None,
        };
        let Some(value) = value.filter(|_| mode == Mode::Constant).or_else(|| {
            let is_other_axis = front == 0 && behind == 0;
            is_other_axis.then(|| Value::zero(self.graph.tensor(id)))
        }) else {
            return Err(self.refused(
                node,
                "it pads along time with frames of the window",
                "pad with a constant",
            ));
        };
        let others = (0..from.len()).filter(|&axis| axis != frames.axis);
        let is_along_time = others
            .into_iter()
            .all(|axis| begin[axis] == 0 && from[axis] == to[axis]);
        if is_along_time {
            return self.padded(node, id, value, [front, behind]);
        }
        // Along the other axes, each frame by itself, in front of what is done along time.
        let mut own = node.clone();
        let mut begin = begin.to_vec();
        begin[frames.axis] = 0;
        own.op = Op::Movement(Movement::Pad { mode, begin });
        if (front, behind) == (0, 0) {
            self.per_frame(own, frames);
            return Ok(());
        }
        let mut tensor = self.graph.tensor(node.output()).clone();
        tensor.name = format!("{} (along features)", tensor.name);
        let output = self.add(tensor);
        own.outputs = vec![output];
        self.per_frame(own, frames);
        self.padded(node, output, value, [front, behind])
    }

    /// Elements that get other numbers: `front` are known before the first, `behind` padded behind the last.
    fn padded(
        &mut self,
        node: &Node,
        mut id: TensorId,
        value: Value,
        [front, behind]: [isize; 2],
    ) -> Result<(), Stop> {
        let Some(mut frames) = self.frames(id) else {
            return Ok(());
        };
        if front > 0 {
            if frames.lag < 0 && frames.past != Some(value) {
                (id, frames) = self.settled(id, frames);
            }
            (id, frames) = self.gated(id, frames, value);
        }
        let flushed = frames.flushed.elements as isize + behind;
        let lag = frames.lag - front;
        let frames = Frames {
            extent: (frames.extent as isize + front + behind).max(0) as usize,
            lag,
            past: match front {
                1.. => Some(value),
                0 => frames.past,
                _ => frames.past.filter(|_| lag < 0),
            },
            flushed: Flushed {
                elements: flushed.max(0) as usize,
                node: match frames.flushed.elements {
                    0 => self.current,
                    _ => frames.flushed.node,
                },
            },
            ..frames
        };
        let node = Node {
            op: Op::Reshape,
            inputs: vec![id],
            ..node.clone()
        };
        self.push(node, frames);
        Ok(())
    }

    /// Rows of a table, or places along an axis that is not time.
    pub(super) fn gather(&mut self, node: &Node, axis: usize) -> Result<(), Stop> {
        let (data, list) = (node.inputs[0], node.inputs[1]);
        let (id, of_time) = match (self.frames(data), self.frames(list)) {
            (Some(frames), None) if frames.axis != axis => (data, frames.axis),
            (None, Some(_)) => (list, axis),
            _ => {
                return Err(self.refused(
                    node,
                    "it takes frames by number",
                    "slice the frames, or leave them in their order",
                ));
            }
        };
        let Some(frames) = self.frames(id) else {
            return Ok(());
        };
        let (input, frames) = self.settled(id, frames);
        let mut node = node.clone();
        for operand in node.inputs.iter_mut().filter(|operand| **operand == id) {
            *operand = input;
        }
        let frames = Frames {
            axis: of_time,
            past: None,
            ..frames
        };
        self.push(node, frames);
        Ok(())
    }

    /// The value of a constant whose elements are all the same.
    fn constant(&self, id: TensorId) -> Option<Value> {
        match self.whole.tensor(id).values.as_ref()? {
            Values::F32(values) => {
                let (&first, rest) = values.split_first()?;
                let is_same = rest.iter().all(|value| value.to_bits() == first.to_bits());
                is_same.then_some(Value::F32(first))
            }
            Values::I64(values) => {
                let (&first, rest) = values.split_first()?;
                rest.iter()
                    .all(|&value| value == first)
                    .then_some(Value::Integer(first))
            }
        }
    }
}
