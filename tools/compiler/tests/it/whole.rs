//! Models that are packaged whole: run by tract on hosts, refused by the engine.

use cadet_compiler::{CompileError, Options, compile, package_whole};
use cadet_format::{Error, package_crc};
use cadet_host::{HostMemory, PackageFile, read_real, write_real};
use cadet_onnx::{Dim, ElementType, GraphBuilder};
use cadet_runtime::{Memory, Session, kernels};

use crate::onnx_runtime::Reference;
use crate::support::Generator;

/// A small network with an open batch whose activation is computed in double precision.
fn model() -> Vec<u8> {
    let mut random = Generator::new(7);
    let mut weights = |len: usize| -> Vec<f32> { (0..len).map(|_| random.normal()).collect() };
    let mut graph = GraphBuilder::new("wide");
    graph.input::<Dim>(
        "x",
        ElementType::F32,
        ["N".into(), 2.into(), 8.into(), 8.into()],
    );
    graph.constant_f32("w", &[4, 2, 3, 3], &weights(72));
    graph.node("Conv", "conv", &["x", "w"], &["c"]);
    graph
        .node("Cast", "widen", &["c"], &["d"])
        .attribute("to", 11);
    graph.node("Tanh", "tanh", &["d"], &["t"]);
    graph
        .node("Cast", "narrow", &["t"], &["n"])
        .attribute("to", 1);
    graph.node("Flatten", "flatten", &["n"], &["f"]);
    graph.constant_f32("v", &[144, 5], &weights(720));
    graph.node("MatMul", "dense", &["f", "v"], &["y"]);
    graph
        .node("ArgMax", "class", &["y"], &["k"])
        .attribute("axis", 1);
    graph.output::<Dim>("y", ElementType::F32, ["N".into(), 5.into()]);
    graph.output::<Dim>("k", ElementType::I64, ["N".into(), 1.into()]);
    graph.encode()
}

fn packaged() -> Vec<u8> {
    let onnx = model();
    let options = Options::float();
    let Err(CompileError::Unsupported(nodes)) = compile(&onnx, &options) else {
        panic!("double precision is not supported");
    };
    let names: Vec<&str> = nodes.iter().map(|node| &node.name[..]).collect();
    assert_eq!(names, ["widen", "tanh", "narrow"]);
    let whole = package_whole(&onnx, &options, nodes.clone()).unwrap();
    let again = package_whole(&onnx, &options, nodes.clone()).unwrap();
    assert_eq!(
        whole.package, again.package,
        "the same model, the same package"
    );
    assert_eq!(whole.report.fallback, nodes);
    assert_eq!(whole.report.steps.len(), 7);
    assert!(whole.report.steps.iter().all(|step| step.kernel == "tract"));
    whole.package
}

#[test]
fn a_host_runs_it_and_the_engine_refuses_it() {
    let file = PackageFile::from_bytes(&packaged()).unwrap();
    let package = file.package().unwrap();
    assert_eq!(package.onnx(), Some(&model()[..]));
    let refused = Session::new(package, Memory::default(), kernels::ALL);
    assert_eq!(refused.err(), Some(Error::NeedsHost));

    let mut memory = HostMemory::for_package(&package);
    let mut session = memory.session(package).unwrap();
    assert_eq!(session.input_info(0, 0).unwrap().dims, [1, 2, 8, 8]);
    write_real(&mut session, 0, 0, &[0.5; 128]).unwrap();
    session.run(0).unwrap();
    let scores = read_real(&session, 0, 0).unwrap();
    let best = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    let class: &[i64] = session.read_output(0, 1).unwrap();
    assert_eq!(best.map(|(class, _)| class as i64), Some(class[0]));
    assert!(session.run(1).is_err() && session.step(0, 1).is_err());
    assert!(session.input_info(0, 1).is_err() && session.output(0, 2).is_err());
}

#[test]
fn its_results_are_onnx_runtime_s() {
    let Some(python) = crate::support::python() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.onnx");
    std::fs::write(&path, model()).unwrap();
    let mut random = Generator::new(1);
    let inputs: Vec<f32> = (0..20 * 128).map(|_| random.normal()).collect();
    let reference = Reference::new(&python, &path, &inputs);
    let (_, place) = reference
        .tensors
        .iter()
        .find(|(name, _)| name == "y")
        .unwrap();

    let file = PackageFile::from_bytes(&packaged()).unwrap();
    let package = file.package().unwrap();
    let mut memory = HostMemory::for_package(&package);
    let mut session = memory.session(package).unwrap();
    let runs = reference.values.chunks_exact(reference.run_len);
    for (sample, wanted) in inputs.chunks_exact(128).zip(runs) {
        write_real(&mut session, 0, 0, sample).unwrap();
        session.run(0).unwrap();
        let found = read_real(&session, 0, 0).unwrap();
        for (found, wanted) in found.iter().zip(&wanted[place.clone()]) {
            assert!((found - wanted).abs() < 1e-4, "{found} {wanted}");
        }
    }
}

#[test]
fn golden_outputs_are_what_a_host_computes() {
    let file = PackageFile::from_bytes(&packaged()).unwrap();
    let package = file.package().unwrap();
    let golden = package.golden().unwrap();
    assert!(golden.vectors() == 2 && !golden.is_exact());
    let mut memory = HostMemory::for_package(&package);
    let mut session = memory.session(package).unwrap();
    for vector in 0..2 {
        let mut generator = golden.generator(vector).unwrap();
        let dtype = session.input_info(0, 0).unwrap().dtype;
        generator.fill(dtype, session.input_mut(0, 0).unwrap());
        session.run(0).unwrap();
        let outputs = [session.output(0, 0).unwrap(), session.output(0, 1).unwrap()];
        assert_eq!(package.golden_output(vector), Some(&outputs.concat()[..]));
    }
    assert_eq!(package.golden_output(2), None);
}

#[test]
fn what_tract_gets_wrong_is_not_packaged() {
    let mut graph = GraphBuilder::new("backwards");
    graph.input("x", ElementType::F32, [3, 1, 2]);
    graph.constant_f32("w", &[1, 4, 2], &[0.1; 8]);
    graph.constant_f32("r", &[1, 4, 1], &[0.1; 4]);
    graph
        .node("LSTM", "lstm", &["x", "w", "r"], &["y"])
        .attribute("hidden_size", 1)
        .attribute("direction", "reverse");
    graph.output("y", ElementType::F32, [3, 1, 1, 1]);
    let error = package_whole(&graph.encode(), &Options::float(), Vec::new()).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("LSTM run backwards (`lstm`)"), "{error}");
}

#[test]
fn options_for_compiled_steps_are_refused() {
    let options = Options::int8(vec![vec![0.0; 128]]);
    let error = package_whole(&model(), &options, Vec::new()).unwrap_err();
    assert!(matches!(
        error,
        CompileError::Option {
            option: "precision",
            ..
        }
    ));
}

#[test]
fn no_damaged_graph_makes_a_host_panic() {
    let good = packaged();
    let mut random = Generator::new(3);
    for _ in 0..300 {
        let mut bytes = good.clone();
        for _ in 0..3 {
            let at = 192 + (random.uniform() * (bytes.len() - 192) as f32) as usize;
            bytes[at] = (random.uniform() * 256.0) as u8;
        }
        let crc = package_crc(&bytes).unwrap();
        bytes[124..128].copy_from_slice(&crc.to_le_bytes());
        let Ok(file) = PackageFile::from_bytes(&bytes) else {
            continue;
        };
        let package = file.package().unwrap();
        let mut memory = HostMemory::for_package(&package);
        if let Ok(mut session) = memory.session(package) {
            let _ = session.run(0);
        }
    }
}
