//! `cadet pack --mixed`, by figures that are made up.

use std::fs;

use cadet_onnx::{ElementType, GraphBuilder};

use crate::support::{Desk, TARGETS, json};

/// Figures with which the convolution of the small model loses in int8, and its fully connected layer does not; a
/// conversion costs `conversion`.
fn write_costs(desk: &Desk, conversion: u32) {
    let rows = [
        ("conv2d.i8.onnx", 100),
        ("conv2d.f32", 10),
        ("fully_connected.i8.onnx", 10),
        ("fully_connected.f32", 100),
        ("quantize.i8.onnx", conversion),
        ("dequantize.i8", conversion),
        ("transpose.i8", 1),
        ("transpose.f32", 1),
    ];
    let rows = rows.map(|(kernel, call)| {
        format!(
            "\"{kernel}\" = {{ mac = 0.0, start = 0.0, element = 0.0, call = {call}, stack = 1 }}\n"
        )
    });
    fs::create_dir_all(desk.path("costs/x86-64-v3")).unwrap();
    let text = format!("[kernels]\n{}", rows.concat());
    fs::write(desk.path("costs/x86-64-v3/cost.toml"), text).unwrap();
}

const PACK: [&str; 8] = [
    "pack",
    "model.onnx",
    "--force",
    "--calib",
    "samples.jsonl",
    "--target",
    "x86-64-v3",
    "--json",
];

#[test]
fn what_loses_in_int8_is_told_and_replaced_where_that_pays() {
    let desk = Desk::new();
    let costs = ["--targets", "costs"];
    write_costs(&desk, 20);
    let told = json(&desk.succeed(&[&PACK[..], &costs].concat()));
    let losing = &told["mixed"]["losing"];
    assert_eq!(losing.as_array().unwrap().len(), 1);
    assert_eq!(losing[0]["step"], "conv");
    assert_eq!(
        (&losing[0]["int8"], &losing[0]["float"]),
        (&100.into(), &10.into())
    );
    assert_eq!(losing[0]["is_replaced"], false);
    let kernel = |report: &serde_json::Value, name: &str| {
        let steps = report["steps"].as_array().unwrap();
        let step = steps.iter().find(|it| it["name"] == name).unwrap();
        step["kernel"].as_str().unwrap().to_owned()
    };
    assert_eq!(kernel(&told, "conv"), "conv2d.i8.onnx");

    let mixed = json(&desk.succeed(&[&PACK[..], &costs, &["--mixed"]].concat()));
    assert_eq!(mixed["mixed"]["losing"][0]["is_replaced"], true);
    assert_eq!(kernel(&mixed, "conv"), "conv2d.f32");
    assert_eq!(kernel(&mixed, "dense"), "fully_connected.i8.onnx");
    let cost = |name: &str| mixed["mixed"][name].as_u64().unwrap();
    // A conversion, and a change of the memory order that comes with it.
    assert_eq!(cost("int8") - cost("chosen"), 100 - 10 - 20 - 1);
    // The package says so, and is what naming the step makes.
    let inspect = desk.succeed(&["inspect", "model.cadet"]);
    assert!(inspect.contains("options.mixed"), "{inspect}");
    assert!(inspect.contains("options.keep-float.conv"), "{inspect}");
    let named = ["--keep-float", "conv", "-o", "named.cadet"];
    desk.succeed(&[&PACK[..], &named].concat());
    let run = |package: &str| desk.succeed(&["run", package, "--input", "samples.jsonl", "--json"]);
    assert_eq!(run("model.cadet"), run("named.cadet"));

    write_costs(&desk, 100);
    let dear = json(&desk.succeed(&[&PACK[..], &costs, &["--mixed"]].concat()));
    assert_eq!(dear["mixed"]["losing"][0]["is_replaced"], false);
    assert_eq!(kernel(&dear, "conv"), "conv2d.i8.onnx");
    let inspect = desk.succeed(&["inspect", "model.cadet"]);
    assert!(!inspect.contains("options.mixed"), "{inspect}");
}

/// Nearly all channels between the layers are constant in int8, where the input has a range, and not in floats.
#[test]
fn what_channels_that_are_cut_save_is_weighed() {
    let desk = Desk::new();
    let mut graph = GraphBuilder::new("cut");
    graph.input("x", ElementType::F32, [1, 16]);
    graph.constant_f32("v", &[16, 400], &[0.1; 6400]);
    let biases: Vec<f32> = (0..400).map(|i| if i < 10 { 0.0 } else { -1e4 }).collect();
    graph.constant_f32("b", &[400], &biases);
    let values: Vec<f32> = (0..38_400).map(|i| (i % 29) as f32 * 0.01).collect();
    graph.constant_f32("w", &[400, 96], &values);
    graph.node("Gemm", "hidden", &["x", "v", "b"], &["h"]);
    graph.node("Relu", "relu", &["h"], &["r"]);
    graph.node("MatMul", "dense", &["r", "w"], &["y"]);
    graph.output("y", ElementType::F32, [1, 96]);
    fs::write(desk.path("model.onnx"), graph.encode()).unwrap();
    fs::create_dir_all(desk.path("costs/x86-64-v3")).unwrap();
    let table = "[kernels]\n\"fully_connected.i8.onnx\" = { mac = 1.2 }\n\"fully_connected.f32\" = { mac = 1.0 }\n";
    fs::write(desk.path("costs/x86-64-v3/cost.toml"), table).unwrap();
    let mixed = json(&desk.succeed(&[&PACK[..], &["--mixed", "--targets", "costs"]].concat()));
    let told = &mixed["mixed"];
    assert_eq!(told["losing"].as_array().unwrap().len(), 2);
    assert_eq!(told["losing"][0]["is_replaced"], false);
    assert_eq!(told["chosen"], told["int8"]);
    assert!(told["int8"].as_u64() < told["float"].as_u64(), "{told}");
}

#[test]
fn fit_foretells_by_the_figures_of_a_host() {
    let desk = Desk::new();
    write_costs(&desk, 20);
    let target = ["--target", "x86-64-v3", "--targets", "costs"];
    let fit = [&["fit", "model.onnx", "--int8"][..], &target].concat();
    let report = json(&desk.succeed(&[&fit[..], &["--json"]].concat()));
    assert_eq!(report["on_host"]["cost"], 110);
    assert_eq!(report["on_host"]["unit"], "instructions");
    assert_eq!(report["on_host"]["steps"], serde_json::json!([100, 10]));
    assert_eq!(report["mixed"]["losing"][0]["step"], "conv");
    let text = desk.succeed(&fit);
    assert!(text.contains("110 instructions by the figures"), "{text}");
    assert!(
        text.contains("conv: foretold 100 instructions in int8, 10 in floats"),
        "{text}"
    );
    assert!(text.contains("save 81.8 % before conversions"), "{text}");
    // All in floats costs as much; then less.
    assert!(!text.contains("all in floats"), "{text}");
    let path = desk.path("costs/x86-64-v3/cost.toml");
    let table = fs::read_to_string(&path).unwrap();
    let (dense, rest) = table.split_once("\"fully_connected.f32\"").unwrap();
    let cheaper = rest.replacen("call = 100", "call = 50", 1);
    fs::write(&path, format!("{dense}\"fully_connected.f32\"{cheaper}")).unwrap();
    let text = desk.succeed(&fit);
    assert!(text.contains("floats 60 instructions foretold"), "{text}");
}

#[test]
fn without_figures_nothing_is_chosen() {
    let desk = Desk::new();
    write_costs(&desk, 20);
    let error = desk.fail(&[&PACK[..], &["--mixed", "--targets", "elsewhere"]].concat());
    assert!(error.contains("figures"), "{error}");
    let path = desk.path("costs/x86-64-v3/cost.toml");
    let table = fs::read_to_string(&path).unwrap();
    fs::write(&path, table.replace("fully_connected.i8.onnx", "other")).unwrap();
    let error = desk.fail(&[&PACK[..], &["--mixed", "--targets", "costs"]].concat());
    assert!(error.contains("fully_connected.i8.onnx"), "{error}");
}

/// The figures of a board have all that it takes.
#[test]
fn a_board_s_figures_choose() {
    let desk = Desk::new();
    let board = [
        "--board",
        "mps2-an386",
        "--targets",
        TARGETS,
        "--mixed",
        "--json",
    ];
    let onto = ["pack", "model.onnx", "--calib", "samples.jsonl"];
    let packed = json(&desk.succeed(&[&onto[..], &board].concat()));
    let cost = |name: &str| packed["mixed"][name].as_u64().unwrap();
    assert!(cost("chosen") <= cost("int8"));
}
