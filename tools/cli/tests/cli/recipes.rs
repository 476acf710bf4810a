//! Recipes of `cadet distill`, `train` and `export` that are wrong.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::Desk;

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

fn recipes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../student/recipes")
}
