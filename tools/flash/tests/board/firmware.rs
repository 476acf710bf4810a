//! The firmware of mps2-an386 under QEMU, on a small package made by hand.

use crate::c_example::assert_c_agrees;
use crate::support::{
    ARENA_BYTES, OnDisk, STEPS, VECTORS, board, package, package_with_wrong_crc, unless_skipped,
};
use cadet_flash::{
    FlashError, Options, PackageFile, Report, Runner, build_firmware, flash, run_in_qemu,
};
use cadet_format::board_id;
use std::time::Duration;

fn run(package: &[u8]) -> Option<Result<Report, FlashError>> {
    let result = flash(&board(), &OnDisk::new(package).path(), &Options::new());
    unless_skipped(result)
}

#[test]
fn a_good_package_gives_a_full_report() {
    let Some(result) = run(&package(|_| ())) else {
        return;
    };
    let report = result.unwrap();
    assert_eq!(report.board, "mps2-an386");
    assert!(report.is_exact);
    assert_eq!(report.results.len(), VECTORS * STEPS);
    assert!(report.results.iter().all(|result| result.matches));
    assert_eq!(report.outputs.len(), VECTORS);
    assert!(report.outputs.iter().all(|output| output.bytes.len() == 4));
    assert_eq!(report.arena.promised, ARENA_BYTES);
    // The last output, 4 bytes at offset 32, is the highest byte in use.
    assert_eq!(report.arena.touched, 36);
    assert_eq!((report.state.promised, report.state.touched), (0, 0));
    assert!(
        (64..4096).contains(&report.stack_bytes),
        "{} B of stack",
        report.stack_bytes
    );
    let instructions = report.instructions().unwrap();
    // 32 multiplications and additions, and what is around them.
    assert!(
        (64..20_000).contains(&instructions),
        "{instructions} instructions"
    );
    assert_eq!(
        run(&package(|_| ())).unwrap().unwrap(),
        report,
        "a second run differs"
    );
    assert_c_agrees(&OnDisk::new(&package(|_| ())), &report);
}

#[test]
fn a_wrong_result_names_vector_and_step() {
    let Some(result) = run(&package_with_wrong_crc(1, 1)) else {
        return;
    };
    let error = result.unwrap_err();
    assert!(
        matches!(
            error,
            FlashError::Mismatch {
                vector: 1,
                step: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_package_for_another_board_is_refused() {
    let Some(result) = run(&package(|header| header.board = board_id("other"))) else {
        return;
    };
    let error = result.unwrap_err();
    assert!(matches!(error, FlashError::DoesNotFit { .. }), "{error}");
}

#[test]
fn a_package_for_another_target_is_refused() {
    let Some(result) = run(&package(|header| header.target = 1)) else {
        return;
    };
    let error = result.unwrap_err();
    assert!(error.to_string().contains("X86_64"), "{error}");
}

#[test]
fn the_board_itself_refuses_a_package_for_another_target() {
    let on_disk = OnDisk::new(&package(|header| header.target = 1));
    let package = PackageFile::read(&on_disk.path()).unwrap();
    let (board, options) = (board(), Options::new());
    let Runner::Qemu { machine } = &board.runner;
    let result = build_firmware(&board, &package, &options)
        .and_then(|elf| run_in_qemu(machine, elf.as_ref(), options.timeout))
        .and_then(|execution| Report::decode(&execution, &package));
    let Some(result) = unless_skipped(result) else {
        return;
    };
    let error = result.unwrap_err();
    assert!(matches!(error, FlashError::Device { code: 205 }), "{error}");
}

#[test]
fn an_arena_beyond_the_ram_is_refused() {
    let Some(result) = run(&package(|header| header.arena_bytes[0] = 5_000_000)) else {
        return;
    };
    let error = result.unwrap_err();
    assert!(
        error.to_string().contains("5000000 bytes of RAM"),
        "{error}"
    );
}

#[test]
fn an_arena_that_leaves_no_room_fails_to_link() {
    let Some(result) = run(&package(|header| header.arena_bytes[0] = 4_194_304)) else {
        return;
    };
    let error = result.unwrap_err();
    assert!(matches!(error, FlashError::Build { .. }), "{error}");
    assert!(error.to_string().contains("overflowed"), "{error}");
}

#[test]
fn firmware_that_takes_too_long_is_stopped() {
    let disk = OnDisk::new(&package(|_| ()));
    let options = Options {
        timeout: Duration::ZERO,
        ..Options::new()
    };
    let Some(result) = unless_skipped(flash(&board(), &disk.path(), &options)) else {
        return;
    };
    assert!(
        matches!(result, Err(FlashError::Timeout { .. })),
        "{result:?}"
    );
}

#[test]
fn a_damaged_package_is_refused() {
    let mut bytes = package(|_| ());
    *bytes.last_mut().unwrap() ^= 1;
    let error = flash(&board(), &OnDisk::new(&bytes).path(), &Options::new()).unwrap_err();
    assert!(error.to_string().contains("E0104"), "{error}");
}
