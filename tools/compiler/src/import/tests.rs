use cadet_onnx::{ElementType, GraphBuilder};

use super::*;
use crate::ir::Op;

fn no_shapes() -> BTreeMap<String, Vec<usize>> {
    BTreeMap::new()
}

#[test]
fn shapes_that_the_model_computes_are_folded() {
    // Shape -> Gather -> Concat -> Reshape, as PyTorch exports `view(x.size(0), -1)`.
    let mut graph = GraphBuilder::new("view");
    graph.input(
        "x",
        ElementType::F32,
        ["batch".into(), cadet_onnx::Dim::from(2), 3.into()],
    );
    graph.constant_i64("zero", &[1], &[0]);
    graph.constant_i64("rest", &[1], &[-1]);
    graph.node("Shape", "shape", &["x"], &["x_shape"]);
    graph
        .node("Gather", "gather", &["x_shape", "zero"], &["batch"])
        .attribute("axis", 0);
    graph
        .node("Concat", "concat", &["batch", "rest"], &["new_shape"])
        .attribute("axis", 0);
    graph.node("Reshape", "view", &["x", "new_shape"], &["y"]);
    graph.output("y", ElementType::F32, [1, 6]);
    let graph = import(&graph.encode(), &no_shapes(), None).unwrap();
    assert_eq!(graph.nodes.len(), 1);
    assert_eq!(graph.nodes[0].op, Op::Reshape);
    assert_eq!(graph.shape(graph.outputs[0]), [1, 6]);
}

#[test]
fn all_unsupported_nodes_are_named_at_once() {
    let mut graph = GraphBuilder::new("odd");
    graph.input("x", ElementType::F32, [1, 4]);
    graph.node("Bernoulli", "first", &["x"], &["a"]);
    graph.node("NoSuchOp", "second", &["a"], &["b"]);
    graph.node("Relu", "fine", &["b"], &["c"]);
    graph.node("RandomUniformLike", "third", &["x"], &["d"]);
    graph.node("Add", "sum", &["c", "d"], &["y"]);
    graph.output("y", ElementType::F32, [1, 4]);
    let error = import(&graph.encode(), &no_shapes(), None).unwrap_err();
    let CompileError::Unsupported(nodes) = error else {
        panic!("{error}");
    };
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["first", "second", "third"]);
    assert_eq!(nodes[0].input_shapes, ["[1, 4]"]);
}

#[test]
fn padding_is_resolved() {
    for (auto_pad, wanted) in [
        ("SAME_UPPER", ([0, 0, 0], [0, 1, 1])),
        ("SAME_LOWER", ([0, 1, 1], [0, 0, 0])),
        ("VALID", ([0, 0, 0], [0, 0, 0])),
    ] {
        let mut graph = GraphBuilder::new("conv");
        graph.input("x", ElementType::F32, [1, 1, 6, 6]);
        graph.constant_f32("w", &[1, 1, 3, 3], &[1.0; 9]);
        graph
            .node("Conv", "conv", &["x", "w"], &["y"])
            .attribute("auto_pad", auto_pad)
            .attribute("strides", [2, 2]);
        let extent = if auto_pad == "VALID" { 2 } else { 3 };
        graph.output("y", ElementType::F32, [1, 1, extent, extent]);
        let graph = import(&graph.encode(), &no_shapes(), None).unwrap();
        let Op::Conv { window, .. } = graph.nodes[0].op else {
            panic!("not a convolution");
        };
        assert_eq!((window.pads_begin, window.pads_end), wanted, "{auto_pad}");
    }
}

#[test]
fn damaged_models_are_errors() {
    let mut graph = GraphBuilder::new("relu");
    graph.input("x", ElementType::F32, [1, 4]);
    graph.node("Relu", "relu", &["x"], &["y"]);
    graph.output("y", ElementType::F32, [1, 4]);
    let bytes = graph.encode();
    for length in 0..bytes.len() {
        // Some prefixes are models of their own; none may panic.
        let _ = import(&bytes[..length], &no_shapes(), None);
    }
    assert!(matches!(
        import(&bytes[..20], &no_shapes(), None),
        Err(CompileError::Parse(_))
    ));
    let given = BTreeMap::from([("z".to_string(), vec![1, 4])]);
    assert!(matches!(
        import(&bytes, &given, None),
        Err(CompileError::Option { .. })
    ));
}

#[test]
fn a_slope_wider_than_its_input_is_refused() {
    let mut graph = GraphBuilder::new("prelu");
    graph.input("x", ElementType::F32, [4, 5]);
    graph.input("slope", ElementType::F32, [3, 4, 5]);
    graph.node("PRelu", "prelu", &["x", "slope"], &["y"]);
    graph.output("y", ElementType::F32, [3, 4, 5]);
    let error = import(&graph.encode(), &no_shapes(), None).unwrap_err();
    assert!(error.to_string().contains("do not broadcast"), "{error}");
}
