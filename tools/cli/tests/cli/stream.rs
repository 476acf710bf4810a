//! `--stream`: a model over time, frame by frame.

use std::fs;

use cadet_onnx::{ElementType, GraphBuilder};

use crate::support::{Desk, json};

const FRAMES: usize = 12;

/// A causal convolution of `[1, 12, 2]` over time, and the mean of what comes of it.
fn model() -> Vec<u8> {
    let mut graph = GraphBuilder::new("over time");
    graph.input("x", ElementType::F32, [1, FRAMES, 2]);
    graph
        .node("Transpose", "turned", &["x"], &["t"])
        .attribute("perm", [0, 2, 1]);
    let weights: Vec<f32> = (0..18).map(|i| (i % 5) as f32 - 1.5).collect();
    graph.constant_f32("w", &[3, 2, 3], &weights);
    graph
        .node("Conv", "conv", &["t", "w"], &["c"])
        .attribute("pads", [2, 0])
        .attribute("strides", [2]);
    graph.node("Relu", "relu", &["c"], &["frames"]);
    graph.node("GlobalAveragePool", "mean", &["frames"], &["mean"]);
    graph.output("frames", ElementType::F32, [1, 3, FRAMES / 2]);
    graph.output("mean", ElementType::F32, [1, 3, 1]);
    graph.encode()
}

fn desk() -> Desk {
    let desk = Desk::new();
    fs::write(desk.path("time.onnx"), model()).unwrap();
    let frames: Vec<f32> = (0..2 * FRAMES).map(|i| (i * i % 7) as f32 - 1.0).collect();
    fs::write(desk.path("window.jsonl"), format!("{frames:?}\n")).unwrap();
    let hops: String = frames.chunks(4).map(|hop| format!("{hop:?}\n")).collect();
    fs::write(desk.path("hops.jsonl"), hops).unwrap();
    desk
}

/// The values of an output, run by run.
fn values(lines: &str, output: usize) -> Vec<Vec<f64>> {
    let values = |line| {
        let values = &json(line)["outputs"][output]["values"];
        values
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_f64().unwrap())
            .collect()
    };
    lines.lines().map(values).collect()
}

#[test]
fn a_stream_gives_what_the_window_gives() {
    let desk = desk();
    for calibration in [&[][..], &["--calib", "window.jsonl"]] {
        let whole = [
            &["pack", "time.onnx", "-o", "whole.cadet", "--force"],
            calibration,
        ]
        .concat();
        desk.succeed(&whole);
        let stream = [
            "pack",
            "time.onnx",
            "-o",
            "stream.cadet",
            "--force",
            "--stream",
            "x=1",
        ];
        let printed = desk.succeed(&[&stream[..], calibration].concat());
        for line in [
            "stream a run takes in 2 of the window's 12 frames",
            "frames: the next 1 along axis 2, from run 0 on",
            "mean: all of it, from run 5 on",
        ] {
            assert!(printed.contains(line), "{line} in {printed}");
        }
        let whole = desk.succeed(&["run", "whole.cadet", "--input", "window.jsonl", "--json"]);
        let stream = desk.succeed(&["run", "stream.cadet", "--input", "hops.jsonl", "--json"]);
        let by_frame = &values(&whole, 0)[0];
        for (frame, given) in values(&stream, 0).iter().enumerate() {
            // Channels come first over the whole window.
            let wanted: Vec<f64> = (0..3)
                .map(|channel| by_frame[channel * 6 + frame])
                .collect();
            assert_eq!(*given, wanted, "frame {frame}");
        }
        assert_eq!(values(&stream, 1).last(), values(&whole, 1).last());
        desk.succeed(&["verify", "stream.cadet"]);
        let error = desk.fail(&["verify", "stream.cadet", "--model", "time.onnx"]);
        assert!(error.contains("frame by frame"), "{error}");
    }
    let contents = json(&desk.succeed(&["inspect", "stream.cadet", "--json"]));
    assert!(
        contents["state_bytes"][0].as_u64().unwrap() > 0,
        "{contents}"
    );
    let facts = &contents["provenance"];
    assert_eq!(facts["options.stream.x"], "1");
    assert_eq!(facts["stream.hop"], "2");
    assert_eq!(facts["stream.output.mean"], "all, from run 5");
    let tags: Vec<&str> = contents["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|section| section["tag"].as_str().unwrap())
        .collect();
    assert!(tags.contains(&"INIT"), "zero points of int8: {tags:?}");
}

#[test]
fn what_cannot_stream_is_said() {
    let desk = desk();
    let stream = ["fit", "time.onnx", "--stream"];
    let error = desk.fail(&[&stream[..], &["x=1", "--hop", "3"]].concat());
    assert!(error.contains("a multiple of 2"), "{error}");
    let error = desk.fail(&[&stream[..], &["x=2"]].concat());
    assert!(
        error.contains("`conv`") && error.contains("channels"),
        "{error}"
    );
    let fit = json(&desk.succeed(&[&stream[..], &["x=1", "--hop", "4", "--json"]].concat()));
    assert_eq!(fit["stream"]["hop"], 4);
    assert_eq!(fit["stream"]["outputs"][1]["before"], 2);
    assert!(fit["state_bytes"].as_u64().unwrap() > 0);
}
