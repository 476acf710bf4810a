//! Packages whose input is handed over in parts.

use cadet_runtime::{Error, Memory, Package, Session, kernels};

#[repr(align(16))]
struct Aligned<T: ?Sized>(T);

static STRIPS: &Aligned<[u8]> = &Aligned(*include_bytes!("../../format/corpus/1.0-strips.cadet"));

fn image() -> [i8; 60] {
    std::array::from_fn(|i| (17 * i as i32 - 60) as i8)
}

fn with_session<R>(input: &mut [u8], run: impl FnOnce(&mut Session<'_, '_>) -> R) -> R {
    let mut arena = Aligned([0; 256]);
    let memory = Memory {
        input,
        ..Memory::with_arena(&mut arena.0)
    };
    let package = Package::new(&STRIPS.0).unwrap();
    run(&mut Session::new(package, memory, kernels::ALL).unwrap())
}

#[test]
fn parts_give_what_a_buffer_gives() {
    let image = image();
    let mut buffer = Aligned([0; 60]);
    let wanted = with_session(&mut buffer.0, |session| {
        session.write_input(0, 0, &image).unwrap();
        session.run(0).unwrap();
        session.output(0, 0).unwrap().to_vec()
    });
    let mut parts = Vec::new();
    let found = with_session(&mut [], |session| {
        let mut feed = |offset: usize, part: &mut [u8]| {
            parts.push((offset, part.len()));
            part.copy_from_slice(bytemuck::cast_slice(&image[offset..][..part.len()]));
            Ok(())
        };
        session.run_fed(0, &mut feed).unwrap();
        session.output(0, 0).unwrap().to_vec()
    });
    assert_eq!(found, wanted);
    assert_eq!(parts, [(0, 35), (35, 25)]);
}

#[test]
fn what_cannot_be_had_is_said() {
    with_session(&mut [], |session| {
        let mut broken = |_: usize, _: &mut [u8]| Err(Error::FeedFailed);
        assert_eq!(session.run_fed(0, &mut broken), Err(Error::FeedFailed));
        assert_eq!(session.run(0), Err(Error::ExternalTooSmall));
        assert_eq!(session.write_input(0, 0, &image()), Err(Error::BadProgram));
    });
    let mut arena = Aligned([0; 256]);
    let mut input = Aligned([0; 59]);
    let memory = Memory {
        input: &mut input.0,
        ..Memory::with_arena(&mut arena.0)
    };
    let package = Package::new(&STRIPS.0).unwrap();
    let error = Session::new(package, memory, kernels::ALL).err();
    assert_eq!(error, Some(Error::ExternalTooSmall));
}
