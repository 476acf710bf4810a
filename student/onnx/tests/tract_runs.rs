//! What the builder writes runs in tract, through the host runner.

use cadet_host::{OnnxError, OnnxRunner};
use cadet_onnx::{Dim, ElementType, GraphBuilder};

/// `y = relu(x . w)` for rows of three values.
fn dense(batch: Dim) -> Vec<u8> {
    let mut graph = GraphBuilder::new("dense");
    graph.input("x", ElementType::F32, [batch.clone(), Dim::Fixed(3)]);
    graph.constant_f32("w", &[3, 2], &[1.0, -1.0, 2.0, 0.0, 0.5, 0.5]);
    graph.node("Gemm", "gemm", &["x", "w"], &["sum"]);
    graph.node("Relu", "relu", &["sum"], &["y"]);
    graph.output("y", ElementType::F32, [batch, Dim::Fixed(2)]);
    graph.encode()
}

#[test]
fn an_open_batch_is_closed_and_a_fixed_one_kept() {
    let rows: &[f32] = &[1.0, 2.0, 4.0, 0.0, 1.0, -2.0];
    let open = OnnxRunner::from_bytes(&dense("N".into()), 2).unwrap();
    assert_eq!(open.inputs()[0].name, "x");
    let outputs = open.run(&[(rows, &[2, 3])]).unwrap();
    assert_eq!(outputs[0].shape, [2, 2]);
    assert_eq!(outputs[0].values, [7.0, 1.0, 1.0, 0.0]);

    let fixed = OnnxRunner::from_bytes(&dense(1.into()), 2).unwrap();
    assert_eq!(fixed.inputs()[0].shape, [1, 3]);
    assert_eq!(fixed.outputs()[0].shape, [1, 2]);
}

#[test]
fn wrong_inputs_and_models_are_named() {
    let runner = OnnxRunner::from_bytes(&dense(1.into()), 1).unwrap();
    let error = runner.run(&[(&[0.0; 4], &[1, 4])]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("input `x` is [1, 3], got [1, 4]")
    );
    assert!(matches!(
        runner.run(&[]),
        Err(OnnxError::InputCount {
            expected: 1,
            got: 0
        })
    ));
    assert!(matches!(
        OnnxRunner::from_bytes(b"no model", 1),
        Err(OnnxError::Load { .. })
    ));
    assert!(matches!(
        OnnxRunner::load("/nowhere/model.onnx", 1),
        Err(OnnxError::Io { .. })
    ));
}
