//! The functions of `cadet.h`. Each takes its pointers at their word, as C does: that they are valid is the caller's
//! promise, written in the header.

use crate::types::{
    CadetBuffer, CadetFeed, CadetMemory, CadetRequirements, CadetSession, CadetTensor,
};
use cadet_format::{Error, Package, Region, TensorInfo};
use cadet_runtime::{Memory, Session, kernels};
use core::ffi::c_void;

/// How a session lies in the caller's memory. The lifetimes are the caller's promise.
type Stored = Session<'static, 'static>;

const OK: u16 = 0;

const _: () = assert!(size_of::<Stored>() <= size_of::<CadetSession>());
const _: () = assert!(align_of::<Stored>() <= align_of::<CadetSession>());

/// Checks a package and tells what it asks for.
///
/// # Safety
/// `package` points to `package_bytes` readable bytes, `requirements` to a writable structure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cadet_requirements(
    package: *const c_void,
    package_bytes: usize,
    requirements: *mut CadetRequirements,
) -> u16 {
    // SAFETY: the caller's promise.
    let bytes = unsafe { core::slice::from_raw_parts(package.cast(), package_bytes) };
    code(Package::new(bytes).map(|package| {
        let header = package.header();
        let found = CadetRequirements {
            arena_bytes: header.arena_bytes,
            state_bytes: header.state_bytes,
            input_bytes: header.input_bytes,
            output_bytes: header.output_bytes,
            alignment: header.base_alignment.into(),
            programs: package.programs().len() as u32,
        };
        // SAFETY: the caller's promise; the structure need not be initialised.
        unsafe { requirements.write(found) };
    }))
}

/// Checks a package, binds it to memory and resets the state.
///
/// # Safety
/// `session` points to a writable structure, `package` to `package_bytes` readable bytes, `memory` to a structure
/// whose buffers are writable, do not overlap and belong to no other session. Package and buffers outlive the
/// session and nobody else writes to them but between calls, through pointers from [`cadet_input`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cadet_init(
    session: *mut CadetSession,
    package: *const c_void,
    package_bytes: usize,
    memory: *const CadetMemory,
) -> u16 {
    // SAFETY: the caller's promise.
    let (bytes, memory) = unsafe {
        (
            core::slice::from_raw_parts(package.cast(), package_bytes),
            &*memory,
        )
    };
    // SAFETY: the caller's promise on `memory`.
    let memory = unsafe {
        Memory {
            arena: memory.arena.map(|buffer| slice(buffer)),
            state: memory.state.map(|buffer| slice(buffer)),
            input: slice(memory.input),
            output: slice(memory.output),
        }
    };
    let made = Package::new(bytes).and_then(|package| Session::new(package, memory, kernels::ALL));
    code(made.map(|made| {
        // SAFETY: size and alignment are asserted above; the structure is writable by the caller's promise.
        unsafe { session.cast::<Stored>().write(made) };
    }))
}

/// Tells where input `index` of `program` lies and what it is.
///
/// # Safety
/// `session` was made by [`cadet_init`] and is used by nobody else meanwhile; `tensor` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cadet_input(
    session: *mut CadetSession,
    program: u32,
    index: u32,
    tensor: *mut CadetTensor,
) -> u16 {
    // SAFETY: the caller's promise.
    let session = unsafe { stored(session) };
    let (program, index) = (program as usize, index as usize);
    code(session.input_info(program, index).and_then(|info| {
        let data = match session.input_mut(program, index) {
            Ok(bytes) => bytes.as_mut_ptr(),
            // To be handed over in parts: it lies nowhere.
            Err(_) if info.region == Region::Input => core::ptr::null_mut(),
            Err(error) => return Err(error),
        };
        // SAFETY: the caller's promise.
        unsafe { tensor.write(describe(&info, data)) };
        Ok(())
    }))
}

/// Tells where output `index` of `program` lies and what it is.
///
/// # Safety
/// As for [`cadet_input`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cadet_output(
    session: *mut CadetSession,
    program: u32,
    index: u32,
    tensor: *mut CadetTensor,
) -> u16 {
    // SAFETY: the caller's promise.
    let session = unsafe { stored(session) };
    let (program, index) = (program as usize, index as usize);
    code(session.output_info(program, index).and_then(|info| {
        let data = session.output(program, index)?.as_ptr().cast_mut();
        // SAFETY: the caller's promise.
        unsafe { tensor.write(describe(&info, data)) };
        Ok(())
    }))
}

/// Sets a run-time scalar.
///
/// # Safety
/// `session` was made by [`cadet_init`] and is used by nobody else meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cadet_set_scalar(
    session: *mut CadetSession,
    index: u32,
    value: u32,
) -> u16 {
    // SAFETY: the caller's promise.
    code(unsafe { stored(session) }.set_scalar(index as usize, value))
}

/// Runs all steps of `program`.
///
/// # Safety
/// As for [`cadet_set_scalar`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cadet_run(session: *mut CadetSession, program: u32) -> u16 {
    // SAFETY: the caller's promise.
    code(unsafe { stored(session) }.run(program as usize))
}

/// Runs all steps of `program` on an input that is handed over in parts.
///
/// # Safety
/// As for [`cadet_set_scalar`]; `feed` fills the bytes that it is given and does not use the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cadet_run_fed(
    session: *mut CadetSession,
    program: u32,
    feed: CadetFeed,
    user: *mut c_void,
) -> u16 {
    let mut feed = |offset: usize, part: &mut [u8]| {
        // SAFETY: the caller's promise; the bytes are writable and nobody else's for the call.
        match unsafe { feed(user, offset, part.as_mut_ptr().cast(), part.len()) } {
            0 => Ok(()),
            _ => Err(Error::FeedFailed),
        }
    };
    // SAFETY: the caller's promise.
    code(unsafe { stored(session) }.run_fed(program as usize, &mut feed))
}

/// Number of steps of `program`; 0 if there is no such program.
///
/// # Safety
/// `session` was made by [`cadet_init`] and nobody changes it meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cadet_step_count(session: *const CadetSession, program: u32) -> u32 {
    // SAFETY: the caller's promise.
    let session = unsafe { &*session.cast::<Stored>() };
    let steps = session.package().steps(program as usize);
    steps.map_or(0, |steps| steps.len() as u32)
}

/// Runs one step of `program`.
///
/// # Safety
/// As for [`cadet_set_scalar`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cadet_step(session: *mut CadetSession, program: u32, step: u32) -> u16 {
    // SAFETY: the caller's promise.
    code(unsafe { stored(session) }.step(program as usize, step as usize))
}

/// Sets the state to what it holds at first, zero where the package does not say otherwise, and run-time scalars to
/// their first values.
///
/// # Safety
/// As for [`cadet_set_scalar`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cadet_reset_state(session: *mut CadetSession) {
    // SAFETY: the caller's promise.
    unsafe { stored(session) }.reset_state();
}

fn code(result: Result<(), Error>) -> u16 {
    match result {
        Ok(()) => OK,
        Err(error) => error.code(),
    }
}

/// # Safety
/// `session` was made by [`cadet_init`] and is used by nobody else for `'a`.
unsafe fn stored<'a>(session: *mut CadetSession) -> &'a mut Stored {
    // SAFETY: the caller's promise: `cadet_init` wrote a `Stored` there.
    unsafe { &mut *session.cast() }
}

/// # Safety
/// `buffer` is writable, used by nobody else for `'a`, and null only where it is empty.
unsafe fn slice<'a>(buffer: CadetBuffer) -> &'a mut [u8] {
    if buffer.bytes == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts_mut(buffer.data.cast(), buffer.bytes) }
}

fn describe(info: &TensorInfo<'_>, data: *mut u8) -> CadetTensor {
    let mut tensor = CadetTensor {
        data: data.cast(),
        bytes: info.bytes as u32,
        dtype: info.dtype as u32,
        rank: info.dims.len() as u32,
        dims: [0; cadet_format::MAX_RANK],
        scale: info.scale,
        zero_point: info.zero_point,
    };
    for (to, from) in tensor.dims.iter_mut().zip(info.dims) {
        *to = *from;
    }
    tensor
}
