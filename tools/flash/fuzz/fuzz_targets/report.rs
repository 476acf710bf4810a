#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use cadet_flash::{Execution, PackageFile, Report};
use cadet_format::protocol::{
    Clock, Finish, MAX_FRAME_BYTES, MemoryUse, Message, PROTOCOL_VERSION, Start,
};
use libfuzzer_sys::fuzz_target;

static PACKAGE: LazyLock<PackageFile> = LazyLock::new(|| {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../runtime/format/corpus");
    PackageFile::read(&corpus.join("1.0-gestures.cadet")).expect("a package")
});

// What a board says between the right start and the right end.
fuzz_target!(|bytes: &[u8]| {
    let header = PACKAGE.package().header();
    let used = |regions: [u32; 4]| MemoryUse {
        promised: regions.iter().sum(),
        touched: 0,
        guards_intact: true,
    };
    let start = Message::Start(Start {
        protocol: PROTOCOL_VERSION,
        board: "board".try_into().expect("it is short"),
        package_crc: header.crc,
        is_exact: true,
        clock: Clock::Instructions(40),
    });
    let finish = Message::Finish(Finish {
        arena: used(header.arena_bytes),
        state: used(header.state_bytes),
        stack_bytes: 0,
    });
    let [start, finish] = [start, finish].map(|message| {
        let mut frame = [0; MAX_FRAME_BYTES];
        let frame = message.encode(&mut frame).expect("a message fits a frame");
        frame.to_vec()
    });
    let execution = Execution {
        success: true,
        status: String::new(),
        stdout: [&start, bytes, &finish].concat(),
        stderr: String::new(),
    };
    if let Ok(report) = Report::decode(&execution, &PACKAGE) {
        let _ = report.check();
    }
});
