//! Operators that move elements or interpolate, on images that lie channels last: behind a convolution that
//! changes nothing they must do the same to the last bit.

use cadet_compiler::{Options, compile};
use cadet_onnx::{ElementType, GraphBuilder};

use crate::support::{Generator, Machine};

/// Adds an operator that reads the given tensor and writes `y`.
type Build = fn(&mut GraphBuilder, &str);

const IMAGE: [usize; 4] = [1, 4, 6, 5];

fn model(shape: [usize; 4], behind_convolution: bool, build: Build) -> Vec<u8> {
    let mut graph = GraphBuilder::new("movement");
    graph.input("x", ElementType::F32, shape);
    let channels = shape[1];
    let unit = |i: usize| f32::from(u8::from(i / channels == i % channels));
    let weights: Vec<f32> = (0..channels * channels).map(unit).collect();
    let mut input = "x";
    if behind_convolution {
        graph.constant_f32("unit", &[channels, channels, 1, 1], &weights);
        graph.node("Conv", "convolution", &["x", "unit"], &["image"]);
        input = "image";
    }
    build(&mut graph, input);
    graph.output("y", ElementType::F32, [0_usize; 0]);
    graph.encode()
}

fn run(onnx: &[u8], input: &[f32]) -> Vec<u8> {
    let compiled = compile(onnx, &Options::float()).unwrap();
    Machine::new(&compiled).with_session(|session| {
        session.write_input(0, 0, input).unwrap();
        session.run(0).unwrap();
        session.output(0, 0).unwrap().to_vec()
    })
}

fn numbers(count: usize) -> Vec<f32> {
    let mut random = Generator::new(7);
    (0..count).map(|_| random.normal()).collect()
}

#[test]
fn the_memory_order_does_not_matter() {
    let input = numbers(IMAGE.iter().product());
    for (name, build) in CASES {
        let plain = run(&model(IMAGE, false, *build), &input);
        let behind = run(&model(IMAGE, true, *build), &input);
        assert!(!plain.is_empty(), "{name}");
        assert_eq!(plain, behind, "{name}");
    }
}

#[test]
fn channels_are_sampled_one_by_one() {
    let input = numbers(IMAGE.iter().product());
    let [_, channels, height, width] = IMAGE;
    for (name, build) in SAMPLINGS {
        let together = run(&model(IMAGE, true, *build), &input);
        let planes = input.chunks(height * width).map(|plane| {
            let alone = model([1, 1, height, width], false, *build);
            run(&alone, plane)
        });
        let planes: Vec<u8> = planes.flatten().collect();
        assert!(planes.len() >= 4 * channels, "{name}");
        assert_eq!(together, planes, "{name}");
    }
}

const CASES: &[(&str, Build)] = &[
    ("a slice with steps", |graph, x| {
        graph.constant_i64("starts", &[3], &[-1, 1, 4]);
        graph.constant_i64("ends", &[3], &[i64::MIN, 6, 0]);
        graph.constant_i64("axes", &[3], &[1, 2, 3]);
        graph.constant_i64("steps", &[3], &[-1, 2, -2]);
        let inputs = [x, "starts", "ends", "axes", "steps"];
        graph.node("Slice", "slice", &inputs, &["y"]);
    }),
    ("the second part of a split", |graph, x| {
        graph.constant_i64("parts", &[2], &[1, 3]);
        let node = graph.node("Split", "split", &[x, "parts"], &["first", "y"]);
        node.attribute("axis", 1);
    }),
    ("an expansion to more dimensions", |graph, x| {
        graph.constant_i64("shape", &[5], &[2, 3, 1, 1, 1]);
        graph.node("Expand", "expand", &[x, "shape"], &["y"]);
    }),
    ("a tiling", |graph, x| {
        graph.constant_i64("repeats", &[4], &[2, 3, 1, 2]);
        graph.node("Tile", "tile", &[x, "repeats"], &["y"]);
    }),
    ("depth to space", |graph, x| {
        let node = graph.node("DepthToSpace", "depth", &[x], &["y"]);
        node.attribute("blocksize", 2).attribute("mode", "CRD");
    }),
    ("space to depth", |graph, x| {
        graph.constant_i64("starts", &[1], &[1]);
        graph.constant_i64("ends", &[1], &[5]);
        graph.constant_i64("axes", &[1], &[3]);
        graph.node("Slice", "slice", &[x, "starts", "ends", "axes"], &["even"]);
        let node = graph.node("SpaceToDepth", "space", &["even"], &["y"]);
        node.attribute("blocksize", 2);
    }),
    ("a concatenation with a constant", |graph, x| {
        let constant: Vec<f32> = (0_u8..60).map(f32::from).collect();
        graph.constant_f32("constant", &[1, 2, 6, 5], &constant);
        let node = graph.node("Concat", "concat", &["constant", x, x], &["y"]);
        node.attribute("axis", 1);
    }),
    ("a concatenation of rows", |graph, x| {
        let node = graph.node("Concat", "concat", &[x, x], &["y"]);
        node.attribute("axis", -2);
    }),
    ("reflected channels", |graph, x| {
        graph.constant_i64("pads", &[8], &[0, 3, 1, 0, 0, 1, -2, 2]);
        let node = graph.node("Pad", "pad", &[x, "pads"], &["y"]);
        node.attribute("mode", "reflect");
    }),
    ("a constant border", |graph, x| {
        graph.constant_i64("pads", &[8], &[0, 1, 1, -1, 1, 0, 2, 2]);
        graph.constant_f32("value", &[], &[0.5]);
        graph.node("Pad", "pad", &[x, "pads", "value"], &["y"]);
    }),
    ("triangles", |graph, x| {
        let node = graph.node("Trilu", "trilu", &[x], &["y"]);
        node.attribute("upper", 0);
    }),
    ("uneven indices of channels", |graph, x| {
        graph.constant_i64("indices", &[2, 2], &[3, 0, -2, 1]);
        let node = graph.node("Gather", "gather", &[x, "indices"], &["y"]);
        node.attribute("axis", 1);
    }),
    ("one column", |graph, x| {
        graph.constant_i64("index", &[], &[-2]);
        let node = graph.node("Gather", "gather", &[x, "index"], &["y"]);
        node.attribute("axis", 3);
    }),
    ("elements by index", |graph, x| {
        graph.constant_i64("indices", &[1, 2, 2, 2], &[3, 0, 1, 2, -1, 0, 2, 1]);
        let node = graph.node("GatherElements", "gather", &[x, "indices"], &["y"]);
        node.attribute("axis", 1);
    }),
    ("slices by tuple", |graph, x| {
        graph.constant_i64("indices", &[2, 2], &[0, 3, 0, -3]);
        graph.node("GatherND", "gather", &[x, "indices"], &["y"]);
    }),
    ("scattered elements", |graph, x| {
        graph.constant_i64("indices", &[1, 2, 1, 2], &[3, 0, -1, 3]);
        graph.constant_f32("updates", &[1, 2, 1, 2], &[1.0, 2.0, 3.0, 4.0]);
        let inputs = [x, "indices", "updates"];
        let node = graph.node("ScatterElements", "scatter", &inputs, &["y"]);
        node.attribute("axis", 1).attribute("reduction", "add");
    }),
    ("scattered slices", |graph, x| {
        graph.constant_i64("indices", &[1, 3], &[0, 2, 1]);
        graph.constant_f32("updates", &[1, 5], &[1.0, 2.0, 3.0, 4.0, 5.0]);
        graph.node("ScatterND", "scatter", &[x, "indices", "updates"], &["y"]);
    }),
    ("running sums of channels", |graph, x| {
        graph.constant_i64("axis", &[], &[1]);
        let node = graph.node("CumSum", "sums", &[x, "axis"], &["y"]);
        node.attribute("reverse", 1);
    }),
    ("the greatest channels", |graph, x| {
        graph.constant_i64("k", &[1], &[3]);
        let node = graph.node("TopK", "top", &[x, "k"], &["values", "y"]);
        node.attribute("axis", 1);
    }),
    ("the greatest channel", |graph, x| {
        let node = graph.node("ArgMax", "greatest", &[x], &["y"]);
        node.attribute("axis", 1).attribute("keepdims", 0);
    }),
    ("the least row", |graph, x| {
        let node = graph.node("ArgMin", "least", &[x], &["y"]);
        node.attribute("axis", 2).attribute("keepdims", 0);
    }),
    ("reversed sequences", |graph, x| {
        graph.constant_i64("lengths", &[1], &[3]);
        let node = graph.node("ReverseSequence", "reverse", &[x, "lengths"], &["y"]);
        node.attribute("batch_axis", 0).attribute("time_axis", 1);
    }),
    ("repeated pixels", |graph, x| {
        graph.constant_f32("scales", &[4], &[1.0, 1.0, 2.0, 3.0]);
        graph.node("Resize", "resize", &[x, "", "scales"], &["y"]);
    }),
    ("the nearest pixels of uneven sizes", |graph, x| {
        graph.constant_i64("sizes", &[4], &[1, 5, 4, 7]);
        graph.node("Resize", "resize", &[x, "", "", "sizes"], &["y"]);
    }),
    ("channels that are interpolated", |graph, x| {
        graph.constant_i64("sizes", &[4], &[1, 7, 6, 5]);
        let node = graph.node("Resize", "resize", &[x, "", "", "sizes"], &["y"]);
        node.attribute("mode", "linear");
    }),
    ("channels and columns that are interpolated", |graph, x| {
        graph.constant_i64("sizes", &[4], &[1, 3, 6, 8]);
        let node = graph.node("Resize", "resize", &[x, "", "", "sizes"], &["y"]);
        node.attribute("mode", "cubic");
    }),
];

const SAMPLINGS: &[(&str, Build)] = &[
    ("a linear resize", |graph, x| {
        graph.constant_f32("scales", &[4], &[1.0, 1.0, 1.5, 0.7]);
        let node = graph.node("Resize", "resize", &[x, "", "scales"], &["y"]);
        node.attribute("mode", "linear");
    }),
    ("a cubic resize without borders", |graph, x| {
        graph.constant_f32("scales", &[4], &[1.0, 1.0, 0.5, 2.0]);
        let node = graph.node("Resize", "resize", &[x, "", "scales"], &["y"]);
        node.attribute("mode", "cubic")
            .attribute("exclude_outside", 1);
    }),
    ("places of a grid", |graph, x| {
        let grid = [-1.2, 0.3, 0.0, -0.6, 0.9, 0.9, 0.4, 1.4_f32];
        graph.constant_f32("grid", &[1, 2, 2, 2], &grid);
        let node = graph.node("GridSample", "sample", &[x, "grid"], &["y"]);
        node.attribute("padding_mode", "reflection");
    }),
    ("regions of interest", |graph, x| {
        graph.constant_f32("regions", &[1, 4], &[0.5, 1.0, 4.0, 5.5]);
        graph.constant_i64("images", &[1], &[0]);
        let node = graph.node("RoiAlign", "align", &[x, "regions", "images"], &["y"]);
        node.attribute("output_height", 2)
            .attribute("output_width", 3);
    }),
];
