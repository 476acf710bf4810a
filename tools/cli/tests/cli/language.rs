//! `cadet pack` and `cadet run` of language models.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::{Desk, json};

/// stories260K's files; `None`, with a message, where they are missing.
fn stories() -> Option<[PathBuf; 3]> {
    let data = std::env::var_os("CADET_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let files = ["stories260K.bin", "tok512.bin", "stories260K.md"];
    let files = files.map(|name| data.join("stories260k").join(name));
    if files.iter().all(|file| file.exists()) {
        return Some(files);
    }
    println!(
        "skipped: no stories260k in {} (set CADET_DATA)",
        data.display()
    );
    None
}

fn pack(desk: &Desk, [model, tokenizer, _]: &[PathBuf; 3], weights: &str) {
    let [model, tokenizer] = [model, tokenizer].map(|path| path.to_str().unwrap());
    let files = ["pack", model, "--tokenizer", tokenizer];
    let options = ["--weights", weights, "--force", "-o", "stories.cadet"];
    desk.succeed(&[&files[..], &options].concat());
}

#[test]
fn tells_the_published_story() {
    let Some(files) = stories() else { return };
    let desk = Desk::new();
    pack(&desk, &files, "f32");
    let told = ["run", "stories.cadet", "--max-tokens", "256", "--prompt"];
    let story = desk.succeed(&[&told[..], &[""]].concat());
    let page = std::fs::read_to_string(&files[2]).unwrap();
    let (_, after) = page.split_once("-t 0.0\n").unwrap();
    let (published, _) = after.split_once("\n```").unwrap();
    assert_eq!(story, published);

    // The story goes on in the same way from its own beginning.
    let beginning = "Once upon a time, there was a";
    let rest = desk.succeed(&[&told[..], &[beginning, "--stop", "Lily"]].concat());
    assert_eq!(rest, " little girl named ");
}

#[test]
fn tells_of_itself_as_json_and_takes_a_prompt_a_line() {
    let Some(files) = stories() else { return };
    let desk = Desk::new();
    pack(&desk, &files, "int8-groups");
    let mut run = Command::new(env!("CARGO_BIN_EXE_cadet"))
        .args(["run", "stories.cadet", "--interactive", "--json"])
        .args(["--max-tokens", "5", "--temperature", "0.9", "--seed", "4"])
        .current_dir(desk.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    use std::io::Write;
    let prompts = b"The dog\nTim and \xc3\xa9\xf0\x9f\x90\xb6\nThe dog\n";
    run.stdin.take().unwrap().write_all(prompts).unwrap();
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = lines.lines().map(json).collect();
    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert_eq!(line["ended"], "max tokens");
        assert!(line["state_bytes"].as_u64().unwrap() > 0);
    }
    assert_eq!(lines[0]["text"], lines[2]["text"], "the same seed");
}

#[test]
fn what_cannot_be_said_is_refused() {
    let desk = Desk::new();
    desk.packed();
    let error = desk.fail(&["run", "model.cadet", "--prompt", "x"]);
    assert!(error.contains("no tokenizer"), "{error}");
    let Some(files) = stories() else { return };
    pack(&desk, &files, "int4-groups");
    let run = ["run", "stories.cadet", "--prompt"];
    let long = "word ".repeat(600);
    let error = desk.fail(&[&run[..], &[&long]].concat());
    assert!(error.contains("context"), "{error}");
    let error = desk.fail(&[&run[..], &["x", "--top-p", "0"]].concat());
    assert!(error.contains("sampl"), "{error}");
}
