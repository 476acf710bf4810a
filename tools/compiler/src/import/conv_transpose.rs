use super::conv::group;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::window::{WINDOW_ATTRIBUTES, list, pads, spatial, split, unpadded, with_spatial};
use crate::ir::{Bounds, ElementType, Op, Tensor, Window};

/// `ConvTranspose` (ONNX ConvTranspose-1 to -22): input `[n, c, ..]`, weights `[c, o / group, ..]`, which
/// become `[o, c / group, ..]`.
pub(super) fn conv_transpose(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let attributes = ["group", "output_padding", "output_shape"];
    node.expect_attributes(&[&WINDOW_ATTRIBUTES[..], &attributes].concat())?;
    let input = importer.float_input(node, 0)?;
    let weights = importer.constant_input(node, 1)?;
    let x = importer.graph.shape(input).to_vec();
    let w = importer.graph.shape(weights).to_vec();
    let group = group(node, &x, &w, true)?;
    let (window, outputs) = geometry(node, &x[2..], &w[2..])?;
    let weights = outputs_first(importer.graph.tensor(weights), group);
    let shape = with_spatial(&x, weights.shape[0], outputs);
    let mut inputs = vec![input, importer.graph.add_tensor(weights)];
    if node.input(2).is_some() {
        inputs.push(importer.constant_input(node, 2)?);
    }
    let op = Op::Conv {
        window,
        group,
        transposed: true,
        bounds: Bounds::NONE,
    };
    importer.define(node, op, inputs, &[(ElementType::F32, &shape)])
}

/// The window and the output's extents. `output_shape` and `auto_pad` are resolved as ONNX
/// ConvTranspose-11 defines it; an output larger than what the input reaches is filled with the bias.
fn geometry(
    node: &OnnxNode<'_>,
    input: &[usize],
    kernel: &[usize],
) -> Result<(Window, [usize; 3]), Refusal> {
    let rank = input.len();
    let mut window = unpadded(node, rank, kernel)?;
    let input = spatial(input, 1);
    let more = list(node, "output_padding", rank)?.unwrap_or(vec![0; rank]);
    let more = spatial(&more, 0);
    let reached = window.transposed_outputs(input);
    let whole = [0, 1, 2].map(|axis| reached[axis] + more[axis]);
    let auto_pad = node.string("auto_pad");
    let is_same = auto_pad.starts_with("SAME");
    let outputs = match list(node, "output_shape", rank)? {
        Some(outputs) => spatial(&outputs, 1),
        None if is_same => [0, 1, 2].map(|axis| input[axis] * window.strides[axis]),
        None => {
            if auto_pad != "VALID" {
                [window.pads_begin, window.pads_end] = pads(node, rank)?;
            }
            let cut = |axis: usize| window.pads_begin[axis] + window.pads_end[axis];
            let outputs = [0, 1, 2].map(|axis| whole[axis].saturating_sub(cut(axis)));
            return Ok((window, outputs));
        }
    };
    for axis in 0..3 {
        let total = whole[axis].saturating_sub(outputs[axis]);
        let rule = if is_same { auto_pad } else { "SAME_LOWER" };
        (window.pads_begin[axis], window.pads_end[axis]) = split(total, rule)?;
    }
    Ok((window, outputs))
}

/// Weights `[c, o / group, ..]` as `[o, c / group, ..]`.
fn outputs_first(weights: &Tensor, group: usize) -> Tensor {
    let (inputs, outputs) = (weights.shape[0] / group, weights.shape[1]);
    let taps: usize = weights.shape[2..].iter().product();
    let mut turned = weights.permuted(|index| {
        let (filter, tap) = (index / taps, index % taps);
        let (output, input) = (filter / inputs, filter % inputs);
        let input = output / outputs * inputs + input;
        (input * outputs + output % outputs) * taps + tap
    });
    turned.shape[0] = outputs * group;
    turned.shape[1] = inputs;
    // One scale an output of a group is now one an output; one an input is none that a kernel knows.
    turned.integers = turned.integers.and_then(|mut integers| {
        let is_one = integers.scales.len() == 1 && integers.zero_points.len() == 1;
        if integers.axis != 1 && !is_one {
            return None;
        }
        if integers.scales.len() > 1 {
            integers.scales = integers.scales.repeat(group);
        }
        if integers.zero_points.len() > 1 {
            integers.zero_points = integers.zero_points.repeat(group);
        }
        integers.axis = 0;
        Some(integers)
    });
    turned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Values;

    #[test]
    fn weights_of_each_group_are_turned() {
        // Two groups of two inputs and three outputs; digits are input, output of its group.
        let values: Vec<i64> = (0..4)
            .flat_map(|i| (0..3).map(move |o| 10 * i + o))
            .collect();
        let weights = Tensor {
            values: Some(Values::I64(values)),
            ..Tensor::activation("w".into(), ElementType::I8, vec![4, 3, 1])
        };
        let turned = outputs_first(&weights, 2);
        assert_eq!(turned.shape, [6, 2, 1]);
        let wanted = vec![0, 10, 1, 11, 2, 12, 20, 30, 21, 31, 22, 32];
        assert_eq!(turned.values, Some(Values::I64(wanted)));
    }
}
