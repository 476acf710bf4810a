use bytemuck::{Pod, Zeroable};
use crc::{CRC_32_ISO_HDLC, Crc, Table};

use crate::{Error, MAX_MEMORY_REGIONS};

/// First bytes of every package. The line ends catch transfers in text mode.
pub const MAGIC: [u8; 8] = *b"CADET\r\n\x1a";
/// Readers refuse any other major version.
pub const VERSION_MAJOR: u16 = 1;
/// Readers accept any minor version: what they must understand is marked critical.
pub const VERSION_MINOR: u16 = 0;
/// Length of [`Header`].
pub const HEADER_BYTES: usize = size_of::<Header>();
/// The signature field is empty.
pub const SIGNATURE_SCHEME_NONE: u16 = 0;
/// The signature field holds an Ed25519 signature (RFC 8032).
pub const SIGNATURE_SCHEME_ED25519: u16 = 1;

pub(crate) const CRC: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);
const CRC_OFFSET: usize = 124;
const SIGNATURE_OFFSET: usize = 128;

/// Start of a package: 192 bytes, little-endian. Enough, with the kernel list behind it, to decide
/// whether a board can run the package before a byte of it is stored.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION_MAJOR`].
    pub major: u16,
    /// [`VERSION_MINOR`] of the writer.
    pub minor: u16,
    /// Length of the package in bytes, this header included.
    pub length: u32,
    /// A [`TargetId`]: the family whose kernels the weights are laid out for.
    pub target: u16,
    /// Alignment in bytes of the package, of every weight region in it, and of arena and state.
    pub base_alignment: u16,
    /// [`board_id`] of the only board the package is for, or 0 for any.
    pub board: u32,
    /// Rises with every security-relevant release of a model; devices refuse to go back.
    pub security_version: u32,
    /// No flag is defined in version 1; readers refuse a set bit.
    pub flags: u32,
    /// First 16 bytes of the SHA-256 of the source model.
    pub model_id: [u8; 16],
    /// Bytes of each arena region.
    pub arena_bytes: [u32; MAX_MEMORY_REGIONS],
    /// Bytes of each state region.
    pub state_bytes: [u32; MAX_MEMORY_REGIONS],
    /// Bytes of the caller's own input buffer (region `INPUT`); 0 when inputs lie in the arena.
    pub input_bytes: u32,
    /// Bytes of the caller's own output buffer (region `OUTPUT`); 0 when outputs lie in the arena.
    pub output_bytes: u32,
    /// Number of kernels needed: that many [`KernelId`](crate::KernelId) follow this header.
    pub kernel_count: u32,
    /// Number of sections: that many [`SectionEntry`](crate::SectionEntry) follow the kernel list.
    pub section_count: u32,
    /// Zero.
    pub reserved: [u32; 4],
    /// 0 for unsigned, 1 for Ed25519.
    pub signature_scheme: u16,
    /// Which of a device's keys signed the package.
    pub key_id: u16,
    /// Zero.
    pub reserved2: [u32; 2],
    /// CRC-32 of the package without this field and the signature.
    pub crc: u32,
    /// Signature of everything but itself, or zeros.
    pub signature: [u8; 64],
}

const _: () = assert!(HEADER_BYTES == 192);
const _: () = assert!(core::mem::offset_of!(Header, crc) == CRC_OFFSET);
const _: () = assert!(core::mem::offset_of!(Header, signature) == SIGNATURE_OFFSET);

/// CRC-32 over `package` without its CRC and signature fields.
///
/// # Errors
/// [`Error::Truncated`] if `package` is shorter than a header.
pub fn package_crc(package: &[u8]) -> Result<u32, Error> {
    let (head, body) = parts(package, CRC_OFFSET)?;
    let mut digest = CRC.digest();
    digest.update(head);
    digest.update(body);
    Ok(digest.finalize())
}

/// The two byte ranges that a signature covers, in order: all but the signature itself.
///
/// # Errors
/// [`Error::Truncated`] if `package` is shorter than a header.
pub fn signed_parts(package: &[u8]) -> Result<(&[u8], &[u8]), Error> {
    parts(package, SIGNATURE_OFFSET)
}

fn parts(package: &[u8], head_bytes: usize) -> Result<(&[u8], &[u8]), Error> {
    let head = package.get(..head_bytes).ok_or(Error::Truncated)?;
    let body = package.get(HEADER_BYTES..).ok_or(Error::Truncated)?;
    Ok((head, body))
}

/// Identity of a board in [`Header::board`]: the CRC-32 of its name in `targets/`.
pub fn board_id(name: &str) -> u32 {
    CRC.checksum(name.as_bytes())
}

/// The family of processors whose kernels a package's weights are laid out for.
#[repr(u16)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetId {
    /// Canonical layouts only: runs everywhere.
    Any = 0,
    /// x86-64 with AVX2 and up.
    X86_64 = 1,
    /// AArch64 with NEON and up.
    Aarch64 = 2,
    /// Armv7-A with NEON.
    Armv7 = 3,
    /// Cortex-M0 and M0+.
    ArmV6M = 4,
    /// Cortex-M3.
    ArmV7M = 5,
    /// Cortex-M4, M7 and M33 with DSP.
    ArmV7EM = 6,
    /// Cortex-M55 and M85 with Helium.
    ArmV81M = 7,
    /// RISC-V, 32 bits.
    Riscv32 = 8,
}

impl TargetId {
    /// The target with this number in a header.
    pub const fn from_u16(value: u16) -> Option<TargetId> {
        Some(match value {
            0 => TargetId::Any,
            1 => TargetId::X86_64,
            2 => TargetId::Aarch64,
            3 => TargetId::Armv7,
            4 => TargetId::ArmV6M,
            5 => TargetId::ArmV7M,
            6 => TargetId::ArmV7EM,
            7 => TargetId::ArmV81M,
            8 => TargetId::Riscv32,
            _ => return None,
        })
    }
}
