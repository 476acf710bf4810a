//! The command line as a user meets it: what works, and what each kind of bad input says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cadet_onnx::{ElementType, GraphBuilder};
use serde_json::Value;
use tempfile::TempDir;

/// A folder of its own, with a small model and its package.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Desk {
        let desk = Desk {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(desk.path("model.onnx"), model()).unwrap();
        let samples: String = (0..8)
            .map(|i| format!("{:?}\n", [i as f32 * 0.1; 16]))
            .collect();
        fs::write(desk.path("samples.jsonl"), samples).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn cadet(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_cadet"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// Standard output of a run that must succeed.
    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.cadet(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Standard error of a run that must fail with exit code 1, without a panic.
    fn fail(&self, arguments: &[&str]) -> String {
        let output = self.cadet(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(
            error.starts_with("cadet: ") && !error.contains("panicked"),
            "{error}"
        );
        error
    }

    fn packed(&self) -> Vec<u8> {
        self.succeed(&["pack", "model.onnx", "--calib", "samples.jsonl"]);
        fs::read(self.path("model.cadet")).unwrap()
    }
}

/// Conv and ReLU over `[1, 1, 4, 4]`, then a fully connected layer.
fn model() -> Vec<u8> {
    let mut graph = GraphBuilder::new("tiny");
    graph.input("x", ElementType::F32, [1, 1, 4, 4]);
    let weights: Vec<f32> = (0..18).map(|i| (i as f32 - 9.0) * 0.05).collect();
    graph.constant_f32("w", &[2, 1, 3, 3], &weights);
    graph.constant_f32("b", &[2], &[0.1, -0.1]);
    graph
        .node("Conv", "conv", &["x", "w", "b"], &["c"])
        .attribute("pads", vec![1i64, 1, 1, 1]);
    graph.node("Relu", "relu", &["c"], &["r"]);
    graph.node("Flatten", "flatten", &["r"], &["f"]);
    let dense: Vec<f32> = (0..96)
        .map(|i| ((i * 7 % 13) as f32 - 6.0) * 0.05)
        .collect();
    graph.constant_f32("d", &[32, 3], &dense);
    graph.node("MatMul", "dense", &["f", "d"], &["y"]);
    graph.output("y", ElementType::F32, [1, 3]);
    graph.encode()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_model_is_fitted_packed_inspected_verified_run_and_timed() {
    let desk = Desk::new();
    let fit = json(&desk.succeed(&["fit", "model.onnx", "--int8", "--json"]));
    let pack = json(&desk.succeed(&["pack", "model.onnx", "--calib", "samples.jsonl", "--json"]));
    assert_eq!(fit["arena_bytes"], pack["arena_bytes"]);
    let bytes = fs::read(desk.path("model.cadet")).unwrap().len();
    assert_eq!(pack["flash"]["total"], bytes);
    for part in ["weights", "plan", "golden"] {
        assert_eq!(
            fit["flash"][part], pack["flash"][part],
            "`fit` foretells {part}"
        );
    }

    let inspect = json(&desk.succeed(&["inspect", "model.cadet", "--json"]));
    assert_eq!(inspect["arena_bytes"][0], pack["arena_bytes"]);
    assert_eq!(inspect["inputs"][0]["name"], "x");
    let sections = inspect["sections"].as_array().unwrap();
    assert!(sections.iter().any(|it| it["tag"] == "GOLD"));
    let conv = &inspect["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "conv")
        .unwrap();
    assert_eq!(conv["params"]["window"]["kernel"], json("[3, 3]"));
    assert_eq!(conv["golden_crcs"].as_array().unwrap().len(), 2);
    let facts = &inspect["provenance"];
    assert_eq!(facts["model.file"], "model.onnx");
    assert_eq!(facts["options.calibration.rows"], "8");
    let model_id = inspect["model_id"].as_str().unwrap();
    assert!(
        facts["model.sha256"]
            .as_str()
            .unwrap()
            .starts_with(model_id)
    );

    let text = desk.succeed(&["inspect", "model.cadet"]);
    assert!(
        text.contains("conv2d i8 onnx") && !text.contains("window.kernel"),
        "{text}"
    );
    let text = desk.succeed(&["inspect", "model.cadet", "--steps", "--tensors"]);
    for part in ["window.kernel", "golden", "arena0", "WGT0"] {
        assert!(text.contains(part), "{part}: {text}");
    }

    let verify = json(&desk.succeed(&["verify", "model.cadet", "--json"]));
    assert_eq!(verify["guards_intact"], true);
    assert!(verify["golden_vectors"].as_u64().unwrap() > 0);
    let (touched, promised) = (
        verify["arena_touched"].as_u64(),
        verify["arena_bytes"].as_u64(),
    );
    assert!(touched > Some(0) && touched <= promised);

    let lines = desk.succeed(&["run", "model.cadet", "--input", "samples.jsonl", "--json"]);
    assert_eq!(lines.lines().count(), 8);
    assert_eq!(
        json(lines.lines().next().unwrap())["outputs"][0]["values"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let bench = json(&desk.succeed(&["bench", "model.cadet", "--seconds", "0.01", "--json"]));
    assert!(bench["minimum_us"].as_f64().unwrap() > 0.0);
}

#[test]
fn float_and_int8_packages_agree() {
    let desk = Desk::new();
    desk.packed();
    desk.succeed(&["pack", "model.onnx", "-o", "float.cadet"]);
    let outputs = |package: &str| -> Vec<f64> {
        let lines = desk.succeed(&["run", package, "--input", "samples.jsonl", "--json"]);
        let values = lines
            .lines()
            .map(json)
            .map(|line| line["outputs"][0]["values"].clone());
        values
            .flat_map(|v| v.as_array().unwrap().clone())
            .map(|v| v.as_f64().unwrap())
            .collect()
    };
    let (float, int8) = (outputs("float.cadet"), outputs("model.cadet"));
    let largest = float.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    assert!(largest > 0.1);
    for (f, q) in float.iter().zip(int8) {
        assert!((f - q).abs() < 0.03 * largest, "{f} in float, {q} in int8");
    }
}

#[test]
fn a_package_is_never_replaced_unasked() {
    let desk = Desk::new();
    let bytes = desk.packed();
    let error = desk.fail(&["pack", "model.onnx"]);
    assert!(
        error.contains("model.cadet exists") && error.contains("--force"),
        "{error}"
    );
    assert_eq!(fs::read(desk.path("model.cadet")).unwrap(), bytes);
    desk.succeed(&["pack", "model.onnx", "--force"]);
    assert_ne!(fs::read(desk.path("model.cadet")).unwrap(), bytes);
}

#[test]
fn damaged_packages_are_named_with_their_error() {
    let desk = Desk::new();
    let bytes = desk.packed();
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut newer = bytes.clone();
    newer[8] = 2;
    let cases: [(&[u8], &str); 5] = [
        (&bytes[..bytes.len() / 2], "E0101"),
        (b"", "E0101"),
        (b"not a package, but long enough to hold a header; so what is in it has to be looked at: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901", "E0102"),
        (&newer, "E0103"),
        (&flipped, "E0104"),
    ];
    for (damaged, code) in cases {
        fs::write(desk.path("bad.cadet"), damaged).unwrap();
        for verb in ["inspect", "verify", "bench"] {
            let error = desk.fail(&[verb, "bad.cadet"]);
            assert!(
                error.contains("bad.cadet") && error.contains(code),
                "{verb}: {error}"
            );
        }
        let error = desk.fail(&["run", "bad.cadet", "--seed", "1"]);
        assert!(error.contains(code), "{error}");
    }
    let error = desk.fail(&["inspect", "none.cadet"]);
    assert!(
        error.contains("cannot read the package none.cadet"),
        "{error}"
    );
}

#[test]
fn samples_of_another_shape_are_refused() {
    let desk = Desk::new();
    desk.packed();
    fs::write(desk.path("short.jsonl"), "[1, 2, 3]\n").unwrap();
    for arguments in [
        &["run", "model.cadet", "--input", "short.jsonl"][..],
        &[
            "pack",
            "model.onnx",
            "-o",
            "new.cadet",
            "--calib",
            "short.jsonl",
        ],
    ] {
        let error = desk.fail(arguments);
        assert!(
            error.contains("line 1 has 3 numbers, a sample has 16"),
            "{error}"
        );
    }
    assert!(!desk.path("new.cadet").exists());
    let error = desk.fail(&["run", "model.cadet"]);
    assert!(error.contains("1 inputs, 0 files were given"), "{error}");
}

#[test]
fn all_unsupported_nodes_are_listed_at_once() {
    let desk = Desk::new();
    let mut graph = GraphBuilder::new("odd");
    graph.input("x", ElementType::F32, [1, 2, 4, 4]);
    graph.node("Bernoulli", "coin", &["x"], &["a"]);
    graph.node("Relu", "fine", &["a"], &["b"]);
    graph.node("RandomNormalLike", "noise", &["b"], &["y"]);
    graph.output("y", ElementType::F32, [1, 2, 4, 4]);
    fs::write(desk.path("odd.onnx"), graph.encode()).unwrap();
    for verb in ["pack", "fit"] {
        let error = desk.fail(&[verb, "odd.onnx"]);
        assert!(
            error.contains("Bernoulli `coin`") && error.contains("RandomNormalLike `noise`"),
            "{error}"
        );
        assert!(
            error.contains("[1, 2, 4, 4]") && !error.contains("`fine`"),
            "{error}"
        );
    }
    assert!(!desk.path("odd.cadet").exists());
    let output = desk.cadet(&["fit", "odd.onnx", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let refused = json(std::str::from_utf8(&output.stdout).unwrap());
    let nodes = refused["unsupported"].as_array().unwrap();
    assert_eq!(nodes.len(), 2);
    assert_eq!(nodes[0]["op"], "Bernoulli");
    let suggestion = nodes[0]["suggestion"].as_str().unwrap();
    assert!(suggestion.contains("inference mode"), "{suggestion}");
    fs::write(desk.path("junk.onnx"), "junk").unwrap();
    let error = desk.fail(&["pack", "junk.onnx"]);
    assert!(
        error.contains("junk.onnx") && error.contains("not a valid ONNX model"),
        "{error}"
    );
}

#[test]
fn bad_recipes_name_the_key_and_the_line() {
    let desk = Desk::new();
    let good = fs::read_to_string(recipes().join("gestures.toml")).unwrap();
    let unknown = good.replacen("seed = 1\n", "seed = 1\nsead = 2\n", 1);
    let line = unknown.lines().position(|line| line == "sead = 2").unwrap() + 1;
    fs::write(desk.path("unknown.toml"), unknown).unwrap();
    for verb in ["distill", "train", "export"] {
        let error = desk.fail(&[verb, "unknown.toml"]);
        assert!(
            error.contains("sead") && error.contains(&format!("line {line}")),
            "{error}"
        );
    }
    fs::write(
        desk.path("type.toml"),
        good.replacen("seed = 1\n", "seed = \"one\"\n", 1),
    )
    .unwrap();
    let error = desk.fail(&["distill", "type.toml"]);
    assert!(error.contains("seed") && error.contains("line"), "{error}");

    let start = good.find("[teacher.train.architecture").unwrap();
    let end = good.find("[student.architecture").unwrap();
    let missing = format!(
        "{}[teacher.onnx]\npath = \"nobody.onnx\"\n\n{}",
        &good[..start],
        &good[end..]
    );
    fs::write(desk.path("missing.toml"), missing).unwrap();
    let error = desk.fail(&["distill", "missing.toml"]);
    assert!(error.contains("nobody.onnx"), "{error}");
    let error = desk.fail(&["distill", "none.toml"]);
    assert!(error.contains("none.toml"), "{error}");
    assert!(
        !desk.path("runs").exists(),
        "a bad recipe left a run directory"
    );
}

#[test]
fn packages_are_signed_and_their_signatures_checked() {
    let desk = Desk::new();
    desk.succeed(&["keygen", "key.pem"]);
    desk.succeed(&["keygen", "other.pem"]);
    let error = desk.fail(&["keygen", "key.pem"]);
    assert!(
        error.contains("key.pub.pem") && error.contains("exists"),
        "{error}"
    );

    let packed = desk.packed();
    desk.succeed(&[
        "pack",
        "model.onnx",
        "--calib",
        "samples.jsonl",
        "--force",
        "--sign",
        "key.pem",
        "--key-id",
        "3",
    ]);
    let signed = fs::read(desk.path("model.cadet")).unwrap();
    assert!(
        desk.succeed(&["verify", "model.cadet"])
            .contains("not checked")
    );
    assert!(
        desk.succeed(&["verify", "model.cadet", "--key", "key.pub.pem"])
            .contains("signature: valid")
    );
    let inspect = json(&desk.succeed(&["inspect", "model.cadet", "--json"]));
    assert_eq!(inspect["signature"]["key_id"], 3);
    let error = desk.fail(&["verify", "model.cadet", "--key", "other.pub.pem"]);
    assert!(error.contains("model.cadet: E0116"), "{error}");

    fs::write(desk.path("plain.cadet"), packed).unwrap();
    let error = desk.fail(&["verify", "plain.cadet", "--key", "key.pub.pem"]);
    assert!(error.contains("plain.cadet: E0115"), "{error}");
    desk.succeed(&["sign", "plain.cadet", "--key", "key.pem", "--key-id", "3"]);
    assert_eq!(fs::read(desk.path("plain.cadet")).unwrap(), signed);
    let error = desk.fail(&["sign", "plain.cadet", "--key", "other.pem"]);
    assert!(
        error.contains("signed already") && error.contains("--force"),
        "{error}"
    );
    let error = desk.fail(&["sign", "plain.cadet", "--force", "--key", "key.pub.pem"]);
    assert!(error.contains("holds a public key"), "{error}");
    desk.succeed(&[
        "sign",
        "plain.cadet",
        "--force",
        "--key",
        "other.pem",
        "-o",
        "new.cadet",
    ]);
    assert_eq!(fs::read(desk.path("plain.cadet")).unwrap(), signed);
    desk.succeed(&["verify", "new.cadet", "--key", "other.pub.pem"]);
}

/// Changes a byte of a section, counted from its start, and makes the checksum right again.
fn tampered(desk: &Desk, package: &str, tag: &str, byte: usize, value: u8) {
    let inspect = json(&desk.succeed(&["inspect", package, "--json"]));
    let sections = inspect["sections"].as_array().unwrap();
    let section = sections.iter().find(|it| it["tag"] == tag).unwrap();
    let mut bytes = fs::read(desk.path(package)).unwrap();
    bytes[section["offset"].as_u64().unwrap() as usize + byte] = value;
    let crc = cadet_format::package_crc(&bytes).unwrap();
    bytes[124..128].copy_from_slice(&crc.to_le_bytes());
    fs::write(desk.path(package), bytes).unwrap();
}

#[test]
fn the_first_step_that_breaks_its_golden_vector_is_named() {
    let desk = Desk::new();
    desk.packed();
    // Behind the header of 16 bytes: the checksum of the second step for the first vector.
    tampered(&desk, "model.cadet", "GOLD", 20, 0);
    let error = desk.fail(&["verify", "model.cadet"]);
    assert!(
        error.contains("golden vector 0 diverges first at step 1 (dense)"),
        "{error}"
    );
    assert!(
        error.contains("scalar reference computes this too"),
        "{error}"
    );
}

#[test]
fn packages_are_compared_with_their_model() {
    let desk = Desk::new();
    for io in ["onnx", "nhwc"] {
        desk.succeed(&["pack", "model.onnx", "--force", "--io", io, "--no-fuse"]);
        let arguments = ["verify", "model.cadet", "--model", "model.onnx", "--json"];
        let verdict = json(&desk.succeed(&arguments));
        let tensors = verdict["tensors"].as_array().unwrap();
        let names: Vec<_> = tensors
            .iter()
            .map(|it| it["tensor"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["c", "r", "f", "y"]);
        assert!(
            tensors
                .iter()
                .all(|it| it["max_rel"].as_f64().unwrap() < 1e-6)
        );
    }
    desk.succeed(&[
        "verify",
        "model.cadet",
        "--model",
        "model.onnx",
        "--input",
        "samples.jsonl",
    ]);

    // The exponent of the first weight, which is the convolution's.
    tampered(&desk, "model.cadet", "WGT0", 3, 0x40);
    let error = desk.fail(&["verify", "model.cadet", "--model", "model.onnx"]);
    assert!(
        error.contains("`c`, written by step conv, is the first tensor"),
        "{error}"
    );

    desk.succeed(&["pack", "model.onnx", "--calib", "samples.jsonl", "--force"]);
    let arguments = [
        "verify",
        "model.cadet",
        "--model",
        "model.onnx",
        "--input",
        "samples.jsonl",
    ];
    assert!(desk.succeed(&arguments).contains("mean LSB"));
    let verdict = json(&desk.succeed(&[&arguments[..], &["--json"]].concat()));
    let drift = verdict["tensors"][0]["lsb"]["max"].as_f64().unwrap();
    assert!(drift > 0.0 && drift < 4.0, "{drift}");

    let mut other = model();
    other.extend([0x7a, 0]);
    fs::write(desk.path("other.onnx"), other).unwrap();
    let error = desk.fail(&["verify", "model.cadet", "--model", "other.onnx"]);
    assert!(error.contains("other.onnx is not the model"), "{error}");
}

#[test]
fn unknown_boards_are_answered_with_the_known_ones() {
    let desk = Desk::new();
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets");
    let targets = targets.to_str().unwrap();
    let error = desk.fail(&[
        "fit",
        "model.onnx",
        "--board",
        "toaster",
        "--targets",
        targets,
    ]);
    assert!(
        error.contains("toaster") && error.contains("mps2-an386"),
        "{error}"
    );
    let fit = desk.succeed(&[
        "fit",
        "model.onnx",
        "--board",
        "mps2-an386",
        "--targets",
        targets,
    ]);
    assert!(fit.contains("board  mps2-an386"), "{fit}");
    assert!(fit.contains("time   ") && fit.contains("stack  "), "{fit}");
    let board = ["--board", "mps2-an386", "--targets", targets];
    let fit =
        json(&desk.succeed(&[&["fit", "model.onnx", "--int8", "--json"][..], &board].concat()));
    let on_board = &fit["on_board"];
    let steps = on_board["steps"].as_array().unwrap();
    assert_eq!(steps.len(), fit["steps"].as_array().unwrap().len());
    let sum: u64 = steps.iter().map(|it| it.as_u64().unwrap()).sum();
    assert_eq!(on_board["instructions"].as_u64(), Some(sum));
    // 25 MHz.
    assert_eq!(on_board["microseconds"].as_f64(), Some(sum as f64 / 25.0));
    assert!(on_board["stack_bytes"].as_u64().unwrap() > 128, "{fit}");
    let fit = json(&desk.succeed(&["fit", "model.onnx", "--json"]));
    assert!(fit.get("on_board").is_none(), "no board, no figures");
}

#[test]
fn a_model_with_unsupported_nodes_is_packaged_whole_where_asked() {
    let desk = Desk::new();
    fs::write(desk.path("wide.onnx"), wide_model()).unwrap();
    let error = desk.fail(&["pack", "wide.onnx"]);
    assert!(
        error.contains("Exp `exp`") && error.contains("--fallback packages"),
        "{error}"
    );
    assert!(!desk.path("wide.cadet").exists());
    let output = desk.cadet(&["fit", "wide.onnx", "--json"]);
    let refused = json(std::str::from_utf8(&output.stdout).unwrap());
    assert!(
        refused["fallback"]
            .as_str()
            .unwrap()
            .contains("--fallback packages")
    );

    let report = json(&desk.succeed(&["pack", "wide.onnx", "--fallback", "--json"]));
    let steps = report["steps"].as_array().unwrap();
    assert!(steps.len() == 3 && steps.iter().all(|step| step["kernel"] == "tract"));
    assert_eq!(report["fallback"].as_array().unwrap().len(), 3);
    let fit = desk.succeed(&["fit", "wide.onnx", "--fallback"]);
    assert!(
        fit.contains("hosts only") && fit.contains("Exp `exp`"),
        "{fit}"
    );

    let verify = json(&desk.succeed(&["verify", "wide.cadet", "--json"]));
    assert_eq!(verify["golden_vectors"], 2);
    desk.succeed(&["verify", "wide.cadet", "--model", "wide.onnx"]);
    let error = desk.fail(&["verify", "wide.cadet", "--model", "model.onnx"]);
    assert!(
        error.contains("not the model that the package holds"),
        "{error}"
    );
    fs::write(desk.path("one.jsonl"), "[0, 1, 2, -1]\n").unwrap();
    let run = json(&desk.succeed(&["run", "wide.cadet", "--input", "one.jsonl", "--json"]));
    let values = run["outputs"][0]["values"].as_array().unwrap();
    for (value, x) in values.iter().zip([0.0_f64, 1.0, 2.0, -1.0]) {
        assert!((value.as_f64().unwrap() - x.exp()).abs() < 1e-5, "{run}");
    }
    desk.succeed(&["bench", "wide.cadet", "--seconds", "0.01"]);
    let inspect = desk.succeed(&["inspect", "wide.cadet"]);
    assert!(
        inspect.contains("onnx_graph f32") && inspect.contains("ONNX "),
        "{inspect}"
    );

    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets");
    let targets = targets.to_str().unwrap();
    let flash = [
        "flash",
        "wide.cadet",
        "--target",
        "mps2-an386",
        "--targets",
        targets,
    ];
    let error = desk.fail(&flash);
    assert!(error.contains("a whole ONNX model for hosts"), "{error}");
    let board = ["--board", "mps2-an386", "--targets", targets];
    let arguments = [&["pack", "wide.onnx", "--fallback", "--force"][..], &board].concat();
    assert_eq!(desk.cadet(&arguments).status.code(), Some(2));
}

#[test]
fn a_whole_model_that_computes_something_else_is_found() {
    let desk = Desk::new();
    fs::write(desk.path("wide.onnx"), wide_model()).unwrap();
    desk.succeed(&["pack", "wide.onnx", "--fallback"]);
    let mut package = fs::read(desk.path("wide.cadet")).unwrap();
    let sections = json(&desk.succeed(&["inspect", "wide.cadet", "--json"]))["sections"].clone();
    let sections = sections.as_array().unwrap();
    let outputs = sections.iter().find(|it| it["tag"] == "GOUT").unwrap();
    // The second element's exponent.
    let byte = outputs["offset"].as_u64().unwrap() as usize + 7;
    package[byte] ^= 1;
    let crc = cadet_format::package_crc(&package).unwrap();
    package[124..128].copy_from_slice(&crc.to_le_bytes());
    fs::write(desk.path("wide.cadet"), package).unwrap();
    let error = desk.fail(&["verify", "wide.cadet"]);
    assert!(
        error.contains("golden vector 0: output `y`") && error.contains("at element 1"),
        "{error}"
    );
}

/// `exp(x)` of `[1, 4]` in double precision, for which there is no kernel.
fn wide_model() -> Vec<u8> {
    let mut graph = GraphBuilder::new("wide");
    graph.input("x", ElementType::F32, [1, 4]);
    graph
        .node("Cast", "widen", &["x"], &["d"])
        .attribute("to", 11);
    graph.node("Exp", "exp", &["d"], &["e"]);
    graph
        .node("Cast", "narrow", &["e"], &["y"])
        .attribute("to", 1);
    graph.output("y", ElementType::F32, [1, 4]);
    graph.encode()
}

#[test]
fn the_memory_map_shows_every_buffer_and_step() {
    let desk = Desk::new();
    for name in ["map.svg", "map.html"] {
        let fit = json(&desk.succeed(&["fit", "model.onnx", "--json", "--memory-map", name]));
        let map = fs::read_to_string(desk.path(name)).unwrap();
        let buffers = fit["buffers"].as_array().unwrap();
        assert_eq!(map.matches("<rect class=\"box\"").count(), buffers.len());
        for buffer in buffers {
            let title = format!("<title>{}: ", buffer["name"].as_str().unwrap());
            assert!(map.contains(&title), "{title} in {map}");
        }
        for step in fit["steps"].as_array().unwrap() {
            assert!(map.contains(step["kernel"].as_str().unwrap()), "{map}");
        }
        let arena = format!("arena {} bytes", fit["arena_bytes"]);
        assert!(map.contains(&arena), "{arena} in {map}");
        assert!(map.contains("class=\"peak\"") && map.contains("class=\"bound\""));
    }
    let error = desk.fail(&["fit", "model.onnx", "--memory-map", "map.svg"]);
    assert!(error.contains("map.svg exists"), "{error}");
    let output = desk.cadet(&["fit", "model.onnx", "--memory-map", "map.png"]);
    assert_eq!(output.status.code(), Some(2));
}

fn recipes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../student/recipes")
}
