//! Arm's keyword spotters DS-CNN S, M and L on 1,000 clips: accuracy in f32, and what int8 keeps of it.
//!
//! The clips are split once, by the hash of their names: 200 to calibrate, 200 to choose the steps
//! that stay in floats, 600 to test. M and L run where `CADET_FULL` is 1.

use cadet_compiler::{
    Budget, Calibration, CompileError, Compiled, Goal, Options, PortReport, Precision, Range,
    Weights, compile, promote,
};
use sha2::{Digest, Sha256};

use crate::support::{Machine, data};

const ELEMENTS: usize = 490;
/// Share of the decisions to select by that are to stay the same: with none of 200 lost, at most 1.5 % of others
/// are, by 95 % confidence.
const FLOOR: f64 = 1.0;

struct Clip {
    features: Vec<f32>,
    class: usize,
}

struct Split {
    calibration: Vec<Clip>,
    selection: Vec<Clip>,
    test: Vec<Clip>,
}

fn clips() -> Option<Split> {
    let labels = std::fs::read_to_string(data("ml-kws-for-mcu/features/labels.csv")?).unwrap();
    let bytes = std::fs::read(data("ml-kws-for-mcu/features/mfcc_1000x49x10_f32.bin")?).unwrap();
    let rows = bytes.chunks_exact(4 * ELEMENTS);
    let mut clips: Vec<([u8; 32], Clip)> = labels
        .lines()
        .zip(rows)
        .map(|(line, row)| {
            let mut fields = line.split(',');
            let name = fields.next().unwrap();
            let floats = row.chunks_exact(4);
            let clip = Clip {
                features: floats
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect(),
                class: fields.next().unwrap().parse().unwrap(),
            };
            (Sha256::digest(name).into(), clip)
        })
        .collect();
    assert_eq!(clips.len(), 1000);
    clips.sort_by_key(|(hash, _)| *hash);
    let mut clips = clips.into_iter().map(|(_, clip)| clip);
    let mut take = |count: usize| clips.by_ref().take(count).collect();
    Some(Split {
        calibration: take(200),
        selection: take(200),
        test: take(600),
    })
}

/// The class that a model decides on for each clip.
fn decisions<'c>(compiled: &Compiled, clips: impl IntoIterator<Item = &'c Clip>) -> Vec<usize> {
    let input = &compiled.report.inputs[0];
    let is_float = |port: &PortReport| port.dtype == "f32";
    let mut machine = Machine::new(compiled);
    let mut decide = |clip: &Clip| {
        machine.with_session(|session| {
            if is_float(input) {
                session.write_input(0, 0, &clip.features).unwrap();
            } else {
                let quantise = |value: &f32| {
                    let steps = (value / input.scale).round_ties_even() + input.zero_point as f32;
                    steps.clamp(-128.0, 127.0) as i8
                };
                let integers: Vec<i8> = clip.features.iter().map(quantise).collect();
                session.write_input(0, 0, &integers).unwrap();
            }
            session.run(0).unwrap();
            if is_float(&compiled.report.outputs[0]) {
                argmax(session.read_output::<f32>(0, 0).unwrap())
            } else {
                argmax(session.read_output::<i8>(0, 0).unwrap())
            }
        })
    };
    clips.into_iter().map(&mut decide).collect()
}

fn argmax<T: PartialOrd>(values: &[T]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

fn share(count: usize, total: usize) -> f64 {
    100.0 * count as f64 / total as f64
}

fn agreed(a: &[usize], b: &[usize]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a == b).count()
}

fn check(model: &str, accuracy: f64) {
    let Some(path) = data(&format!("ml-kws-for-mcu/onnx/{model}.onnx")) else {
        return;
    };
    let Some(split) = clips() else {
        return;
    };
    let onnx = std::fs::read(path).unwrap();
    let float = compile(&onnx, &Options::float()).unwrap();
    let all = split
        .calibration
        .iter()
        .chain(&split.selection)
        .chain(&split.test);
    let float_all = decisions(&float, all.clone());
    let right = all
        .zip(&float_all)
        .filter(|(clip, class)| clip.class == **class);
    let float_accuracy = share(right.count(), 1000);
    assert!(
        (float_accuracy - accuracy).abs() < 0.05,
        "{model} in f32: {float_accuracy} %, published {accuracy} %"
    );

    let calibration = split.calibration.iter().map(|clip| clip.features.clone());
    let samples: Vec<Vec<f32>> = calibration.collect();
    // The first MFCC is many times the others, which one scale for the whole input cannot hold; and near ties
    // are lost in the steps of an int8 softmax.
    let steps = &float.report.steps;
    let name = |op: &str| {
        let step = steps.iter().find(|step| step.op == op);
        step.unwrap().name.clone()
    };
    let options = Options {
        precision: Precision::Int8(Calibration {
            samples,
            range: Range::Percentile(0.0005),
        }),
        kept_float: ["Conv", "Gemm", "Softmax"].map(name).into(),
        bias_correction: true,
        weights: Weights::F16,
        ..Options::float()
    };
    let goal = Goal {
        floor: FLOOR,
        budget: Budget::default(),
    };
    let float_selection = &float_all[200..400];
    let score = |compiled: &Compiled| {
        let same = agreed(&decisions(compiled, &split.selection), float_selection);
        Ok::<_, CompileError>(same as f64 / 200.0)
    };
    let found = promote(&onnx, &options, &goal, score, |trial| println!("{trial:?}")).unwrap();
    let (compiled, selected) = (found.best.unwrap(), found.score);

    let (ours, theirs) = (decisions(&compiled, &split.test), &float_all[400..]);
    let agreement = share(agreed(&ours, theirs), 600);
    let truth: Vec<usize> = split.test.iter().map(|clip| clip.class).collect();
    // Paired: only clips that one of the two gets right and the other wrong tell of a difference.
    let pairs = || ours.iter().zip(theirs).zip(&truth);
    let lost = pairs().filter(|((a, b), t)| a != t && b == t).count() as f64;
    let won = pairs().filter(|((a, b), t)| a == t && b != t).count() as f64;
    let drop = 100.0 * (lost - won) / 600.0;
    let variance = (lost + won - (lost - won).powi(2) / 600.0).max(0.0);
    let half = 1.96 * 100.0 * variance.sqrt() / 600.0;
    let macs = |of: &dyn Fn(&str) -> bool| -> u64 {
        let steps = compiled.report.steps.iter();
        steps.filter(|it| of(&it.kernel)).map(|it| it.macs).sum()
    };
    let int8_macs = share(
        macs(&|kernel| kernel.contains(".i8")) as usize,
        macs(&|_| true) as usize,
    );
    println!(
        "{model}: f32 {float_accuracy:.1} % on 1,000 clips; {} of {} steps in floats, {int8_macs:.0} % of the MACs in \
         int8 (agrees on {selected} of those to select): on the 600 to test argmax agrees in {agreement:.2} %, accuracy drop {drop:.2} points \
         (95 % {:.2} to {:.2}); package {} B (f32 {} B), arena {} B",
        found.kept_float.len(),
        steps.len(),
        drop - half,
        drop + half,
        compiled.report.flash.total,
        float.report.flash.total,
        compiled.report.arena_bytes
    );
    assert!(
        agreement >= 98.5,
        "{model}: {agreement} % of the decisions agree"
    );
    assert!(drop <= 1.0, "{model}: {drop} points lost");
}

#[test]
fn small_keeps_its_decisions() {
    check("DS_CNN_S", 88.0);
}

#[test]
fn medium_and_large_keep_their_decisions() {
    if std::env::var_os("CADET_FULL").is_none_or(|full| full != "1") {
        println!("skipped: set CADET_FULL=1");
        return;
    }
    check("DS_CNN_M", 88.8);
    check("DS_CNN_L", 90.1);
}
