//! The graph of an exported decoder.

use std::collections::BTreeMap;

use cadet_decoder::{DecoderConfig, DecoderError, DecoderWeights, Family, export};
use cadet_onnx::proto::{GraphProto, ModelProto};
use prost::Message;

use crate::support::config;

fn graph(config: DecoderConfig) -> GraphProto {
    let weights = DecoderWeights::random(config, 1).unwrap();
    let model = ModelProto::decode(export(&weights).unwrap().as_slice()).unwrap();
    assert_eq!(model.opset_import[0].version, Some(23));
    model.graph.unwrap()
}

/// How many nodes there are of each kind.
fn kinds(graph: &GraphProto) -> BTreeMap<&str, usize> {
    let mut kinds = BTreeMap::new();
    for node in &graph.node {
        *kinds.entry(node.op_type()).or_default() += 1;
    }
    kinds
}

#[test]
fn layers_have_the_nodes_that_compilers_know() {
    let graph = graph(config(Family::Qwen3));
    let of_layer = [
        ("RMSNormalization", 4),
        ("MatMul", 7),
        ("Reshape", 4),
        ("RotaryEmbedding", 2),
        ("Attention", 1),
        ("Sigmoid", 1),
        ("Mul", 2),
        ("Add", 2),
    ];
    let once = ["RMSNormalization", "MatMul", "Gather", "Cast", "Unsqueeze"];
    let mut wanted = BTreeMap::new();
    for (kind, count) in of_layer {
        *wanted.entry(kind).or_default() += 2 * count;
    }
    for kind in once.into_iter().chain(["Shape", "Concat", "Expand"]) {
        *wanted.entry(kind).or_default() += 1;
    }
    assert_eq!(kinds(&graph), wanted);
    let names: Vec<&str> = graph.node.iter().map(|node| node.name()).collect();
    assert!(names.contains(&"/model/layers.1/self_attn/q_proj"));
    assert!(names.contains(&"/lm_head"));
}

#[test]
fn a_tied_embedding_is_stored_once() {
    let tied = graph(DecoderConfig {
        is_tied: true,
        ..config(Family::Llama)
    });
    assert_eq!(kinds(&tied)["Transpose"], 1);
    let large = |graph: &GraphProto| {
        let tensors = graph.initializer.iter();
        tensors.filter(|tensor| tensor.dims.contains(&50)).count()
    };
    assert_eq!(large(&tied), 1);
    assert_eq!(large(&graph(config(Family::Llama))), 2);
}

#[test]
fn what_protobuf_cannot_hold_is_refused() {
    let long = DecoderConfig {
        context: 1 << 30,
        ..config(Family::Llama)
    };
    let weights = DecoderWeights::random(long, 1).unwrap();
    let error = export(&weights).unwrap_err();
    assert!(matches!(error, DecoderError::TooLarge { bytes } if bytes > 1 << 35));
}
