//! What packages say of themselves.

use cadet_compiler::{Board, IoLayout, Options, compile, fit};
use cadet_format::{Manifest, Package, TargetId, board_id};
use cadet_onnx::{ElementType, GraphBuilder};

use crate::support::Machine;

fn model() -> Vec<u8> {
    let mut graph = GraphBuilder::new("scores");
    graph.input("samples", ElementType::F32, [1, 4]);
    graph.constant_f32("w", &[3, 4], &[0.5; 12]);
    graph
        .node("Gemm", "head\nof it", &["samples", "w"], &["raw"])
        .attribute("transB", 1);
    graph.node("Softmax", "softmax", &["raw"], &["probabilities"]);
    graph.output("probabilities", ElementType::F32, [1, 3]);
    graph.encode()
}

fn options() -> Options {
    Options {
        target: TargetId::ArmV7EM,
        board: Some(Board {
            name: "some-board".into(),
            flash_bytes: 2000,
            ram_bytes: 40,
        }),
        security_version: 7,
        labels: vec!["yes".into(), "no".into(), "maybe".into()],
        preprocessing: "none".into(),
        provenance: [("teacher".to_string(), "t1".to_string())].into(),
        ..Options::float()
    }
}

#[test]
fn header_and_manifest_say_what_the_options_said() {
    let compiled = compile(&model(), &options()).unwrap();
    Machine::new(&compiled).with_session(|session| {
        let package: &Package<'_> = session.package();
        let header = package.header();
        assert_eq!(header.board, board_id("some-board"));
        assert_eq!(header.security_version, 7);
        assert_eq!(package.target(), TargetId::ArmV7EM);
        assert_eq!(header.arena_bytes[0] as usize, compiled.report.arena_bytes);
        let manifest = Manifest::decode(package.manifest_bytes()).unwrap();
        assert_eq!(manifest.model, "scores");
        assert_eq!(manifest.inputs, "samples");
        assert_eq!(manifest.outputs, "probabilities");
        assert_eq!(manifest.steps, "head of it\nsoftmax");
        assert_eq!(manifest.labels, "yes\nno\nmaybe");
        let facts: Vec<&str> = manifest.provenance.lines().collect();
        assert!(facts.contains(&"teacher=t1") && facts.contains(&"options.precision=f32"));
        assert!(facts.iter().any(|fact| fact.starts_with("model.opset=")));
        assert_eq!(
            package.golden().map(|golden| golden.is_exact()),
            Some(false)
        );
    });
}

#[test]
fn a_fit_reports_what_compiling_does() {
    for options in [options(), Options::int8(vec![vec![1.0, -1.0, 0.5, 0.0]])] {
        let compiled = compile(&model(), &options).unwrap();
        let report = fit(&model(), &options).unwrap();
        assert_eq!(report.flash.total, compiled.package.len());
        assert_eq!(report.arena_bytes, compiled.report.arena_bytes);
        assert_eq!(report.macs, 12);
    }
    let report = fit(&model(), &options()).unwrap();
    // 16 bytes of input, 12 of scores, at multiples of 16.
    assert_eq!(report.arena_bytes, 28);
    let fit = report.fit.unwrap();
    assert!(fit.fits());
    assert_eq!(fit.ram_left_bytes, 12);
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    let samples = vec![vec![1.0, -1.0, 0.5, 0.0]];
    for options in [options(), Options::int8(samples)] {
        let packages = [(); 2].map(|()| compile(&model(), &options).unwrap().package);
        assert_eq!(packages[0], packages[1]);
    }
}

#[test]
fn weights_for_hosts_lie_on_cache_lines() {
    let options = Options {
        target: TargetId::X86_64,
        board: None,
        ..options()
    };
    let compiled = compile(&model(), &options).unwrap();
    Machine::new(&compiled).with_session(|session| {
        assert_eq!(session.package().header().base_alignment, 64);
        session.write_input(0, 0, &[1.0_f32; 4]).unwrap();
        session.run(0).unwrap();
        let third = 1.0_f32 / 3.0;
        let output: &[f32] = session.read_output(0, 0).unwrap();
        assert!(output.iter().all(|value| (value - third).abs() < 1e-6));
    });
}

#[test]
fn a_constant_output_lies_in_the_weights() {
    let mut graph = GraphBuilder::new("constant");
    graph.input("x", ElementType::F32, [1, 4]);
    graph.constant_f32(
        "c",
        &[1, 2, 2, 2],
        &[-1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
    );
    graph.node("Relu", "relu", &["c"], &["y"]);
    graph.output("y", ElementType::F32, [1, 2, 2, 2]);
    let in_order = |io, wanted: &[f32]| {
        let options = Options {
            io,
            ..Options::float()
        };
        let compiled = compile(&graph.encode(), &options).unwrap();
        assert_eq!(compiled.report.arena_bytes, 16, "the input alone");
        Machine::new(&compiled).with_session(|session| {
            session.run(0).unwrap();
            assert_eq!(session.read_output::<f32>(0, 0).unwrap(), wanted);
        });
    };
    in_order(IoLayout::Onnx, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    let channels_last = [0.0, 4.0, 1.0, 5.0, 2.0, 6.0, 3.0, 7.0];
    in_order(IoLayout::ChannelsLast, &channels_last);
}

/// The seed of an int8 model's golden vectors and the steps that none exercises.
fn golden_of(bias: f32) -> (u32, Vec<String>) {
    let mut graph = GraphBuilder::new("relu");
    graph.input("x", ElementType::F32, [1, 4]);
    graph.constant_f32("w", &[4, 4], &[1.0, -1.0, 0.5, 0.25].repeat(4));
    graph.constant_f32("b", &[4], &[bias; 4]);
    graph.node("Gemm", "dense", &["x", "w", "b"], &["d"]);
    graph.node("Relu", "relu", &["d"], &["y"]);
    graph.output("y", ElementType::F32, [1, 4]);
    let samples = vec![vec![1.0; 4], vec![-1.0; 4]];
    let compiled = compile(&graph.encode(), &Options::int8(samples)).unwrap();
    let golden = compiled.report.golden.unwrap();
    (golden.seed, golden.unexercised)
}

#[test]
fn golden_vectors_are_chosen_to_exercise_every_step() {
    assert_eq!(golden_of(0.0), (1, Vec::new()));
    // So low a bias that few inputs get through.
    let (seed, unexercised) = golden_of(-2.5);
    assert!(seed > 1, "the first vectors were good enough");
    assert!(unexercised.is_empty(), "{unexercised:?}");
    // So low that none does.
    assert_eq!(golden_of(-1000.0).1, ["dense"]);
}

#[test]
fn a_model_without_steps_has_no_golden_vectors() {
    let mut graph = GraphBuilder::new("nothing");
    graph.input("x", ElementType::F32, [1, 4]);
    graph.node("Identity", "same", &["x"], &["y"]);
    graph.output("y", ElementType::F32, [1, 4]);
    let compiled = compile(&graph.encode(), &Options::float()).unwrap();
    assert!(compiled.report.steps.is_empty());
    assert_eq!(compiled.report.golden.as_ref().unwrap().vectors, 0);
    Machine::new(&compiled).with_session(|session| {
        assert_eq!(session.package().golden().unwrap().vectors(), 0);
    });
}
