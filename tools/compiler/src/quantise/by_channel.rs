/// The values of a tensor in ONNX order, each behind its channel, which is its index along `axis`.
pub(super) fn by_channel(
    values: &[f32],
    shape: &[usize],
    axis: usize,
) -> impl Iterator<Item = (usize, f32)> {
    let (channels, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
    let values = values.iter().enumerate();
    values.map(move |(index, &value)| (index / inner % channels, value))
}
