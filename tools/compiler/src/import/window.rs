use super::node::{OnnxNode, Refusal};
use crate::ir::Window;

/// Attributes that [`window`] reads.
pub(super) const WINDOW_ATTRIBUTES: [&str; 5] =
    ["kernel_shape", "strides", "dilations", "pads", "auto_pad"];

/// The sliding window of a node over an input with the spatial extents `input` (one or two), with
/// `auto_pad` resolved as ONNX Conv-11 defines it.
pub(super) fn window(
    node: &OnnxNode<'_>,
    input: &[usize],
    kernel: &[usize],
) -> Result<Window, Refusal> {
    let rank = input.len();
    if !(1..=2).contains(&rank) || kernel.len() != rank {
        return Err(Refusal::new(
            format!(
                "{rank} spatial dimensions under a kernel of {}",
                kernel.len()
            ),
            "use a one- or two-dimensional window",
        ));
    }
    let strides = positive(node, "strides", rank)?;
    let dilations = positive(node, "dilations", rank)?;
    if kernel.contains(&0) {
        return Err(malformed("kernel_shape", kernel.len()));
    }
    let mut begin = vec![0; rank];
    let mut end = vec![0; rank];
    match node.string("auto_pad") {
        "" | "NOTSET" => {
            let pads = node.ints("pads").unwrap_or(&[]);
            if !pads.is_empty() && pads.len() != 2 * rank {
                return Err(malformed("pads", 2 * rank));
            }
            for (axis, &pad) in pads.iter().enumerate() {
                let pad = size(pad).ok_or_else(|| {
                    Refusal::new("negative padding", "crop the input with a Slice instead")
                })?;
                if axis < rank {
                    begin[axis] = pad;
                } else {
                    end[axis - rank] = pad;
                }
            }
        }
        "VALID" => {}
        same @ ("SAME_UPPER" | "SAME_LOWER") => {
            for axis in 0..rank {
                let outputs = input[axis].div_ceil(strides[axis]).max(1);
                let span = (kernel[axis] - 1) * dilations[axis] + 1;
                let total = ((outputs - 1) * strides[axis] + span).saturating_sub(input[axis]);
                let small = total / 2;
                (begin[axis], end[axis]) = if same == "SAME_UPPER" {
                    (small, total - small)
                } else {
                    (total - small, small)
                };
            }
        }
        other => {
            return Err(Refusal::new(
                format!("auto_pad `{other}` is unknown"),
                "write the padding into `pads`",
            ));
        }
    }
    Ok(Window {
        kernel: planar(kernel, 1),
        strides: planar(&strides, 1),
        dilations: planar(&dilations, 1),
        pads_begin: planar(&begin, 0),
        pads_end: planar(&end, 0),
    })
}

/// Spatial extents as height and width; one dimension is a width.
pub(super) fn planar(extents: &[usize], missing: usize) -> [usize; 2] {
    match *extents {
        [width] => [missing, width],
        [height, width] => [height, width],
        _ => unreachable!("callers pass one or two extents"),
    }
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
    let Some(values) = node.ints(name).filter(|values| !values.is_empty()) else {
        return Ok(vec![1; rank]);
    };
    sizes(values)
        .filter(|values| values.len() == rank && !values.contains(&0))
        .ok_or_else(|| malformed(name, rank))
}

fn malformed(name: &str, count: usize) -> Refusal {
    Refusal::new(
        format!("attribute `{name}` must hold {count} valid numbers"),
        "the model is malformed; check it with onnx.checker",
    )
}
