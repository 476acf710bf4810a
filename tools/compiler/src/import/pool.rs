use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::window::{WINDOW_ATTRIBUTES, sizes, spatial, window, with_spatial};
use crate::ir::{ElementType, Op, TensorId, Window};

/// `MaxPool` (ONNX MaxPool-1 to -22) of floats or bytes, with or without the places of the maxima.
pub(super) fn max_pool(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[&WINDOW_ATTRIBUTES[..], &["ceil_mode", "storage_order"]].concat())?;
    let input = max_input(importer, node)?;
    let pads = pool_window(importer, node, input)?;
    let op = Op::MaxPool {
        window: pads.window,
        column_major: node.int("storage_order", 0) != 0,
    };
    emit(importer, node, input, pads.window, op)
}

/// `AveragePool` (ONNX AveragePool-1 to -22).
pub(super) fn average_pool(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(
        &[&WINDOW_ATTRIBUTES[..], &["ceil_mode", "count_include_pad"]].concat(),
    )?;
    let input = importer.float_input(node, 0)?;
    let PoolWindow { window, pads_end } = pool_window(importer, node, input)?;
    let counts_padding = node.int("count_include_pad", 0) != 0;
    let op = Op::AveragePool {
        window,
        counted_padding: counts_padding.then_some(pads_end),
    };
    emit(importer, node, input, window, op)
}

/// `LpPool` (ONNX LpPool-2 to -22).
pub(super) fn lp_pool(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[&WINDOW_ATTRIBUTES[..], &["ceil_mode", "p"]].concat())?;
    let input = importer.float_input(node, 0)?;
    let window = pool_window(importer, node, input)?.window;
    let op = Op::LpPool {
        window,
        p: order(node)?,
    };
    emit(importer, node, input, window, op)
}

/// `GlobalAveragePool`, `GlobalMaxPool`, `GlobalLpPool`: one window over the whole plane.
pub(super) fn global_pool(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["p"])?;
    let kind = node.proto.op_type.as_str();
    let input = match kind {
        "GlobalMaxPool" => max_input(importer, node)?,
        _ => importer.float_input(node, 0)?,
    };
    let window = Window::whole(spatial(extents(importer, input)?, 1));
    let op = match kind {
        "GlobalMaxPool" => Op::MaxPool {
            window,
            column_major: false,
        },
        "GlobalLpPool" => Op::LpPool {
            window,
            p: order(node)?,
        },
        _ => Op::AveragePool {
            window,
            counted_padding: None,
        },
    };
    emit(importer, node, input, window, op)
}

/// `MaxUnpool` (ONNX MaxUnpool-9 to -22).
pub(super) fn max_unpool(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["kernel_shape", "pads", "strides"])?;
    let (input, places) = (importer.float_input(node, 0)?, importer.input(node, 1)?);
    let kernel = sizes(node.ints("kernel_shape").unwrap_or(&[])).unwrap_or_default();
    let x = importer.graph.shape(input).to_vec();
    let extents = extents(importer, input)?.to_vec();
    let window = window(node, &extents, &kernel)?;
    let shape = with_spatial(&x, x[1], window.transposed_outputs(spatial(&extents, 1)));
    let output = match node.input(2) {
        Some(_) => sizes(&importer.integers(node, 2)?).unwrap_or_default(),
        None => shape.clone(),
    };
    let is_inside = output.len() == shape.len() && shape.iter().zip(&output).all(|(a, b)| a <= b);
    if importer.graph.shape(places) != x || !is_inside {
        return Err(Refusal::new(
            format!("places in {shape:?} under an output of {output:?}"),
            "the model is malformed; check it with onnx.checker",
        ));
    }
    let op = Op::MaxUnpool { shape };
    importer.define(
        node,
        op,
        vec![input, places],
        &[(ElementType::F32, &output)],
    )
}

/// An input of floats or bytes.
fn max_input(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<TensorId, Refusal> {
    let id = importer.input(node, 0)?;
    match importer.graph.tensor(id).element {
        ElementType::I8 | ElementType::U8 => Ok(id),
        _ => importer.float_input(node, 0),
    }
}

fn order(node: &OnnxNode<'_>) -> Result<u32, Refusal> {
    let p = u32::try_from(node.int("p", 2)).ok().filter(|&p| p > 0);
    p.ok_or_else(|| Refusal::new("a norm of order 0 or less", "use a positive `p`"))
}

/// Spatial extents, one to three, none of them 0.
fn extents(importer: &Importer, input: TensorId) -> Result<&[usize], Refusal> {
    let shape = importer.graph.shape(input);
    match shape.get(2..) {
        Some(extents @ ([_] | [_, _] | [_, _, _])) if !extents.contains(&0) => Ok(extents),
        _ => Err(Refusal::new(
            format!("pooling over {shape:?}"),
            "use one to three spatial dimensions with elements",
        )),
    }
}

/// The window of a pooling.
struct PoolWindow {
    /// With as much padding at the end as the outputs of `ceil_mode` reach.
    window: Window,
    /// Padding at the end that the model gives.
    pads_end: [usize; 3],
}

fn pool_window(
    importer: &Importer,
    node: &OnnxNode<'_>,
    input: TensorId,
) -> Result<PoolWindow, Refusal> {
    let extents = extents(importer, input)?;
    let kernel = sizes(node.ints("kernel_shape").unwrap_or(&[])).unwrap_or_default();
    let mut window = window(node, extents, &kernel)?;
    let pads_end = window.pads_end;
    if node.int("ceil_mode", 0) != 0 {
        for (axis, extent) in spatial(extents, 1).into_iter().enumerate() {
            let (span, stride) = (window.span(axis), window.strides[axis]);
            let padded = extent + window.pads_begin[axis] + window.pads_end[axis];
            let mut outputs = padded.saturating_sub(span).div_ceil(stride) + 1;
            // A window that would start in the padding at the end is left out.
            if (outputs - 1) * stride >= extent + window.pads_begin[axis] {
                outputs -= 1;
            }
            let needed = (outputs - 1) * stride + span;
            window.pads_end[axis] += needed.saturating_sub(padded);
        }
    }
    Ok(PoolWindow { window, pads_end })
}

fn emit(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    input: TensorId,
    window: Window,
    op: Op,
) -> Result<(), Refusal> {
    let tensor = importer.graph.tensor(input).clone();
    let extents = window.outputs(spatial(&tensor.shape[2..], 1));
    let shape = with_spatial(&tensor.shape, tensor.shape[1], extents);
    let outputs = [(tensor.element, &shape[..]), (ElementType::I64, &shape[..])];
    let with_places = matches!(op, Op::MaxPool { .. }) && node.output(1).is_some();
    let count = if with_places { 2 } else { 1 };
    importer.define(node, op, vec![input], &outputs[..count])
}
