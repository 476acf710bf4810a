//! Damaged models: the compiler may refuse them or compile nonsense, but it does not panic.

use cadet_compiler::{CompileError, Options, compile};
use cadet_onnx::{ElementType, GraphBuilder};
use proptest::prelude::*;

/// A model of some operators whose attributes and shapes have much to contradict.
fn model() -> Vec<u8> {
    let mut graph = GraphBuilder::new("net");
    graph.input("x", ElementType::F32, [1, 2, 6, 6]);
    graph.constant_f32("w", &[4, 1, 3, 3], &[0.1; 36]);
    graph
        .node("Conv", "conv", &["x", "w"], &["c"])
        .attribute("group", 2)
        .attribute("pads", &[1i64, 1, 1, 1][..])
        .attribute("strides", &[2i64, 2][..]);
    graph
        .node("MaxPool", "pool", &["c"], &["p"])
        .attribute("kernel_shape", &[2i64, 2][..]);
    graph
        .node("Transpose", "turn", &["p"], &["t"])
        .attribute("perm", &[0i64, 2, 3, 1][..]);
    graph
        .node("Flatten", "flat", &["t"], &["f"])
        .attribute("axis", 1);
    graph.constant_f32("d", &[16, 3], &[0.1; 48]);
    graph.node("Gemm", "dense", &["f", "d"], &["g"]);
    graph
        .node("Softmax", "softmax", &["g"], &["y"])
        .attribute("axis", -1);
    graph.output("y", ElementType::F32, [1, 3]);
    graph.encode()
}

/// `cargo xtask test --full` tries many more.
fn cases() -> u32 {
    match std::env::var_os("CADET_FULL") {
        Some(_) => 1 << 15,
        None => 256,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn no_bytes_make_the_compiler_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let mut bytes = model();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = compile(&bytes, &Options::float());
    }
}

#[test]
fn the_model_itself_compiles() {
    compile(&model(), &Options::float()).unwrap();
}

#[test]
fn pooling_over_nothing_is_refused() {
    for operator in ["AveragePool", "MaxPool", "LpPool", "GlobalMaxPool"] {
        let mut graph = GraphBuilder::new("net");
        graph.input("x", ElementType::F32, [1, 1, 0, 4]);
        let node = graph.node(operator, "pool", &["x"], &["y"]);
        if !operator.starts_with("Global") {
            node.attribute("kernel_shape", &[2i64, 2][..])
                .attribute("dilations", &[2i64, 2][..])
                .attribute("ceil_mode", 1);
        }
        graph.output("y", ElementType::F32, [1, 1, 1, 1]);
        let error = compile(&graph.encode(), &Options::float()).unwrap_err();
        assert!(matches!(error, CompileError::Unsupported(_)), "{error}");
    }
}
