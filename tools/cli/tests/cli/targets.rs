//! `--target`: packages that are laid out for a kind of host.

use std::fs;

use cadet_repack::HostTarget;

use crate::support::{Desk, json};

#[test]
fn every_host_runs_the_packages_of_all() {
    let desk = Desk::new();
    desk.packed();
    desk.succeed(&["keygen", "key.pem"]);
    let run = |package: &str| desk.succeed(&["run", package, "--input", "samples.jsonl", "--json"]);
    let expected = run("model.cadet");
    for host in HostTarget::ALL {
        let package = format!("{}.cadet", host.name);
        desk.succeed(&[
            "pack",
            "model.onnx",
            "--calib",
            "samples.jsonl",
            "--target",
            host.name,
            "--sign",
            "key.pem",
            "-o",
            &package,
        ]);
        assert_eq!(run(&package), expected, "{package}");
        // Signed as it lies.
        let verdict = desk.succeed(&["verify", &package, "--key", "key.pub.pem"]);
        assert!(verdict.contains("signature: valid"), "{verdict}");
        let text = desk.succeed(&["inspect", &package]);
        let inspect = json(&desk.succeed(&["inspect", &package, "--json"]));
        assert_eq!(inspect["target"], format!("{:?}", host.id));
        assert!(text.contains(host.name), "{text}");
        let words = ["", " in blocks", " in pairs"][usize::from(host.layout as u8)];
        assert!(text.contains(&format!("conv2d i8 onnx{words}")), "{text}");
    }
}

#[test]
fn unknown_targets_are_refused_with_those_there_are() {
    let desk = Desk::new();
    for arguments in [
        &["pack", "model.onnx", "--target", "x86-64-v9"][..],
        &["fit", "model.onnx", "--target", "x86-64-v9"],
    ] {
        let output = desk.cadet(arguments);
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        for host in HostTarget::ALL {
            assert!(error.contains(host.name), "{error}");
        }
    }
    assert!(fs::read_dir(desk.path(".")).unwrap().count() == 2);
    let both = [
        "fit",
        "model.onnx",
        "--target",
        "aarch64",
        "--board",
        "mps2-an386",
    ];
    assert_eq!(desk.cadet(&both).status.code(), Some(2));
}
