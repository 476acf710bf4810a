use super::refuse::Stop;
use super::rewrite::Rewriter;
use crate::ir::Node;

impl Rewriter<'_> {
    /// A step along `axes`, of which time is none: each element of time by itself.
    pub(super) fn along(&mut self, node: &Node, axes: &[usize]) -> Result<(), Stop> {
        let Some(frames) = self.frames(node.inputs[0]) else {
            return Err(self.refused(node, "only a later operand has frames", "make it constant"));
        };
        if axes.contains(&frames.axis) {
            return Err(self.refused(
                node,
                "it goes along time, over all frames of the window",
                "use one that goes along the features of a frame",
            ));
        }
        let rank = self.whole.shape(node.inputs[0]).len();
        for &id in &node.inputs[1..] {
            if self.frames(id).is_some() {
                return Err(self.refused(node, "a later operand has frames", "make it constant"));
            }
            // Vectors lie along the step's own axis.
            if self.whole.shape(id).len() > 1 {
                self.check_same(node, id, frames.axis, rank)?;
            }
        }
        self.per_frame(node.clone(), frames);
        Ok(())
    }

    /// A step that leaves one element of each of `axes`; one of time is a step over the whole window.
    pub(super) fn reduce(&mut self, node: &Node, axes: &[usize]) -> Result<(), Stop> {
        match self.frames(node.inputs[0]) {
            Some(frames) if axes.contains(&frames.axis) => self.whole_window(node.clone()),
            _ => self.along(node, axes),
        }
    }

    /// A step that reads all frames of the window.
    pub(super) fn whole_window(&mut self, mut node: Node) -> Result<(), Stop> {
        let id = node.inputs[0];
        if let Some(frames) = self.frames(id) {
            self.check_flushed(&frames)?;
            let (settled, frames) = self.settled(id, frames);
            node.inputs[0] = self.last(settled, &frames, frames.extent);
            self.over_window(node, frames.span());
        }
        Ok(())
    }
}
