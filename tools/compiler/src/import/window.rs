use super::node::{OnnxNode, Refusal};
use crate::ir::Window;

/// Attributes that [`window`] reads.
pub(super) const WINDOW_ATTRIBUTES: [&str; 5] =
    ["kernel_shape", "strides", "dilations", "pads", "auto_pad"];

/// The sliding window of a node over an input with the spatial extents `input` (one to three), with
/// `auto_pad` resolved as ONNX Conv-11 defines it.
pub(super) fn window(
    node: &OnnxNode<'_>,
    input: &[usize],
    kernel: &[usize],
) -> Result<Window, Refusal> {
    let rank = input.len();
    let mut window = unpadded(node, rank, kernel)?;
    match node.string("auto_pad") {
        "" | "NOTSET" => [window.pads_begin, window.pads_end] = pads(node, rank)?,
        "VALID" => {}
        same => {
            for (axis, input) in spatial(input, 1).into_iter().enumerate() {
                let stride = window.strides[axis];
                let outputs = input.div_ceil(stride).max(1);
                let total = ((outputs - 1) * stride + window.span(axis)).saturating_sub(input);
                (window.pads_begin[axis], window.pads_end[axis]) = split(total, same)?;
            }
        }
    }
    Ok(window)
}

/// The window of a node without its padding.
pub(super) fn unpadded(
    node: &OnnxNode<'_>,
    rank: usize,
    kernel: &[usize],
) -> Result<Window, Refusal> {
    if !(1..=3).contains(&rank) || kernel.len() != rank {
        return Err(Refusal::new(
            format!(
                "{rank} spatial dimensions under a kernel of {}",
                kernel.len()
            ),
            "use a window over one to three dimensions",
        ));
    }
    if kernel.contains(&0) {
        return Err(malformed("kernel_shape", kernel.len()));
    }
    Ok(Window {
        kernel: spatial(kernel, 1),
        strides: spatial(&positive(node, "strides", rank)?, 1),
        dilations: spatial(&positive(node, "dilations", rank)?, 1),
        ..Window::POINT
    })
}

/// Attribute `pads`: before and behind each axis.
pub(super) fn pads(node: &OnnxNode<'_>, rank: usize) -> Result<[[usize; 3]; 2], Refusal> {
    let pads = node.ints("pads").unwrap_or(&[]);
    if pads.is_empty() {
        return Ok([[0; 3]; 2]);
    }
    if pads.len() != 2 * rank {
        return Err(malformed("pads", 2 * rank));
    }
    let pads = sizes(pads)
        .ok_or_else(|| Refusal::new("negative padding", "crop the input with a Slice instead"))?;
    let (begin, end) = pads.split_at(rank);
    Ok([spatial(begin, 0), spatial(end, 0)])
}

/// Padding before and behind an axis from their sum, by the rule of `auto_pad`.
pub(super) fn split(total: usize, auto_pad: &str) -> Result<(usize, usize), Refusal> {
    let small = total / 2;
    match auto_pad {
        "SAME_UPPER" => Ok((small, total - small)),
        "SAME_LOWER" => Ok((total - small, small)),
        other => Err(Refusal::new(
            format!("auto_pad `{other}` is unknown"),
            "write the padding into `pads`",
        )),
    }
}

/// Spatial extents as depth, height and width, of which the first may be missing.
pub(super) fn spatial(extents: &[usize], missing: usize) -> [usize; 3] {
    match *extents {
        [width] => [missing, missing, width],
        [height, width] => [missing, height, width],
        [depth, height, width] => [depth, height, width],
        _ => unreachable!("callers pass one to three extents"),
    }
}

/// The shape `[n, c, ..]` of as many dimensions as `like`, with these spatial extents.
pub(super) fn with_spatial(like: &[usize], channels: usize, extents: [usize; 3]) -> Vec<usize> {
    let missing = 5 - like.len();
    [&[like[0], channels], &extents[missing..]].concat()
}

/// A list of sizes that an attribute must hold.
pub(super) fn sizes(values: &[i64]) -> Option<Vec<usize>> {
    values.iter().map(|&value| size(value)).collect()
}

/// A size that is not negative, and small enough to calculate with.
fn size(value: i64) -> Option<usize> {
    usize::try_from(value).ok().filter(|&size| size < 1 << 24)
}

fn positive(node: &OnnxNode<'_>, name: &'static str, rank: usize) -> Result<Vec<usize>, Refusal> {
    let values = list(node, name, rank)?.unwrap_or(vec![1; rank]);
    if values.contains(&0) {
        return Err(malformed(name, rank));
    }
    Ok(values)
}

/// An attribute of one size an axis, where it is given.
pub(super) fn list(
    node: &OnnxNode<'_>,
    name: &'static str,
    rank: usize,
) -> Result<Option<Vec<usize>>, Refusal> {
    let Some(values) = node.ints(name).filter(|values| !values.is_empty()) else {
        return Ok(None);
    };
    let values = sizes(values).filter(|values| values.len() == rank);
    values.map(Some).ok_or_else(|| malformed(name, rank))
}

fn malformed(name: &str, count: usize) -> Refusal {
    Refusal::new(
        format!("attribute `{name}` must hold {count} valid numbers"),
        "the model is malformed; check it with onnx.checker",
    )
}
