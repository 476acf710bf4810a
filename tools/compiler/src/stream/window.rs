use super::flow::{Reach, Value};
use super::refuse::Stop;
use super::rewrite::Rewriter;
use crate::ir::{Node, Op, TensorId, Window};

impl Rewriter<'_> {
    /// A convolution, whose windows read past elements from a state.
    pub(super) fn conv(&mut self, node: &Node) -> Result<(), Stop> {
        let Op::Conv {
            window, transposed, ..
        } = &node.op
        else {
            return Ok(());
        };
        let id = node.inputs[0];
        let Some((axis, place)) = self.place(node, id)? else {
            return self.along(node, &[]);
        };
        let is_point = (window.kernel[place], window.strides[place]) == (1, 1);
        if *transposed && !is_point {
            return Err(self.refused(
                node,
                "it makes several elements of time of one",
                "keep the number of elements along time, or reduce it",
            ));
        }
        let zero = Value::zero(self.graph.tensor(id));
        self.windows(node, *window, place, axis, Some(zero))
    }

    /// A pooling; one over all of time is one over the whole window.
    pub(super) fn pool(&mut self, node: &Node) -> Result<(), Stop> {
        let (Op::MaxPool { window, .. }
        | Op::AveragePool { window, .. }
        | Op::LpPool { window, .. }) = &node.op
        else {
            return Ok(());
        };
        let id = node.inputs[0];
        let Some((axis, place)) = self.place(node, id)? else {
            return self.along(node, &[]);
        };
        if window.span(place) == self.whole.shape(id)[axis] && window.pads_begin[place] == 0 {
            return self.whole_window(node.clone());
        }
        if node.outputs.len() > 1 {
            return Err(self.refused(
                node,
                "it says the places of maxima in the whole window",
                "do without the places",
            ));
        }
        self.windows(node, *window, place, axis, None)
    }

    /// The axis of time of a node's input, and its place in the window; `None` where it is the batch's.
    fn place(&self, node: &Node, id: TensorId) -> Result<Option<(usize, usize)>, Stop> {
        let rank = self.whole.shape(id).len();
        match self.frames(id).map(|frames| frames.axis) {
            Some(0) => Ok(None),
            Some(axis @ 2..) => Ok(Some((axis, axis + 3 - rank))),
            _ => Err(self.refused(
                node,
                "time is the axis of its channels",
                "transpose the input, so that time is a spatial axis",
            )),
        }
    }

    /// Windows along time; `padding` is what their padding holds, where they may have some.
    fn windows(
        &mut self,
        node: &Node,
        mut window: Window,
        place: usize,
        axis: usize,
        padding: Option<Value>,
    ) -> Result<(), Stop> {
        let mut node = node.clone();
        let mut id = node.inputs[0];
        let Some(mut frames) = self.frames(id) else {
            return Ok(());
        };
        let before = window.pads_begin[place];
        if before >= window.span(place) {
            return Err(self.refused(
                &node,
                "its first window lies in the padding",
                "pad by less than the window's length",
            ));
        }
        if before > 0 {
            let Some(padding) = padding else {
                return Err(self.refused(
                    &node,
                    "it pads along time, where a pooling knows no padding but at the start of the window",
                    "pad with a node of its own in front of the first frame, or not at all",
                ));
            };
            if frames.lag < 0 && frames.past != Some(padding) {
                (id, frames) = self.settled(id, frames);
            }
            (id, frames) = self.gated(id, frames, padding);
        }
        let reach = Reach {
            span: window.span(place),
            stride: window.strides[place],
            before: before as isize,
            outputs: self.whole.shape(node.output())[axis],
        };
        let (mut through, mut past) = frames.through(&reach, self.current);
        self.check_hop(&through)?;
        if through.lag < 0 {
            // Windows over nothing but padding have to be given too.
            let by = through.lag.unsigned_abs() * reach.stride;
            (id, frames) = self.delayed(id, frames, by, frames.past);
            (through, past) = frames.through(&reach, self.current);
        }
        let fill = match before {
            0 => frames.past.filter(|_| frames.lag < 0),
            _ => padding,
        };
        node.inputs[0] = self.behind(id, &frames, past, fill);
        (window.pads_begin[place], window.pads_end[place]) = (0, 0);
        match &mut node.op {
            Op::Conv { window: own, .. }
            | Op::MaxPool { window: own, .. }
            | Op::LpPool { window: own, .. } => *own = window,
            Op::AveragePool {
                window: own,
                counted_padding,
            } => {
                *own = window;
                if let Some(padding) = counted_padding {
                    padding[place] = 0;
                }
            }
            _ => {}
        }
        self.push(node, through);
        Ok(())
    }
}
