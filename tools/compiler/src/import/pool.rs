use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::window::{WINDOW_ATTRIBUTES, planar, sizes, window};
use crate::ir::{Op, TensorId, Window};

/// `MaxPool` (ONNX MaxPool-1 to -12).
pub(super) fn max_pool(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[&WINDOW_ATTRIBUTES[..], &["ceil_mode", "storage_order"]].concat())?;
    let (input, window) = pool_window(importer, node)?;
    emit(importer, node, input, window, Op::MaxPool(window))
}

/// `AveragePool` (ONNX AveragePool-1 to -19).
pub(super) fn average_pool(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(
        &[&WINDOW_ATTRIBUTES[..], &["ceil_mode", "count_include_pad"]].concat(),
    )?;
    let (input, window) = pool_window(importer, node)?;
    let count_padding = node.int("count_include_pad", 0) != 0;
    if count_padding && node.int("ceil_mode", 0) != 0 {
        return Err(Refusal::new(
            "the mean counts padding and rounds its size up",
            "set ceil_mode to 0, or count_include_pad to 0",
        ));
    }
    emit(
        importer,
        node,
        input,
        window,
        Op::AveragePool {
            window,
            count_padding,
        },
    )
}

/// `GlobalAveragePool`, `GlobalMaxPool`: one window over the whole plane.
pub(super) fn global_pool(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let input = importer.float_input(node, 0)?;
    let extents = spatial(importer, input)?;
    let window = whole_plane(planar(&extents, 1));
    let op = if node.proto.op_type == "GlobalMaxPool" {
        Op::MaxPool(window)
    } else {
        Op::AveragePool {
            window,
            count_padding: false,
        }
    };
    emit(importer, node, input, window, op)
}

/// `ReduceMean` over all spatial axes, which is `GlobalAveragePool` (ONNX ReduceMean-1 to -18).
pub(super) fn reduce_mean(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axes", "keepdims", "noop_with_empty_axes"])?;
    let input = importer.float_input(node, 0)?;
    let extents = spatial(importer, input)?;
    let rank = extents.len() + 2;
    let axes = match node.input(1) {
        Some(_) => importer.integers(node, 1)?,
        None => node.ints("axes").unwrap_or(&[]).to_vec(),
    };
    let mut axes: Vec<i64> = axes
        .iter()
        .map(|&axis| if axis < 0 { axis + rank as i64 } else { axis })
        .collect();
    axes.sort_unstable();
    if axes != (2..rank as i64).collect::<Vec<_>>() {
        return Err(Refusal::new(
            format!("mean over the axes {axes:?}"),
            "reduce over all spatial axes (2, 3), which is global average pooling",
        ));
    }
    let window = whole_plane(planar(&extents, 1));
    let op = Op::AveragePool {
        window,
        count_padding: false,
    };
    emit(importer, node, input, window, op)
}

fn whole_plane(kernel: [usize; 2]) -> Window {
    Window {
        kernel,
        ..Window::POINT
    }
}

fn spatial(importer: &Importer, input: TensorId) -> Result<Vec<usize>, Refusal> {
    let shape = importer.graph.shape(input);
    if (3..=4).contains(&shape.len()) && shape[0] == 1 {
        return Ok(shape[2..].to_vec());
    }
    Err(Refusal::new(
        format!("pooling over {shape:?}"),
        "use one example a run with one or two spatial dimensions",
    ))
}

/// The window, with `ceil_mode` turned into padding at the end.
fn pool_window(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(TensorId, Window), Refusal> {
    let input = importer.float_input(node, 0)?;
    let extents = spatial(importer, input)?;
    let kernel = sizes(node.ints("kernel_shape").unwrap_or(&[])).unwrap_or_default();
    let mut window = window(node, &extents, &kernel)?;
    if node.int("ceil_mode", 0) == 0 {
        return Ok((input, window));
    }
    for (axis, extent) in planar(&extents, 1).into_iter().enumerate() {
        let span = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
        let stride = window.strides[axis];
        let padded = extent + window.pads_begin[axis] + window.pads_end[axis];
        let mut outputs = padded.saturating_sub(span).div_ceil(stride) + 1;
        // A window that would start in the padding at the end is left out.
        if (outputs - 1) * stride >= extent + window.pads_begin[axis] {
            outputs -= 1;
        }
        let needed = (outputs - 1) * stride + span;
        window.pads_end[axis] += needed.saturating_sub(padded);
    }
    Ok((input, window))
}

fn emit(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    input: TensorId,
    window: Window,
    op: Op,
) -> Result<(), Refusal> {
    let shape = importer.graph.shape(input);
    let [height, width] = planar(&shape[2..], 1);
    let len = shape[1] * window.output_extent(0, height) * window.output_extent(1, width);
    importer.emit(node, op, vec![input])?;
    importer.expect_output_len(len)
}
