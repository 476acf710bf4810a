//! The cadet package, version 1: what a compiler writes and an engine reads.
//!
//! A package is one file. It starts with a fixed [`Header`], then the list of kernels it needs, then a
//! directory of tagged sections. `SPEC.md` beside this crate is the normative text; this crate is its
//! reader. [`Package::new`] checks every offset, count and index once, in time linear in the package's
//! length and without memory of its own; nothing after it can panic or read out of bounds.
//!
//! This crate knows nothing of kernels' arithmetic, of ONNX or of files.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

#[cfg(target_endian = "big")]
compile_error!(
    "a cadet package is little-endian and read in place: big-endian targets are not supported"
);

mod error;
mod golden;
mod header;
mod kernel;
#[cfg(feature = "manifest")]
mod manifest;
mod package;
mod params;
mod plan;
#[cfg(feature = "protocol")]
pub mod protocol;
mod section;
#[cfg(feature = "signature")]
mod signature;

pub use error::Error;
pub use golden::{GENERATOR_LCG, GOLDEN_EXACT, Generator, Golden, GoldenHeader};
pub use header::{
    HEADER_BYTES, Header, MAGIC, SIGNATURE_SCHEME_ED25519, SIGNATURE_SCHEME_NONE, TargetId,
    VERSION_MAJOR, VERSION_MINOR, board_id, package_crc, signed_parts,
};
pub use kernel::{KernelId, Layout, Numerics, Opcode};
#[cfg(feature = "manifest")]
pub use manifest::Manifest;
pub use package::Package;
pub use params::*;
pub use plan::{
    DType, Fill, NO_TENSOR, Program, ProgramKind, Region, Scalar, Step, Tensor, TensorInfo,
};
pub use section::{SECTION_CRITICAL, SectionEntry, Tag};
#[cfg(feature = "signature")]
pub use signature::{Key, sign};

/// Most arena regions, and most state regions, of a package.
pub const MAX_MEMORY_REGIONS: usize = 4;
/// Most weight regions of a package.
pub const MAX_WEIGHT_REGIONS: usize = 8;
/// Most different kernels that a package may need.
pub const MAX_KERNELS: usize = 64;
/// Most run-time scalars of a package.
pub const MAX_SCALARS: usize = 4;
/// Highest rank of a tensor.
pub const MAX_RANK: usize = 8;

/// CRC-32 (ISO-HDLC, the one of zlib and PNG) of `bytes`.
pub fn crc32(bytes: &[u8]) -> u32 {
    header::CRC.checksum(bytes)
}
