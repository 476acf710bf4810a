use super::{Dequantize, Quantize};
use crate::requantize::round_to_i32;
use crate::{Integer, Source, load, store};

fn zero_point<Q: Copy + Default + Into<i32>>(
    zero_points: Option<Source<'_, Q>>,
    index: usize,
) -> i32 {
    zero_points.map_or(0, |z| z.get(index).into())
}

pub(super) fn quantize<Q: Integer>(op: &Quantize<'_, Q>) {
    op.grid.for_each(|element, scale| {
        let steps = round_to_i32(load(op.input, element) / op.scales.get(scale));
        let value = Q::saturate(steps + zero_point(op.zero_points, scale));
        store(op.output, element, value);
    });
}

pub(super) fn dequantize<Q: Copy + Default + Into<i32>>(op: &Dequantize<'_, Q>) {
    op.grid.for_each(|element, scale| {
        let x: i32 = op.input.get(element).into();
        let steps = x.wrapping_sub(zero_point(op.zero_points, scale));
        store(op.output, element, steps as f32 * op.scales.get(scale));
    });
}
