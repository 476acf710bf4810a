//! Random nets over time give the same bytes at every hop.

use cadet_compiler::{Options, compile};
use cadet_onnx::GraphBuilder;
use proptest::prelude::*;

use super::check::Case;
use super::{Along, conv, model, recurrent};

/// A layer by kind, and numbers for it.
type Layer = (usize, usize, usize, usize);

fn layer() -> impl Strategy<Value = Layer> {
    (0_usize..8, 1_usize..5, 1_usize..3, 0_usize..4)
}

/// Elements from the first to behind the last tap of a layer's window.
fn span(&(_, kernel, _, extra): &Layer) -> usize {
    (kernel - 1) * (1 + extra % 2) + 1
}

/// Whether a layer knows nothing of where a window starts.
fn shifts(layer: &Layer) -> bool {
    match layer.0 {
        2 | 4 | 5 => true,
        3 => layer.2 == 1,
        7 => false,
        _ => span(layer) == 1,
    }
}

/// Adds layers over time to a graph: `t0`, `t1`, .. of shape `[1, c, t]`.
fn net(graph: &mut GraphBuilder, layers: &[Layer], channels: usize) -> String {
    let mut x = "x".to_owned();
    let mut c = channels;
    for (number, layer) in layers.iter().enumerate() {
        let &(kind, kernel, stride, extra) = layer;
        let y = format!("t{number}");
        let span = span(layer);
        let window = |pad: usize| Along {
            stride: stride as i64,
            dilation: 1 + (extra % 2) as i64,
            pads: [pad as i64, 0],
            depthwise: kind % 2 == 1,
        };
        match kind {
            0 => {
                conv(graph, &x, &y, &[c + 1, c, kernel], window(span - 1));
                c += 1;
            }
            1 => conv(graph, &x, &y, &[c, 1, kernel], window(span - 1)),
            2 => conv(graph, &x, &y, &[c, c, kernel], window(0)),
            3 => conv(
                graph,
                &x,
                &y,
                &[c, 1, kernel],
                window((span - 1) / 2 * (stride - 1)),
            ),
            4 => {
                graph.node("Tanh", &y, &[&x], &[&y]);
            }
            5 => {
                let op = ["MaxPool", "AveragePool"][extra % 2];
                graph
                    .node(op, &y, &[&x], &[&y])
                    .attribute("kernel_shape", [kernel as i64])
                    .attribute("strides", [stride as i64]);
            }
            6 => {
                // Of one length, but not as far in time.
                let [a, b] = ["a", "b"].map(|it| format!("{y} {it}"));
                let point = Along {
                    pads: [span as i64 - 1, 0],
                    stride: 1,
                    ..window(0)
                };
                conv(graph, &x, &a, &[c, c, kernel], point);
                graph.node("Relu", &b, &[&x], &[&b]);
                graph.node("Add", &y, &[&a, &b], &[&y]);
            }
            _ => {
                let [t, h, s] = ["t", "h", "s"].map(|it| format!("{y} {it}"));
                let last = format!("{y} last");
                let one = format!("{y} one");
                graph
                    .node("Transpose", &t, &[&x], &[&t])
                    .attribute("perm", [2, 0, 1]);
                recurrent(graph, ["GRU", "RNN"][extra % 2], [&t, &h, &last], [c, c]);
                graph.constant_i64(&one, &[1], &[1]);
                graph.node("Squeeze", &s, &[&h, &one], &[&s]);
                graph
                    .node("Transpose", &y, &[&s], &[&y])
                    .attribute("perm", [1, 2, 0]);
            }
        }
        x = y;
    }
    x
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn a_stream_is_the_whole_window(
        layers in prop::collection::vec(layer(), 1..6),
        channels in 1_usize..4,
        frames in 40_usize..72,
        hop in 1_usize..4,
        is_int8 in any::<bool>(),
        pools in any::<bool>(),
    ) {
        let build = |frames: usize| {
            model(&[1, channels, frames], &["y"], |graph| {
                let x = net(graph, &layers, channels);
                let op = if pools { "GlobalAveragePool" } else { "Relu" };
                graph.node(op, "y", &[&x], &["y"]);
            })
        };
        let options = if is_int8 {
            let mut random = crate::support::Generator::new(7);
            Options::int8(vec![(0..channels * frames).map(|_| random.normal()).collect()])
        } else {
            Options::float()
        };
        // Some nets have no room for their windows.
        prop_assume!(compile(&build(frames), &options).is_ok());
        let case = Case {
            model: &build,
            frames,
            axis: 2,
            shifts: layers.iter().all(shifts),
        };
        case.check_as(&options, &[hop]);
    }
}
