//! The structures of `cadet.h`, field by field.

use cadet_format::{MAX_MEMORY_REGIONS, MAX_RANK};
use core::ffi::{c_int, c_void};

/// `CADET_SESSION_WORDS`: pointer-sized words of a [`CadetSession`].
pub const SESSION_WORDS: usize = 256;

/// Room for a session.
#[repr(C)]
pub struct CadetSession {
    pub(crate) opaque: [usize; SESSION_WORDS],
}

/// What a package asks for, in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CadetRequirements {
    /// Working memory.
    pub arena_bytes: [u32; MAX_MEMORY_REGIONS],
    /// Memory kept between runs.
    pub state_bytes: [u32; MAX_MEMORY_REGIONS],
    /// 0: inputs lie in the arena.
    pub input_bytes: u32,
    /// 0: outputs lie in the arena.
    pub output_bytes: u32,
    /// Of package, arena and state.
    pub alignment: u32,
    /// Number of programs.
    pub programs: u32,
}

/// Memory of the caller.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CadetBuffer {
    /// First byte; may be null where `bytes` is 0.
    pub data: *mut c_void,
    /// Length.
    pub bytes: usize,
}

/// Memory for one session.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CadetMemory {
    /// Working memory.
    pub arena: [CadetBuffer; MAX_MEMORY_REGIONS],
    /// Memory kept between runs.
    pub state: [CadetBuffer; MAX_MEMORY_REGIONS],
    /// For packages whose inputs lie outside the arena.
    pub input: CadetBuffer,
    /// For packages whose outputs lie outside the arena.
    pub output: CadetBuffer,
}

/// Hands over a part of an input: fills `bytes` bytes at `part` with what lies at `offset` of the input, and
/// gives 0 where it could. `user` is what the caller of `cadet_run_fed` gave.
pub type CadetFeed = unsafe extern "C" fn(
    user: *mut c_void,
    offset: usize,
    part: *mut c_void,
    bytes: usize,
) -> c_int;

/// An input or output.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CadetTensor {
    /// Its first byte.
    pub data: *mut c_void,
    /// Its length.
    pub bytes: u32,
    /// Code of a [`DType`](cadet_format::DType).
    pub dtype: u32,
    /// Number of dimensions.
    pub rank: u32,
    /// Extents; those from `rank` on are 0.
    pub dims: [u32; MAX_RANK],
    /// Real value of one quantisation step, 0 where it is not quantised.
    pub scale: f32,
    /// Quantised value that stands for 0.
    pub zero_point: i32,
}
