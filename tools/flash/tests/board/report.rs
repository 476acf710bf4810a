//! What is made of good, bad and missing messages, without an emulator.

use crate::support::{ARENA_BYTES, OnDisk, STEPS, VECTORS, package};
use cadet_flash::{Execution, FlashError, PackageFile, Report};
use cadet_format::protocol::{
    Clock, Failure, Finish, MAX_FRAME_BYTES, MemoryUse, Message, PROTOCOL_VERSION, Start,
    StepResult, StepStack, StepTime,
};

/// The messages of a good run.
fn messages(package: &PackageFile) -> Vec<Message> {
    let header = package.package().header().crc;
    let mut messages = vec![Message::Start(Start {
        protocol: PROTOCOL_VERSION,
        board: "mps2-an386".try_into().unwrap(),
        package_crc: header,
        is_exact: true,
        clock: Clock::Instructions(40),
    })];
    for vector in 0..VECTORS as u32 {
        messages.extend((0..STEPS as u32).map(|step| {
            Message::Result(StepResult {
                vector,
                step,
                crc: 1,
                matches: true,
            })
        }));
    }
    messages.extend((0..STEPS as u32).map(|step| Message::Time(StepTime { step, ticks: 10 })));
    messages.extend((0..STEPS as u32).map(|step| {
        let stack_bytes = 100 + step;
        Message::Stack(StepStack { step, stack_bytes })
    }));
    let used = |promised, touched| MemoryUse {
        promised,
        touched,
        guards_intact: true,
    };
    messages.push(Message::Finish(Finish {
        arena: used(ARENA_BYTES, 36),
        state: used(0, 0),
        stack_bytes: 500,
    }));
    messages
}

/// Decodes what a board says with these messages, between other output.
fn decode(messages: &[Message], success: bool) -> Result<Report, FlashError> {
    let mut stdout = b"boot\n\0".to_vec();
    for message in messages {
        stdout.extend(message.encode(&mut [0; MAX_FRAME_BYTES]).unwrap());
    }
    stdout.extend(b"cut off");
    let disk = OnDisk::new(&package(|_| ()));
    let execution = Execution {
        success,
        status: "exit status: 102".into(),
        stdout,
        stderr: String::new(),
    };
    Report::decode(&execution, &PackageFile::read(&disk.path()).unwrap())
}

/// Decodes a good run after `change`.
fn after(change: impl FnOnce(&mut Vec<Message>)) -> Result<Report, FlashError> {
    let disk = OnDisk::new(&package(|_| ()));
    let mut messages = messages(&PackageFile::read(&disk.path()).unwrap());
    change(&mut messages);
    decode(&messages, true)
}

#[test]
fn a_good_run_is_a_good_report() {
    let report = after(|_| ()).unwrap();
    report.check().unwrap();
    assert_eq!(report.ticks(), 20);
    assert_eq!(report.instructions(), Some(800));
    let stacks: Vec<u32> = report.steps.iter().map(|it| it.stack_bytes).collect();
    assert_eq!(stacks, [100, 101]);
}

#[test]
fn a_crash_says_how_far_it_came() {
    let disk = OnDisk::new(&package(|_| ()));
    let messages = messages(&PackageFile::read(&disk.path()).unwrap());
    let error = decode(&messages[..4], false).unwrap_err().to_string();
    assert!(
        error.contains("after step 0 (step 0) of golden vector 1"),
        "{error}"
    );
    assert!(error.contains("exit status: 102"), "{error}");
    let error = decode(&messages[..1], false).unwrap_err().to_string();
    assert!(error.contains("before its first step"), "{error}");
}

#[test]
fn a_board_that_fails_says_why() {
    let error =
        after(|messages| messages[3] = Message::Failure(Failure { code: 202 })).unwrap_err();
    assert!(error.to_string().contains("E0202"), "{error}");
    let error =
        after(|messages| messages[3] = Message::Failure(Failure { code: 999 })).unwrap_err();
    assert!(error.to_string().contains("error 999"), "{error}");
}

#[test]
fn a_report_on_something_else_is_refused() {
    let changes: [fn(&mut Start); 2] =
        [|start| start.protocol += 1, |start| start.package_crc ^= 1];
    for change in changes {
        let error = after(|messages| {
            if let Message::Start(start) = &mut messages[0] {
                change(start);
            }
        });
        assert!(
            matches!(error, Err(FlashError::BadReport { .. })),
            "{error:?}"
        );
    }
    let error = after(|messages| drop(messages.remove(2)));
    assert!(
        matches!(error, Err(FlashError::BadReport { .. })),
        "{error:?}"
    );
}

#[test]
fn broken_guards_fail_the_check() {
    let report = after(|messages| {
        if let Some(Message::Finish(finish)) = messages.last_mut() {
            finish.state.guards_intact = false;
        }
    });
    let error = report.unwrap().check().unwrap_err();
    assert!(
        matches!(
            error,
            FlashError::MemoryOverrun {
                memory: "state",
                ..
            }
        ),
        "{error}"
    );
}
