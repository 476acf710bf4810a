use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::window::{WINDOW_ATTRIBUTES, spatial, window, with_spatial};
use crate::ir::{Bounds, ElementType, Op};

/// `Conv` (ONNX Conv-1 to -22): input `[n, c, ..]`, weights `[o, c / group, ..]`.
pub(super) fn conv(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[&WINDOW_ATTRIBUTES[..], &["group"]].concat())?;
    let input = importer.float_input(node, 0)?;
    let weights = importer.constant_input(node, 1)?;
    let mut inputs = vec![input, weights];
    if node.input(2).is_some() {
        inputs.push(importer.constant_input(node, 2)?);
    }
    let (x, w) = (importer.graph.shape(input), importer.graph.shape(weights));
    let group = group(node, x, w, false)?;
    let window = window(node, &x[2..], &w[2..])?;
    let shape = with_spatial(x, w[0], window.outputs(spatial(&x[2..], 1)));
    let op = Op::Conv {
        window,
        group,
        transposed: false,
        bounds: Bounds::NONE,
    };
    importer.define(node, op, inputs, &[(ElementType::F32, &shape)])
}

/// Number of groups of an input `x` under weights `w`.
pub(super) fn group(
    node: &OnnxNode<'_>,
    x: &[usize],
    w: &[usize],
    transposed: bool,
) -> Result<usize, Refusal> {
    if x.len() != w.len() || !(3..=5).contains(&x.len()) {
        return Err(Refusal::new(
            format!("input {x:?} with weights {w:?}"),
            "use a convolution over one to three dimensions",
        ));
    }
    let group = usize::try_from(node.int("group", 1)).unwrap_or(0);
    let channels = if transposed { w[0] } else { w[1] * group };
    if group == 0 || channels != x[1] || !w[0].is_multiple_of(group) {
        return Err(Refusal::new(
            format!("{group} groups do not divide weights {w:?} and input {x:?}"),
            "the model is malformed; check it with onnx.checker",
        ));
    }
    Ok(group)
}

/// `ConvInteger` (ONNX ConvInteger-10) with constant weights.
pub(super) fn conv_integer(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[&WINDOW_ATTRIBUTES[..], &["group"]].concat())?;
    let (input, weights) = (importer.input(node, 0)?, importer.input(node, 1)?);
    let (x, w) = (
        importer.graph.shape(input).to_vec(),
        importer.graph.shape(weights).to_vec(),
    );
    let group = group(node, &x, &w, false)?;
    let window = window(node, &x[2..], &w[2..])?;
    // The weights of the kernel are signed.
    let offset = match importer.graph.tensor(weights).element {
        ElementType::U8 => 128,
        _ => 0,
    };
    let signed = |values: Vec<i64>| values.into_iter().map(|value| value - offset).collect();
    let values = signed(importer.integers(node, 1)?);
    let points: Vec<i64> = match node.input(3) {
        Some(_) => signed(importer.integers(node, 3)?),
        None => vec![-offset],
    };
    let points: Vec<i64> = points.into_iter().cycle().take(w[0]).collect();
    let name = importer.graph.tensor(weights).name.clone();
    let weights = importer.integer_constant(name, ElementType::I8, w.clone(), values);
    let name = format!("{} weight zero points", node.name());
    let points = importer.integer_constant(name, ElementType::I8, vec![w[0]], points);
    let zero_point = match node.input(2) {
        Some(_) => importer.input(node, 2)?,
        None => {
            let element = importer.graph.tensor(input).element;
            let name = format!("{} zero point", node.name());
            importer.integer_constant(name, element, Vec::new(), vec![0])
        }
    };
    let shape = with_spatial(&x, w[0], window.outputs(spatial(&x[2..], 1)));
    let inputs = vec![input, weights, zero_point, points];
    let op = Op::ConvInteger { window, group };
    importer.define(node, op, inputs, &[(ElementType::I32, &shape)])
}

/// `DeformConv` (ONNX DeformConv-19, -22) over two dimensions with constant weights.
pub(super) fn deform_conv(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let attributes = ["group", "offset_group"];
    node.expect_attributes(&[&WINDOW_ATTRIBUTES[..], &attributes].concat())?;
    let input = importer.float_input(node, 0)?;
    let weights = importer.constant_input(node, 1)?;
    let offsets = importer.float_input(node, 2)?;
    let (x, w) = (
        importer.graph.shape(input).to_vec(),
        importer.graph.shape(weights).to_vec(),
    );
    let group = group(node, &x, &w, false)?;
    let offset_group = usize::try_from(node.int("offset_group", 1)).unwrap_or(0);
    if x.len() != 4 || offset_group == 0 || !x[1].is_multiple_of(offset_group) {
        return Err(Refusal::new(
            format!("input {x:?} with {offset_group} groups of offsets"),
            "use two spatial dimensions, and groups that divide the channels",
        ));
    }
    let window = window(node, &x[2..], &w[2..])?;
    let bias = match node.input(3) {
        Some(_) => importer.constant_input(node, 3)?,
        None => {
            let name = format!("{} bias", node.name());
            importer
                .graph
                .add_constant(name, vec![w[0]], vec![0.0; w[0]])
        }
    };
    let mut inputs = vec![input, weights, bias, offsets];
    let outputs = window.outputs(spatial(&x[2..], 1));
    let per_position = offset_group * window.taps();
    let mut wanted = vec![(offsets, 2 * per_position)];
    if node.input(4).is_some() {
        let mask = importer.float_input(node, 4)?;
        inputs.push(mask);
        wanted.push((mask, per_position));
    }
    for (id, channels) in wanted {
        if importer.graph.shape(id) != with_spatial(&x, channels, outputs) {
            return Err(Refusal::new(
                format!("offsets or mask of shape {:?}", importer.graph.shape(id)),
                "the model is malformed; check it with onnx.checker",
            ));
        }
    }
    let shape = with_spatial(&x, w[0], outputs);
    let op = Op::DeformConv {
        window,
        group,
        offset_group,
    };
    importer.define(node, op, inputs, &[(ElementType::F32, &shape)])
}
