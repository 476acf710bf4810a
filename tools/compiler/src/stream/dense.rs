use super::flow::Frames;
use super::refuse::Stop;
use super::rewrite::Rewriter;
use crate::ir::Node;

impl Rewriter<'_> {
    /// A layer over the last axis; over time it is one over the whole window.
    pub(super) fn fully_connected(&mut self, node: &Node) -> Result<(), Stop> {
        let Some(frames) = self.frames(node.inputs[0]) else {
            return Err(self.refused(node, "its weights have frames", "make them constant"));
        };
        let rank = self.whole.shape(node.inputs[0]).len();
        // One row may be read in any order, several only in ONNX's; sums of floats depend on it.
        let rows = |shape: &[usize]| shape[..rank - 1].iter().product::<usize>();
        let whole_rows = rows(self.whole.shape(node.inputs[0]));
        let is_one_of_many = whole_rows == 1 && self.elements(&frames) > 1;
        if frames.axis == rank - 1 || is_one_of_many {
            return self.whole_window(node.clone());
        }
        if whole_rows > 1 {
            self.graph.in_order.push(node.output());
        }
        self.per_frame(node.clone(), frames);
        Ok(())
    }

    /// A product of matrices, of which each row, column or matrix comes of one element of time.
    pub(super) fn mat_mul(&mut self, node: &Node, transposed: [bool; 2]) -> Result<(), Stop> {
        let rank = self.whole.shape(node.output()).len();
        let sides = [0, 1].map(|side: usize| {
            let id = node.inputs[side];
            let (frames, own) = (self.frames(id)?, self.whole.shape(id).len());
            // The place of time: in front of the matrix, its rows or its columns.
            Some((frames.axis, own, frames.axis + 2 >= own))
        });
        let refusal = |rewriter: &Self| {
            rewriter.refused(
                node,
                "it multiplies frames with frames of the window: attention over time",
                "use recurrent or convolutional layers along time",
            )
        };
        let axis = match sides {
            [Some((axis, own, true)), None] if (axis + 2 == own) != transposed[0] => Some(rank - 2),
            [None, Some((axis, own, true))] if (axis + 1 == own) != transposed[1] => Some(rank - 1),
            _ => None,
        };
        let mut node = node.clone();
        if let Some(axis) = axis {
            let side = usize::from(sides[0].is_none());
            let id = node.inputs[side];
            let Some(frames) = self.frames(id) else {
                return Err(refusal(self));
            };
            let (input, frames) = self.settled(id, frames);
            node.inputs[side] = input;
            let frames = Frames {
                axis,
                past: None,
                ..frames
            };
            self.push(node, frames);
            return Ok(());
        }
        if sides.into_iter().flatten().any(|(.., in_matrix)| in_matrix) {
            return Err(refusal(self));
        }
        let frames = self.aligned(&mut node)?;
        self.push(node, frames);
        Ok(())
    }
}
