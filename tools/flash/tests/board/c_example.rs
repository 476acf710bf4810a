//! The C example gives the same outputs in the same memory as the Rust firmware.

use crate::support::{OnDisk, SEED, VECTORS, board, package, unless_skipped};
use cadet_flash::{FlashError, Options, Runner, flash, run_in_qemu};
use std::path::Path;
use std::process::Command;

#[test]
fn c_and_rust_agree_on_the_board() {
    let disk = OnDisk::new(&package(|_| ()));
    let board = board();
    let options = Options::new();
    let Some(report) = unless_skipped(flash(&board, &disk.path(), &options)) else {
        return;
    };
    let report = report.unwrap();
    if let Err(missing) = Command::new("arm-none-eabi-gcc").arg("--version").output() {
        let tool = format!("arm-none-eabi-gcc ({missing})");
        assert!(unless_skipped::<()>(Err(FlashError::ToolMissing { tool })).is_none());
        return;
    }

    let elf = disk.path().with_extension("elf");
    let build = Command::new("bash")
        .arg(board.folder.join("c-example/build.sh"))
        .args([disk.path(), elf.clone()])
        .args([format!("-DSEED={SEED}"), format!("-DVECTORS={VECTORS}")])
        .env("CADET_BUILD_DIR", &options.build_dir)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&build.stderr);
    assert!(build.status.success(), "{said}");
    assert!(said.is_empty(), "the build warns: {said}");

    assert_no_panic_is_linked(&elf);

    let Runner::Qemu { machine } = &board.runner;
    let execution = run_in_qemu(machine, &elf, options.timeout).unwrap();
    let said = String::from_utf8_lossy(&execution.stdout);
    assert!(execution.success, "{said}");
    let outputs: String = report
        .outputs
        .iter()
        .map(|output| {
            let values = output.bytes.iter().map(|&byte| format!(" {}", byte as i8));
            format!("output {}:{}\n", output.vector, values.collect::<String>())
        })
        .collect();
    let expected = format!(
        "{outputs}arena: {} of {} bytes touched\nstate: 0 of 0 bytes touched\nguards: intact\n",
        report.arena.touched, report.arena.promised
    );
    assert_eq!(said, expected);
}

/// The linker keeps what can be reached, so that without panics in the program none can happen.
fn assert_no_panic_is_linked(elf: &Path) {
    let nm = Command::new("arm-none-eabi-nm").arg(elf).output().unwrap();
    assert!(nm.status.success());
    let symbols = String::from_utf8_lossy(&nm.stdout);
    assert!(symbols.contains("cadet_run"), "{symbols}");
    assert!(!symbols.contains("panicking"), "{symbols}");
}
