use super::flow::Frames;
use super::refuse::Stop;
use super::rewrite::Rewriter;
use crate::ir::Node;

impl Rewriter<'_> {
    /// The same elements in another shape: time stays an axis, or all of the window becomes one.
    pub(super) fn reshape(&mut self, node: &Node) -> Result<(), Stop> {
        let Some(frames) = self.frames(node.inputs[0]) else {
            return Ok(());
        };
        let from = self.whole.shape(node.inputs[0]);
        let to = self.whole.shape(node.output());
        if let Some(axis) = followed(from, frames.axis, to) {
            self.push(node.clone(), Frames { axis, ..frames });
            return Ok(());
        }
        let is_flat = to.iter().filter(|&&extent| extent != 1).count() <= 1;
        if is_flat || frames.extent == 1 {
            return self.whole_window(node.clone());
        }
        Err(self.refused(
            node,
            "it mixes time with another axis",
            "keep time an axis of its own, or flatten all of the window behind the last layer along time",
        ))
    }

    /// Time goes where its axis goes.
    pub(super) fn transpose(&mut self, node: &Node, perm: &[usize]) -> Result<(), Stop> {
        let Some(frames) = self.frames(node.inputs[0]) else {
            return Ok(());
        };
        let axis = perm.iter().position(|&from| from == frames.axis);
        let axis = axis.unwrap_or(frames.axis);
        self.push(node.clone(), Frames { axis, ..frames });
        Ok(())
    }
}

/// Where an axis of the shape `from` is in the shape `to` of the same elements.
fn followed(from: &[usize], axis: usize, to: &[usize]) -> Option<usize> {
    let before = |shape: &[usize], axis: usize| shape[..axis].iter().product::<usize>();
    let is_same = |&other: &usize| {
        to.get(other) == Some(&from[axis]) && before(to, other) == before(from, axis)
    };
    // Of several with one element, the same is the nearest.
    std::iter::once(axis).chain(0..to.len()).find(is_same)
}

#[cfg(test)]
mod tests {
    use super::followed;

    #[test]
    fn time_is_followed_where_it_stays_an_axis() {
        assert_eq!(followed(&[1, 49, 10], 1, &[1, 1, 49, 10]), Some(2));
        assert_eq!(followed(&[1, 49, 10, 64], 1, &[49, 640]), Some(0));
        assert_eq!(followed(&[1, 64, 1, 49], 3, &[1, 64, 49]), Some(2));
        assert_eq!(followed(&[1, 64, 1], 2, &[1, 64, 1]), Some(2));
        assert_eq!(followed(&[1, 49, 10], 1, &[1, 490]), None);
        assert_eq!(followed(&[1, 10, 49], 2, &[1, 49, 10]), None);
        assert_eq!(followed(&[1, 48, 10], 1, &[1, 12, 40]), None);
    }
}
