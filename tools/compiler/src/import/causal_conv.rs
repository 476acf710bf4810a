use cadet_kernels::transcendental::Function;

use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{Bounds, ElementType, Movement, Op, Strides, Unary, Values, Window};

/// `CausalConvWithState` (ONNX CausalConvWithState-27) with constant weights `[c, 1, k]`: the past
/// state (zeros where there is none) before the input `[n, c, length]`, a depthwise convolution over
/// both, and the last `k - 1` elements as the state for the next run.
pub(super) fn causal_conv_with_state(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&["activation"])?;
    let input = importer.float_input(node, 0)?;
    let weights = importer.constant_input(node, 1)?;
    let (&[n, c, length], &[channels, 1, k]) =
        (importer.graph.shape(input), importer.graph.shape(weights))
    else {
        return Err(Refusal::malformed("input or weights have another rank"));
    };
    if channels != c || k == 0 {
        return Err(Refusal::malformed("weights of another number of channels"));
    }
    let kind = (ElementType::F32, vec![n, c, length]);
    let padded = match k {
        1 => input,
        _ => {
            let state = match node.input(3) {
                Some(_) => importer.float_input(node, 3)?,
                None => {
                    let name = format!("{} past state", node.name());
                    let zeros = vec![0.0; n * c * (k - 1)];
                    importer.graph.add_constant(name, vec![n, c, k - 1], zeros)
                }
            };
            let kind = (ElementType::F32, vec![n, c, length + k - 1]);
            let concat = Op::Movement(Movement::Concat { axis: 2 });
            importer.part(node, "padded", concat, vec![state, input], kind)
        }
    };
    let mut inputs = vec![padded, weights];
    if node.input(2).is_some() {
        inputs.push(importer.constant_input(node, 2)?);
    }
    let conv = Op::Conv {
        window: Window::whole([1, 1, k]),
        group: c,
        transposed: false,
        bounds: Bounds::NONE,
    };
    let output = importer.output(node, 0, kind.0, &kind.1)?;
    match node.string("activation") {
        "" | "none" => importer.push(node, conv, inputs, vec![output]),
        "silu" | "swish" => {
            let sums = importer.part(node, "conv", conv, inputs, kind);
            let swish = Op::Unary(Unary::Wide(Function::Swish(1.0)));
            importer.push(node, swish, vec![sums], vec![output]);
        }
        other => return Err(Refusal::malformed(format!("activation `{other}`"))),
    }
    let state = importer.output(node, 1, ElementType::F32, &[n, c, k - 1])?;
    let mut last = Strides::identity(&[n, c, length + k - 1]);
    let places: Vec<usize> = (length..length + k - 1).collect();
    match last.select(2, &places) {
        Some(()) => {
            let last = Op::Movement(Movement::Strides(last));
            importer.push(node, last, vec![padded], vec![state]);
        }
        // There is no state behind a single tap.
        None => importer.graph.tensors[state.0].values = Some(Values::F32(Vec::new())),
    }
    Ok(())
}
