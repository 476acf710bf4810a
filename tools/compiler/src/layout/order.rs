use crate::options::IoLayout;

/// How a tensor's elements lie in memory: the elements in ONNX order are split into `extents`, and
/// memory holds those dimensions in the order `order`, outermost first.
///
/// A reshape changes a tensor's shape but not its layout, so `extents` may differ from the shape;
/// only their product is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    extents: Vec<usize>,
    order: Vec<usize>,
}

impl Layout {
    /// Elements in ONNX order split into `extents`, which memory holds in the order `order`.
    ///
    /// # Panics
    /// Where `order` is not a permutation of the extents' indices.
    pub(crate) fn new(extents: Vec<usize>, order: Vec<usize>) -> Layout {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(
            sorted.into_iter().eq(0..extents.len()),
            "{order:?} is no permutation"
        );
        Layout { extents, order }
    }

    /// The extents into which the elements in ONNX order are split.
    pub(crate) fn extents(&self) -> &[usize] {
        &self.extents
    }

    /// The order of the extents in memory, outermost first.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    /// ONNX's own order.
    pub(crate) fn plain(shape: &[usize]) -> Layout {
        Layout {
            extents: shape.to_vec(),
            order: (0..shape.len()).collect(),
        }
    }

    /// `[n, c, ..]` with `c` innermost: NHWC for four dimensions.
    pub(crate) fn channels_last(shape: &[usize]) -> Layout {
        if shape.len() < 3 {
            return Layout::plain(shape);
        }
        Layout::axis_last(shape, 1)
    }

    /// The layout of an input or output.
    pub(crate) fn of_port(shape: &[usize], io: IoLayout) -> Layout {
        match io {
            IoLayout::Onnx => Layout::plain(shape),
            IoLayout::ChannelsLast => Layout::channels_last(shape),
        }
    }

    /// ONNX's order but for one axis, which is innermost.
    pub(crate) fn axis_last(shape: &[usize], axis: usize) -> Layout {
        let mut order: Vec<usize> = (0..shape.len()).filter(|&other| other != axis).collect();
        order.push(axis);
        Layout {
            extents: shape.to_vec(),
            order,
        }
    }

    /// The layout of `Transpose(perm)` of a tensor of this layout where no byte moves; `shape` is
    /// the input's. `None` where the layout does not follow `shape`.
    pub(crate) fn transposed(&self, shape: &[usize], perm: &[usize]) -> Option<Layout> {
        let order = self.order_over(shape)?;
        let axis_of = |input: usize| perm.iter().position(|&from| from == input);
        Some(Layout {
            extents: perm.iter().map(|&from| shape[from]).collect(),
            order: order.into_iter().map(axis_of).collect::<Option<_>>()?,
        })
    }

    /// Whether both mean the same order of elements in memory.
    pub(crate) fn is_same_order(&self, other: &Layout) -> bool {
        self.normalised() == other.normalised()
    }

    /// Whether memory holds the elements in ONNX order.
    pub(crate) fn is_plain(&self) -> bool {
        self.normalised().order.len() < 2
    }

    /// The extents in memory order, outermost first.
    pub(crate) fn memory_extents(&self) -> Vec<usize> {
        self.order.iter().map(|&axis| self.extents[axis]).collect()
    }

    /// The permutation that rewrites memory of this layout into `to`: dimension `i` of the result is
    /// dimension `perm[i]` of [`memory_extents`](Self::memory_extents). `None` where `to` splits the
    /// elements into other extents.
    pub(crate) fn permutation_to(&self, to: &Layout) -> Option<Vec<usize>> {
        let order = to.order_over(&self.extents)?;
        let position = |axis: usize| self.order.iter().position(|&other| other == axis);
        order.into_iter().map(position).collect()
    }

    /// For each element in memory order, its index in ONNX order.
    pub(crate) fn onnx_indices(&self) -> Vec<usize> {
        let mut strides = vec![1; self.extents.len()];
        for axis in (1..self.extents.len()).rev() {
            strides[axis - 1] = strides[axis] * self.extents[axis];
        }
        let mut indices = vec![0];
        for &axis in &self.order {
            let extent = self.extents[axis];
            indices = indices
                .into_iter()
                .flat_map(|base| (0..extent).map(move |i| (base, i)))
                .map(|(base, i)| base + i * strides[axis])
                .collect();
        }
        indices
    }

    /// The memory order of the dimensions of `shape`, where this layout can be said in them.
    pub(crate) fn order_over(&self, shape: &[usize]) -> Option<Vec<usize>> {
        if self.extents == shape {
            return Some(self.order.clone());
        }
        // Walks memory outwards in: each normalised dimension must be a run of dimensions of `shape`.
        let layout = self.normalised();
        let mut runs = Vec::with_capacity(layout.extents.len());
        let mut axis = 0;
        for &extent in &layout.extents {
            let first = axis;
            let mut product = 1;
            while product < extent && axis < shape.len() {
                product *= shape[axis];
                axis += 1;
            }
            if product != extent {
                return None;
            }
            runs.push(first..axis);
        }
        let mut order: Vec<usize> = layout
            .order
            .iter()
            .flat_map(|&run| runs[run].clone())
            .collect();
        // Dimensions of one element after the last run may stand anywhere.
        let rest = (axis..shape.len()).filter(|&axis| shape[axis] == 1);
        order.splice(0..0, rest);
        (order.len() == shape.len()).then_some(order)
    }

    /// The same order without dimensions of one element and with neighbours that stay neighbours
    /// joined; two layouts are the same order exactly where these are equal.
    fn normalised(&self) -> Layout {
        let kept: Vec<usize> = self
            .order
            .iter()
            .copied()
            .filter(|&axis| self.extents[axis] != 1)
            .collect();
        let mut axes: Vec<usize> = kept.clone();
        axes.sort_unstable();
        // A group starts at each axis whose predecessor in ONNX order does not precede it in memory.
        let precedes = |axis: usize| {
            let rank = axes.iter().position(|&other| other == axis);
            let before = rank
                .and_then(|rank| rank.checked_sub(1))
                .map(|rank| axes[rank]);
            let place = kept.iter().position(|&other| other == axis);
            let left = place
                .and_then(|place| place.checked_sub(1))
                .map(|place| kept[place]);
            before.is_some() && before == left
        };
        let mut extents: Vec<usize> = Vec::new();
        let mut group_of = vec![0; self.extents.len()];
        for &axis in &axes {
            if precedes(axis) {
                let last = extents.len() - 1;
                extents[last] *= self.extents[axis];
            } else {
                extents.push(self.extents[axis]);
            }
            group_of[axis] = extents.len() - 1;
        }
        let starts = kept.iter().filter(|&&axis| !precedes(axis));
        Layout {
            extents,
            order: starts.map(|&axis| group_of[axis]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_channel_or_one_pixel_makes_both_orders_one() {
        for shape in [[1, 1, 49, 10], [1, 64, 1, 1]] {
            assert!(Layout::channels_last(&shape).is_plain());
        }
        let shape = [1, 3, 4, 5];
        assert!(!Layout::channels_last(&shape).is_plain());
        assert_eq!(Layout::channels_last(&shape).memory_extents(), [1, 4, 5, 3]);
    }

    #[test]
    fn transposing_nhwc_to_nchw_moves_nothing() {
        let nhwc = [1, 4, 5, 3];
        let layout = Layout::plain(&nhwc).transposed(&nhwc, &[0, 3, 1, 2]);
        let wanted = Layout::channels_last(&[1, 3, 4, 5]);
        assert!(layout.is_some_and(|layout| layout.is_same_order(&wanted)));
    }

    #[test]
    fn flattening_keeps_the_order_and_can_be_said_in_the_finer_shape() {
        let layout = Layout::channels_last(&[1, 2, 3, 4]);
        assert_eq!(layout.onnx_indices()[..4], [0, 12, 1, 13]);
        let order = layout.order_over(&[2, 3, 2, 2, 1]);
        assert_eq!(order, Some(vec![4, 1, 2, 3, 0]));
        assert_eq!(layout.order_over(&[4, 6]), None);
    }

    fn layout() -> impl Strategy<Value = Layout> {
        prop::collection::vec(1_usize..5, 1..6).prop_flat_map(|extents| {
            let order: Vec<usize> = (0..extents.len()).collect();
            Just(order).prop_shuffle().prop_map(move |order| Layout {
                extents: extents.clone(),
                order,
            })
        })
    }

    proptest! {
        #[test]
        fn normalising_keeps_the_order(layout in layout()) {
            prop_assert_eq!(layout.normalised().onnx_indices(), layout.onnx_indices());
            let same = layout.onnx_indices().windows(2).all(|pair| pair[0] < pair[1]);
            prop_assert_eq!(layout.is_plain(), same);
        }

        #[test]
        fn a_permutation_leads_from_one_layout_to_another(
            from in layout(),
            seed in any::<prop::sample::Index>(),
        ) {
            let axis = seed.index(from.extents.len());
            let to = Layout::axis_last(&from.extents, axis);
            let perm = from.permutation_to(&to);
            prop_assert!(perm.is_some());
            let memory = Layout { extents: from.memory_extents(), order: perm.unwrap_or_default() };
            let source = from.onnx_indices();
            let moved: Vec<usize> = memory.onnx_indices().iter().map(|&i| source[i]).collect();
            prop_assert_eq!(moved, to.onnx_indices());
        }
    }
}
