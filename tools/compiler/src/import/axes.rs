use super::node::Refusal;

/// An axis that may be counted from the end.
pub(super) fn axis(axis: i64, rank: usize) -> Result<usize, Refusal> {
    let from_start = if axis < 0 { axis + rank as i64 } else { axis };
    let valid = usize::try_from(from_start).ok().filter(|&axis| axis < rank);
    valid.ok_or_else(|| {
        Refusal::new(
            format!("axis {axis} of {rank} dimensions"),
            "the model is malformed; check it with onnx.checker",
        )
    })
}

/// Axes that may be counted from the end, in the order given.
pub(super) fn in_order(axes: &[i64], rank: usize) -> Result<Vec<usize>, Refusal> {
    axes.iter().map(|&value| axis(value, rank)).collect()
}

/// Axes that may be counted from the end, in ascending order.
pub(super) fn axes(axes: &[i64], rank: usize) -> Result<Vec<usize>, Refusal> {
    let mut axes = in_order(axes, rank)?;
    axes.sort_unstable();
    axes.dedup();
    Ok(axes)
}
