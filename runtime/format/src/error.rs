/// Why a package cannot be read or run. The numbers are part of the C API and never reused;
/// `SPEC.md` lists them.
#[non_exhaustive]
#[repr(u16)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Fewer bytes than a header, or than the header's own length: the file is cut off.
    Truncated = 101,
    /// The first eight bytes are not a package's: this is another kind of file.
    BadMagic = 102,
    /// Written for another major version of the format: compile the model again.
    UnsupportedVersion = 103,
    /// The checksum does not match: the bytes were damaged.
    BadChecksum = 104,
    /// The package does not start at a multiple of its base alignment: move it in memory.
    Misaligned = 105,
    /// A section that must be understood is not known to this reader: use a newer runtime.
    UnknownSection = 106,
    /// A section lies outside the package, overlaps the directory, is misaligned or given twice.
    BadSection = 107,
    /// A header field or reserved flag has a value that this version does not define.
    BadHeader = 108,
    /// A tensor has an unknown type or region, a wrong size, or does not fit its region.
    BadTensor = 109,
    /// A step names a kernel, tensor or parameter block that does not exist.
    BadStep = 110,
    /// A program names steps or tensors that do not exist.
    BadProgram = 111,
    /// More than four run-time scalars, or one whose bounds are out of order.
    BadScalar = 112,
    /// The golden section's length does not match its counts.
    BadGolden = 113,
    /// The manifest cannot be decoded.
    BadManifest = 114,
    /// A signature was asked for and the package has none.
    NotSigned = 115,
    /// The signature is not the key's over these bytes.
    BadSignature = 116,

    /// The runtime was built without a kernel that the package needs.
    MissingKernel = 201,
    /// An arena buffer is smaller than the package's `ARENA_BYTES`.
    ArenaTooSmall = 202,
    /// A state buffer is smaller than the package's `STATE_BYTES`.
    StateTooSmall = 203,
    /// An arena or state buffer does not start at a multiple of the base alignment.
    MemoryMisaligned = 204,
    /// The package was made for another target.
    WrongTarget = 205,
    /// The package was made for another board.
    WrongBoard = 206,
    /// No program, step, tensor, input, output or scalar has this index.
    NoSuchIndex = 207,
    /// The data's length or type is not the tensor's.
    WrongShape = 208,
    /// A run-time scalar was set outside its bounds.
    ScalarOutOfBounds = 209,
    /// A golden vector gave another result than the package promises.
    SelfTestFailed = 210,
    /// The package has no golden vectors.
    NoGolden = 211,
    /// The caller's input or output buffer is smaller than the package asks for.
    ExternalTooSmall = 212,
    /// The caller did not hand over a part of the input that was asked for.
    FeedFailed = 213,
    /// The package holds an ONNX graph: hosts run it (`cadet-host`), the engine does not.
    NeedsHost = 214,

    /// A kernel was given operands whose shapes, types or parameters break its contract.
    KernelContract = 301,
}

impl Error {
    /// Every error, in the order of its code.
    pub const ALL: [Error; 31] = [
        Error::Truncated,
        Error::BadMagic,
        Error::UnsupportedVersion,
        Error::BadChecksum,
        Error::Misaligned,
        Error::UnknownSection,
        Error::BadSection,
        Error::BadHeader,
        Error::BadTensor,
        Error::BadStep,
        Error::BadProgram,
        Error::BadScalar,
        Error::BadGolden,
        Error::BadManifest,
        Error::NotSigned,
        Error::BadSignature,
        Error::MissingKernel,
        Error::ArenaTooSmall,
        Error::StateTooSmall,
        Error::MemoryMisaligned,
        Error::WrongTarget,
        Error::WrongBoard,
        Error::NoSuchIndex,
        Error::WrongShape,
        Error::ScalarOutOfBounds,
        Error::SelfTestFailed,
        Error::NoGolden,
        Error::ExternalTooSmall,
        Error::FeedFailed,
        Error::NeedsHost,
        Error::KernelContract,
    ];

    /// The stable number of this error.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The error with this number.
    pub fn from_code(code: u16) -> Option<Error> {
        Error::ALL.into_iter().find(|error| error.code() == code)
    }

    /// What went wrong and what to do, for a person, without a trailing full stop.
    pub const fn message(self) -> &'static str {
        match self {
            Error::Truncated => "the package is cut off: copy the whole file again",
            Error::BadMagic => "this is not a cadet package",
            Error::UnsupportedVersion => {
                "the package has another major format version: compile the model again with this release"
            }
            Error::BadChecksum => "the package is damaged (checksum): copy or compile it again",
            Error::Misaligned => "the package is not aligned to its base alignment in memory",
            Error::UnknownSection => {
                "the package has a section this release must understand and does not: use a newer release"
            }
            Error::BadSection => {
                "a section of the package is out of bounds, misaligned or given twice"
            }
            Error::BadHeader => "a header field of the package has an undefined value",
            Error::BadTensor => "a tensor of the package has a wrong type, size or place",
            Error::BadStep => {
                "a step of the package names a kernel, tensor or parameter that is not there"
            }
            Error::BadProgram => {
                "a program of the package names steps or tensors that are not there"
            }
            Error::BadScalar => "a run-time scalar of the package has bad bounds",
            Error::BadGolden => "the golden section of the package has a wrong length",
            Error::BadManifest => "the manifest of the package cannot be decoded",
            Error::NotSigned => "the package is not signed",
            Error::BadSignature => {
                "the package was not signed by this key, or was changed since it was"
            }
            Error::MissingKernel => {
                "this runtime was built without a kernel that the package needs"
            }
            Error::ArenaTooSmall => "the arena is smaller than the package's ARENA_BYTES",
            Error::StateTooSmall => "the state buffer is smaller than the package's STATE_BYTES",
            Error::MemoryMisaligned => {
                "the arena or state buffer is not aligned to the package's base alignment"
            }
            Error::WrongTarget => "the package was made for another target",
            Error::WrongBoard => "the package was made for another board",
            Error::NoSuchIndex => {
                "no program, step, tensor, input, output or scalar has this index"
            }
            Error::WrongShape => "the data's length or type is not the tensor's",
            Error::ScalarOutOfBounds => "a run-time scalar was set outside its bounds",
            Error::SelfTestFailed => {
                "a golden vector gave another result than the package promises"
            }
            Error::NoGolden => "the package has no golden vectors",
            Error::ExternalTooSmall => {
                "the input or output buffer is smaller than the package asks for"
            }
            Error::FeedFailed => "the part of the input that was asked for did not come",
            Error::NeedsHost => {
                "the package holds a whole ONNX graph for the host runner; this engine runs compiled steps only"
            }
            Error::KernelContract => "a kernel was given operands that break its contract",
        }
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "E{:04}: {}", self.code(), self.message())
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_invertible() {
        let codes: BTreeSet<u16> = Error::ALL.iter().map(|e| e.code()).collect();
        assert_eq!(codes.len(), Error::ALL.len());
        for error in Error::ALL {
            assert_eq!(Error::from_code(error.code()), Some(error));
        }
        assert_eq!(Error::from_code(0), None);
    }

    #[test]
    fn spec_lists_every_code() {
        let spec = include_str!("../SPEC.md");
        for error in Error::ALL {
            let row = std::format!("| {} | {error:?} |", error.code());
            assert!(spec.contains(&row), "SPEC.md lacks the row {row}");
        }
    }
}
