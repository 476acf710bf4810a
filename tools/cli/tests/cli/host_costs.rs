//! `cadet fit` and `cadet pack --mixed` by the figures of hosts that come with the project: data, so that nothing here
//! depends on the machine.

use std::fs;

use cadet_onnx::{ElementType, GraphBuilder};
use cadet_repack::HostTarget;
use serde_json::Value;

use crate::support::{Desk, TARGETS, json};

/// The kinds of hosts that somebody has measured.
const MEASURED: [&str; 5] = [
    "x86-64",
    "x86-64-v3",
    "aarch64",
    "aarch64-dotprod",
    "aarch64-i8mm",
];

/// Layers, the second of which is faster in int8, and Softmax over 96 classes, for which int8 has no vectors but floats do.
fn classifier() -> Vec<u8> {
    let mut graph = GraphBuilder::new("classifier");
    graph.input("x", ElementType::F32, [1, 16]);
    for (name, shape) in [("v", [16, 400]), ("w", [400, 96])] {
        let values = (0..shape[0] * shape[1]).map(|i| (i % 29) as f32 * 0.01 - 0.14);
        graph.constant_f32(name, &shape, &values.collect::<Vec<_>>());
    }
    graph.node("MatMul", "hidden", &["x", "v"], &["h"]);
    graph.node("MatMul", "dense", &["h", "w"], &["d"]);
    graph.node("Softmax", "classes", &["d"], &["y"]);
    graph.output("y", ElementType::F32, [1, 96]);
    graph.encode()
}

fn number(report: &Value, keys: [&str; 2]) -> u64 {
    let value = &report[keys[0]][keys[1]];
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{keys:?}: {value}"))
}

#[test]
fn fit_foretells_what_a_model_takes_on_hosts() {
    let desk = Desk::new();
    for target in MEASURED {
        let fit = [
            "fit",
            "model.onnx",
            "--int8",
            "--target",
            target,
            "--targets",
            TARGETS,
        ];
        let report = json(&desk.succeed(&[&fit[..], &["--json"]].concat()));
        let on_host = &report["on_host"];
        let steps = on_host["steps"].as_array().unwrap();
        let sum: u64 = steps.iter().map(|it| it.as_u64().unwrap()).sum();
        assert_eq!(on_host["cost"].as_u64(), Some(sum));
        let error = on_host["error"].as_f64().unwrap();
        let text = desk.succeed(&fit);
        let band = format!("(± {:.0} %)", error * 100.0);
        assert!(text.contains(&band), "{text}");
        if on_host["unit"] == "nanoseconds" {
            let machine = on_host["machine"].as_str().unwrap();
            assert!(machine.contains("GHz"), "{machine}");
            let wanted = format!("by a model of {target}: one thread of {machine}");
            assert!(text.contains("time   ") && text.contains(&wanted), "{text}");
        } else {
            assert!(text.contains("instructions"), "{text}");
        }
    }
    // No machine has shown what AVX-VNNI and AVX-512 take, so nothing is said of them.
    for host in HostTarget::ALL
        .iter()
        .filter(|it| !MEASURED.contains(&it.name))
    {
        let arguments = ["fit", "model.onnx", "--json", "--targets", TARGETS];
        let report = json(&desk.succeed(&[&arguments[..], &["--target", host.name]].concat()));
        assert!(report.get("on_host").is_none(), "{}", host.name);
    }
}

#[test]
fn mixed_keeps_in_floats_what_the_host_s_figures_say() {
    let desk = Desk::new();
    fs::write(desk.path("classes.onnx"), classifier()).unwrap();
    let target = ["--target", "x86-64-v3", "--targets", TARGETS];
    let fit = ["fit", "classes.onnx", "--int8", "--json"];
    let told = json(&desk.succeed(&[&fit[..], &target].concat()));
    let losing = told["mixed"]["losing"].as_array().unwrap();
    assert!(
        losing.iter().any(|it| it["step"] == "classes"),
        "{losing:?}"
    );

    let pack = [
        "pack",
        "classes.onnx",
        "--calib",
        "samples.jsonl",
        "--mixed",
        "--json",
    ];
    let mixed = json(&desk.succeed(&[&pack[..], &target].concat()));
    assert!(number(&mixed, ["mixed", "chosen"]) < number(&mixed, ["mixed", "int8"]));
    let kernels: Vec<&str> = mixed["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["kernel"].as_str().unwrap())
        .collect();
    assert!(kernels.contains(&"softmax.f32"), "{kernels:?}");
    assert!(kernels.contains(&"fully_connected.i8.onnx"), "{kernels:?}");
    let inspect = desk.succeed(&["inspect", "classes.cadet"]);
    assert!(inspect.contains("options.mixed"), "{inspect}");

    // Whatever processor it is laid out for then, the same numbers come out.
    let losing = mixed["mixed"]["losing"].as_array().unwrap();
    let replaced = losing.iter().filter(|it| it["is_replaced"] == true);
    let kept: Vec<&str> = replaced
        .flat_map(|it| ["--keep-float", it["step"].as_str().unwrap()])
        .collect();
    let run = |package: &str| desk.succeed(&["run", package, "--input", "samples.jsonl", "--json"]);
    let expected = run("classes.cadet");
    for host in HostTarget::ALL {
        let named = [
            "pack",
            "classes.onnx",
            "--calib",
            "samples.jsonl",
            "--target",
            host.name,
            "-o",
            host.name,
        ];
        desk.succeed(&[&named[..], &kept].concat());
        assert_eq!(run(host.name), expected, "{}", host.name);
    }
}
