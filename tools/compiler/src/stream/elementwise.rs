use super::flow::Frames;
use super::refuse::Stop;
use super::rewrite::Rewriter;
use crate::ir::Node;

impl Rewriter<'_> {
    /// Element on element.
    pub(super) fn elementwise(&mut self, node: &Node) -> Result<(), Stop> {
        let mut node = node.clone();
        let frames = self.aligned(&mut node)?;
        self.push(node, frames);
        Ok(())
    }

    /// Makes the operands of a node that broadcast give the same elements in a run: what comes early is delayed.
    pub(super) fn aligned(&mut self, node: &mut Node) -> Result<Frames, Stop> {
        let rank = self.whole.shape(node.output()).len();
        let mut joint: Option<Frames> = None;
        for &id in &node.inputs {
            let Some(frames) = self.frames(id) else {
                continue;
            };
            let moved = Frames {
                axis: frames.axis + rank - self.whole.shape(id).len(),
                lag: frames.lag.max(0),
                ..frames
            };
            joint = match joint {
                None => Some(moved),
                Some(joint)
                    if [joint.axis, joint.stride, joint.extent]
                        == [moved.axis, moved.stride, moved.extent] =>
                {
                    let flushed = match joint.flushed.elements < moved.flushed.elements {
                        true => moved.flushed,
                        false => joint.flushed,
                    };
                    Some(Frames {
                        lag: joint.lag.max(moved.lag),
                        flushed,
                        ..joint
                    })
                }
                Some(_) => {
                    return Err(self.refused(
                        node,
                        "its operands run along different axes of time, or at different strides",
                        "bring them to one stride before they meet",
                    ));
                }
            };
        }
        let Some(joint) = joint else {
            return Err(self.refused(node, "it reads no frames", "report this model"));
        };
        for index in 0..node.inputs.len() {
            let id = node.inputs[index];
            match self.frames(id) {
                Some(frames) => {
                    let by = (joint.lag - frames.lag).unsigned_abs();
                    node.inputs[index] = self.delayed(id, frames, by, frames.past).0;
                }
                None => self.check_same(node, id, joint.axis, rank)?,
            }
        }
        Ok(Frames {
            past: None,
            ..joint
        })
    }

    /// Refuses an operand that does not depend on the frames but differs from one to the other. `axis` is that of time
    /// in a result of `rank` dimensions.
    pub(super) fn check_same(
        &self,
        node: &Node,
        id: crate::ir::TensorId,
        axis: usize,
        rank: usize,
    ) -> Result<(), Stop> {
        let shape = self.whole.shape(id);
        let extent = (axis + shape.len())
            .checked_sub(rank)
            .map(|axis| shape[axis]);
        if extent.is_none_or(|extent| extent == 1) {
            return Ok(());
        }
        Err(self.refused(
            node,
            "an operand has a value of its own for each frame of the window",
            "use the same value for all frames",
        ))
    }
}
