//! A C program through `cadet.h` gets what Rust gets.

use cadet_capi::{
    CadetBuffer, CadetMemory, CadetRequirements, CadetSession, CadetTensor, SESSION_WORDS,
};
use cadet_format::{DType, MAX_MEMORY_REGIONS, MAX_RANK};
use cadet_runtime::{Memory, Package, Session, kernels};
use std::path::{Path, PathBuf};
use std::process::Command;

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

#[repr(align(16))]
struct Aligned<T: ?Sized>(T);

/// A small package of the first release.
static TINY: &Aligned<[u8]> = &Aligned(*include_bytes!("../../format/corpus/1.0-tiny.cadet"));

/// One whose input comes in parts.
static STRIPS: &Aligned<[u8]> = &Aligned(*include_bytes!("../../format/corpus/1.0-strips.cadet"));

/// A strict C compiler that knows `cadet.h`.
fn cc() -> Command {
    let mut cc = Command::new("cc");
    cc.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .arg(format!("-I{CRATE}/include"));
    cc
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{stderr}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Builds the static library in a folder of its own.
fn static_library() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("capi");
    run(Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--target-dir"])
        .arg(&folder)
        .current_dir(CRATE));
    folder.join("release/libcadet_capi.a")
}

/// What Rust makes of the input that `smoke.c` writes.
fn expected_outputs() -> String {
    let mut arena = Aligned([0; 64]);
    let memory = Memory::with_arena(&mut arena.0);
    let package = Package::new(&TINY.0).unwrap();
    let mut session = Session::new(package, memory, kernels::ALL).unwrap();
    let input: Vec<i8> = (0..8).map(|i| (17 * i - 60) as i8).collect();
    session.write_input(0, 0, &input).unwrap();
    session.run(0).unwrap();
    let outputs: Vec<String> = session
        .read_output::<i8>(0, 0)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    outputs.join(" ")
}

#[test]
fn a_c_program_gets_what_rust_gets() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("smoke");
    run(cc()
        .arg(format!("{CRATE}/tests/smoke.c"))
        .arg(static_library())
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program));
    let said = run(Command::new(program).arg(format!("{CRATE}/../format/corpus/1.0-tiny.cadet")));

    let outputs = expected_outputs();
    let expected = format!(
        "sizes {} {} {} {} {}\n\
         needs 48 0 align 16 programs 1\n\
         small ArenaTooSmall\n\
         short Truncated\n\
         input dtype 4 dims 1 8 bytes 8 scale 0.5 zero 3\n\
         output dtype 4 dims 1 4 bytes 4 scale 0.25 zero 0\n\
         run {outputs}\n\
         step {outputs}\n\
         wrong NoSuchIndex NoSuchIndex NoSuchIndex NoSuchIndex NoSuchIndex\n\
         names Ok Unknown\n",
        size_of::<CadetSession>(),
        size_of::<CadetRequirements>(),
        size_of::<CadetBuffer>(),
        size_of::<CadetMemory>(),
        size_of::<CadetTensor>(),
    );
    assert_eq!(said, expected);
}

#[test]
fn a_c_program_hands_over_rows() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("fed");
    run(cc()
        .arg(format!("{CRATE}/tests/fed.c"))
        .arg(static_library())
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program));
    let said = run(Command::new(program).arg(format!("{CRATE}/../format/corpus/1.0-strips.cadet")));

    let mut arena = Aligned([0; 256]);
    let package = Package::new(&STRIPS.0).unwrap();
    let memory = Memory::with_arena(&mut arena.0);
    let mut session = Session::new(package, memory, kernels::ALL).unwrap();
    let mut feed = |offset: usize, part: &mut [u8]| {
        for (i, byte) in part.iter_mut().enumerate() {
            *byte = (17 * (offset + i) as i32 - 60) as u8;
        }
        Ok(())
    };
    session.run_fed(0, &mut feed).unwrap();
    let outputs: &[i8] = session.read_output(0, 0).unwrap();
    assert_eq!(
        said,
        format!(
            "35 bytes at 0\n25 bytes at 35\nrun {} {}\n35 bytes at 0\nwrong FeedFailed\nwrong ExternalTooSmall\n",
            outputs[0], outputs[1]
        )
    );
}

#[test]
fn the_header_is_strict_c_and_cpp() {
    for (language, standard) in [("c", "c99"), ("c", "c11"), ("c++", "c++11")] {
        run(Command::new("cc")
            .args(["-x", language, &format!("-std={standard}")])
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"])
            .arg(format!("{CRATE}/include/cadet.h")));
    }
}

#[test]
fn the_header_has_the_constants_of_rust() {
    let header = std::fs::read_to_string(format!("{CRATE}/include/cadet.h")).unwrap();
    let dtypes = [
        ("F32", DType::F32),
        ("F16", DType::F16),
        ("BF16", DType::Bf16),
        ("I8", DType::I8),
        ("U8", DType::U8),
        ("I16", DType::I16),
        ("I32", DType::I32),
        ("I64", DType::I64),
        ("BOOL", DType::Bool),
        ("I4", DType::I4),
    ];
    for (name, dtype) in dtypes {
        let line = format!("CADET_{name} = {}", dtype as u8);
        assert!(header.contains(&line), "cadet.h lacks {line}");
    }
    for (name, value) in [
        ("MEMORY_REGIONS", MAX_MEMORY_REGIONS),
        ("MAX_RANK", MAX_RANK),
        ("SESSION_WORDS", SESSION_WORDS),
    ] {
        let line = format!("#define CADET_{name} {value}\n");
        assert!(header.contains(&line), "cadet.h lacks {line}");
    }
}
