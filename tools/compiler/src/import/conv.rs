use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::window::{WINDOW_ATTRIBUTES, planar, window};
use crate::ir::{Bounds, Op};

/// `Conv` (ONNX Conv-1, -11): input `[1, c, (h,) w]`, weights `[o, c / group, (kh,) kw]`.
pub(super) fn conv(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[&WINDOW_ATTRIBUTES[..], &["group"]].concat())?;
    let input = importer.float_input(node, 0)?;
    let weights = importer.constant_input(node, 1)?;
    let mut inputs = vec![input, weights];
    if node.input(2).is_some() {
        inputs.push(importer.constant_input(node, 2)?);
    }
    let (x, w) = (importer.graph.shape(input), importer.graph.shape(weights));
    if x.len() != w.len() || x.len() < 3 || x[0] != 1 {
        return Err(Refusal::new(
            format!("input {x:?} with weights {w:?}"),
            "use one example a run and a one- or two-dimensional convolution",
        ));
    }
    let group = usize::try_from(node.int("group", 1)).unwrap_or(0);
    if group == 0 || w[1] * group != x[1] || !w[0].is_multiple_of(group) {
        return Err(Refusal::new(
            format!("{group} groups do not divide weights {w:?} and input {x:?}"),
            "the model is malformed; check it with onnx.checker",
        ));
    }
    let window = window(node, &x[2..], &w[2..])?;
    let outputs: [usize; 2] = planar(&x[2..], 1);
    let (height, width) = (
        window.output_extent(0, outputs[0]),
        window.output_extent(1, outputs[1]),
    );
    let channels = w[0];
    let bounds = Bounds::NONE;
    importer.emit(
        node,
        Op::Conv {
            window,
            group,
            bounds,
        },
        inputs,
    )?;
    importer.expect_output_len(channels * height * width)
}
