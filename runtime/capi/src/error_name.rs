use cadet_format::Error;
use core::ffi::{CStr, c_char};

/// Name of an error, such as `ArenaTooSmall`; `Ok` for 0, `Unknown` for a code that this release does not know.
/// The string ends in a zero byte and lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn cadet_error_name(code: u16) -> *const c_char {
    let name = match code {
        0 => c"Ok",
        _ => Error::from_code(code).map_or(c"Unknown", name),
    };
    name.as_ptr()
}

fn name(error: Error) -> &'static CStr {
    match error {
        Error::Truncated => c"Truncated",
        Error::BadMagic => c"BadMagic",
        Error::UnsupportedVersion => c"UnsupportedVersion",
        Error::BadChecksum => c"BadChecksum",
        Error::Misaligned => c"Misaligned",
        Error::UnknownSection => c"UnknownSection",
        Error::BadSection => c"BadSection",
        Error::BadHeader => c"BadHeader",
        Error::BadTensor => c"BadTensor",
        Error::BadStep => c"BadStep",
        Error::BadProgram => c"BadProgram",
        Error::BadScalar => c"BadScalar",
        Error::BadGolden => c"BadGolden",
        Error::BadManifest => c"BadManifest",
        Error::NotSigned => c"NotSigned",
        Error::BadSignature => c"BadSignature",
        Error::MissingKernel => c"MissingKernel",
        Error::ArenaTooSmall => c"ArenaTooSmall",
        Error::StateTooSmall => c"StateTooSmall",
        Error::MemoryMisaligned => c"MemoryMisaligned",
        Error::WrongTarget => c"WrongTarget",
        Error::WrongBoard => c"WrongBoard",
        Error::NoSuchIndex => c"NoSuchIndex",
        Error::WrongShape => c"WrongShape",
        Error::ScalarOutOfBounds => c"ScalarOutOfBounds",
        Error::SelfTestFailed => c"SelfTestFailed",
        Error::NoGolden => c"NoGolden",
        Error::ExternalTooSmall => c"ExternalTooSmall",
        Error::FeedFailed => c"FeedFailed",
        Error::NeedsHost => c"NeedsHost",
        Error::KernelContract => c"KernelContract",
        _ => c"Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn every_error_has_its_own_name() {
        for error in Error::ALL {
            assert_eq!(name(error).to_str(), Ok(&*format!("{error:?}")));
        }
    }
}
