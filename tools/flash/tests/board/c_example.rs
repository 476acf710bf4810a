//! The C example gives the same outputs in the same memory as the Rust firmware.

use crate::support::{OnDisk, board, unless_skipped};
use cadet_flash::{FlashError, Options, PackageFile, Report, Runner, run_in_qemu};
use cadet_format::DType;
use std::path::Path;
use std::process::Command;

/// Builds and runs the C example with the package on `disk`, of which the Rust firmware has given `report`.
#[track_caller]
pub(crate) fn assert_c_agrees(disk: &OnDisk, report: &Report) {
    if let Err(error) = Command::new("arm-none-eabi-gcc").arg("--version").output() {
        let tool = format!("arm-none-eabi-gcc ({error})");
        assert!(unless_skipped::<()>(Err(FlashError::ToolMissing { tool })).is_none());
        return;
    }
    let (board, options) = (board(), Options::new());
    let elf = disk.path().with_extension("elf");
    let package = PackageFile::read(&disk.path()).unwrap();
    let package = package.package();
    let golden = *package.golden().unwrap().header();
    let build = Command::new("bash")
        .arg(board.folder.join("c-example/build.sh"))
        .args([disk.path(), elf.clone()])
        .arg(format!("-DVECTORS={}", golden.vectors))
        .arg(format!("-DSEED={}", golden.seed))
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
    let output = package.outputs(0).unwrap()[0];
    let is_i8 = package.tensor(output).unwrap().dtype == DType::I8;
    let outputs: String = report
        .outputs
        .iter()
        .map(|output| {
            let values = output.bytes.iter().map(|&byte| match is_i8 {
                true => format!(" {}", byte as i8),
                false => format!(" {byte:02x}"),
            });
            format!("output {}:{}\n", output.vector, values.collect::<String>())
        })
        .collect();
    let expected = format!(
        "{outputs}arena: {} of {} bytes touched\nstate: 0 of 0 bytes touched\nguards: intact\n",
        report.arena.touched, report.arena.promised
    );
    assert_eq!(said, expected);
}

/// The linker keeps what can be reached: where it kept no panic, none can happen.
fn assert_no_panic_is_linked(elf: &Path) {
    let nm = Command::new("arm-none-eabi-nm").arg(elf).output().unwrap();
    assert!(nm.status.success());
    let symbols = String::from_utf8_lossy(&nm.stdout);
    assert!(symbols.contains("cadet_run"), "{symbols}");
    assert!(!symbols.contains("panicking"), "{symbols}");
}
