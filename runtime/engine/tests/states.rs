//! Packages that keep a state between runs, and what it holds at first.

use bytemuck::{bytes_of, pod_read_unaligned};
use cadet_format::{Error, Fill, Tag, package_crc};
use cadet_runtime::{Memory, Package, Session, kernels, self_test};

#[repr(align(16))]
struct Aligned<T: ?Sized>(T);

/// A causal convolution in int8, frame by frame, whose padding is a zero point other than 0.
const STREAM: &[u8] = include_bytes!("../../format/corpus/1.0-stream.cadet");

fn stream() -> Aligned<[u8; STREAM.len()]> {
    let mut bytes = Aligned([0; STREAM.len()]);
    bytes.0.copy_from_slice(STREAM);
    bytes
}

fn with_session<R>(bytes: &[u8], run: impl FnOnce(&mut Session<'_, '_>) -> R) -> R {
    let (mut arena, mut state) = (Aligned([0; 256]), Aligned([0x55; 256]));
    let memory = Memory::with_arena_and_state(&mut arena.0, &mut state.0);
    let package = Package::new(bytes).unwrap();
    run(&mut Session::new(package, memory, kernels::ALL).unwrap())
}

#[test]
fn a_reset_leads_back_to_the_first_run() {
    with_session(&stream().0, |session| {
        let mut run = |frame: i8| {
            let input = session.input_mut(0, 0).unwrap();
            input.fill(frame as u8);
            session.run(0).unwrap();
            session.output(0, 0).unwrap().to_vec()
        };
        let runs = [run(50), run(50), run(50)];
        assert_ne!(runs[0], runs[1], "the padding is no frame");
        session.reset_state();
        let mut run = |frame: i8| {
            session.input_mut(0, 0).unwrap().fill(frame as u8);
            session.run(0).unwrap();
            session.output(0, 0).unwrap().to_vec()
        };
        assert_eq!([run(50), run(50), run(50)], runs);
        assert_eq!(self_test(session), Ok(()));
    });
}

#[test]
fn a_state_that_was_kept_is_gone_on_from() {
    with_session(&stream().0, |session| {
        let run = |session: &mut Session<'_, '_>, frame: i8| {
            session.input_mut(0, 0).unwrap().fill(frame as u8);
            session.run(0).unwrap();
            session.output(0, 0).unwrap().to_vec()
        };
        run(session, 50);
        let kept = session.state(0).to_vec();
        let used = session.package().header().state_bytes[0] as usize;
        assert_eq!(kept.len(), used);
        let wanted = run(session, 20);
        assert_ne!(run(session, 20), wanted);
        session.state_mut(0).copy_from_slice(&kept);
        assert_eq!(run(session, 20), wanted);
        for unused in [1, 4, usize::MAX] {
            assert!(session.state(unused).is_empty() && session.state_mut(unused).is_empty());
        }
    });
}

#[test]
fn the_state_holds_what_the_package_says() {
    let bytes = stream();
    let package = Package::new(&bytes.0).unwrap();
    let fills = package.initial_state();
    assert!(!fills.is_empty());
    let (mut arena, mut state) = (Aligned([0; 256]), Aligned([0x55; 256]));
    let memory = Memory::with_arena_and_state(&mut arena.0, &mut state.0);
    drop(Session::new(package, memory, kernels::ALL).unwrap());
    let used = package.header().state_bytes[0] as usize;
    let mut wanted = vec![0; used];
    for fill in fills {
        let range = fill.offset as usize..(fill.offset + fill.bytes) as usize;
        for (byte, value) in wanted[range].iter_mut().zip(fill.value.iter().cycle()) {
            *byte = *value;
        }
    }
    assert_eq!(state.0[..used], wanted);
    assert!(state.0[used..].iter().all(|&byte| byte == 0x55));
}

#[test]
fn fills_outside_the_state_are_refused() {
    let bytes = stream();
    let package = Package::new(&bytes.0).unwrap();
    let entry = package.sections().iter().find(|it| it.tag == Tag::INITIAL);
    let start = entry.unwrap().offset as usize;
    let state_bytes = package.header().state_bytes[0];
    let fill: Fill = pod_read_unaligned(&bytes.0[start..][..size_of::<Fill>()]);
    for bad in [
        Fill { region: 1, ..fill },
        Fill { region: 9, ..fill },
        Fill {
            offset: state_bytes,
            ..fill
        },
        Fill {
            bytes: u32::MAX,
            ..fill
        },
    ] {
        let mut bytes = stream();
        bytes.0[start..][..size_of::<Fill>()].copy_from_slice(bytes_of(&bad));
        let crc = package_crc(&bytes.0).unwrap();
        bytes.0[124..128].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(Package::new(&bytes.0).unwrap_err(), Error::BadSection);
    }
}
