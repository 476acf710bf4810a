//! The arenas of the MLPerf Tiny models, measured by painting.

use crate::support::{Generator, Machine};
use cadet_compiler::{Options, Strips, compile};

/// Elements of the input of each model, and the most bytes that its int8 arena may take.
const MODELS: [(&str, usize, usize); 4] = [
    ("kws_ref_model_float32", 490, 9_500),
    ("vww_96_float32", 96 * 96 * 3, 40_000),
    ("ic_pretrainedResnet_float32", 32 * 32 * 3, 34_000),
    ("ad01_float32", 640, 800),
];

#[test]
fn int8_arenas_are_small() {
    for (model, elements, most) in MODELS {
        let path = crate::support::data(&format!("mlperf-tiny/onnx/{model}.onnx"));
        let Some(path) = path else { return };
        let mut random = Generator::new(1);
        let sample = (0..elements).map(|_| random.normal()).collect();
        // The models' own inputs have their channels last.
        let options = Options::int8(vec![sample]);
        let onnx = std::fs::read(path).unwrap();
        let compiled = compile(&onnx, &options).unwrap();
        let apart = Options {
            overlap: false,
            ..options
        };
        let apart = compile(&onnx, &apart).unwrap().report;
        let measured = Machine::new(&compiled)
            .with_session(|session| cadet_host::measure_memory(session.package()).unwrap());
        let report = &compiled.report;
        println!(
            "{model}: {} bytes touched of {}, bound {}; without overlap {}, bound {}",
            measured.arena.touched,
            report.arena_bytes,
            report.arena_lower_bound_bytes,
            apart.arena_bytes,
            apart.arena_lower_bound_bytes,
        );
        assert!(measured.arena.guards_intact, "{model}");
        assert_eq!(measured.arena.promised as usize, report.arena_bytes);
        assert!(measured.arena.touched <= measured.arena.promised, "{model}");
        assert!(report.arena_bytes <= most, "{model}");
        assert!(report.arena_lower_bound_bytes <= report.arena_bytes);
    }
}

/// Row by row, not even the input of the visual wake words model is in memory as a whole.
#[test]
fn strips_fit_where_the_input_does_not() {
    let Some(path) = crate::support::data("mlperf-tiny/onnx/vww_96_int8.onnx") else {
        return;
    };
    let onnx = std::fs::read(path).unwrap();
    let whole = compile(&onnx, &Options::float()).unwrap();
    let options = Options {
        strips: Strips::Fed,
        ..Options::float()
    };
    let fed = compile(&onnx, &options).unwrap();
    assert_eq!(fed.report.macs, whole.report.macs);
    let [input] = &fed.report.inputs[..] else {
        panic!("one input");
    };
    let elements: usize = input.shape.iter().product();
    let mut random = Generator::new(3);
    let image: Vec<i8> = (0..elements)
        .map(|_| (random.uniform() * 256.0 - 128.0) as i8)
        .collect();
    let wanted = Machine::new(&whole).with_session(|session| {
        session.write_input(0, 0, &image).unwrap();
        session.run(0).unwrap();
        session.output(0, 0).unwrap().to_vec()
    });
    Machine::new(&fed).with_session(|session| {
        let bytes: &[u8] = bytemuck::cast_slice(&image);
        let mut feed = |offset: usize, part: &mut [u8]| {
            part.copy_from_slice(&bytes[offset..][..part.len()]);
            Ok(())
        };
        session.run_fed(0, &mut feed).unwrap();
        assert_eq!(session.output(0, 0).unwrap(), wanted);
        let measured = cadet_host::measure_memory(session.package()).unwrap();
        println!(
            "{} bytes touched, strips {:?}",
            measured.arena.touched, fed.report.strips
        );
        assert!(measured.arena.guards_intact);
        assert!(measured.arena.touched <= measured.arena.promised);
        assert!(measured.arena.promised <= 24_000);
    });
}
