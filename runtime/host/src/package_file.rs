use std::fs::File;
use std::path::Path;

use cadet_format::Package;
use cadet_kernels::Isa;
use memmap2::Mmap;

use crate::{AlignedBytes, HostError};

/// A package in memory: a file mapped and used in place, or bytes from elsewhere.
pub struct PackageFile {
    bytes: Bytes,
}

enum Bytes {
    Mapped(Mmap),
    Copied(AlignedBytes),
}

impl PackageFile {
    /// Maps the file at `path` and checks the package in it.
    ///
    /// # Errors
    /// [`HostError::Read`] or [`HostError::Package`], each with the path.
    pub fn open(path: &Path) -> Result<PackageFile, HostError> {
        let read = |source| HostError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        // An empty file cannot be mapped; it is refused below as a truncated package.
        let bytes = if length == 0 {
            Bytes::Copied(AlignedBytes::zeroed(0))
        } else {
            // SAFETY: the map is read-only and private to this value. A package is replaced by renaming a
            // new file over it, which leaves mapped pages as they are; a program that cuts the file short
            // in place while it is mapped breaks this, as it would break a running executable.
            #[allow(unsafe_code)]
            Bytes::Mapped(unsafe { Mmap::map(&file) }.map_err(read)?)
        };
        let file = PackageFile { bytes };
        match Package::new(file.as_slice()) {
            Ok(_) => Ok(file),
            Err(source) => Err(HostError::Package {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Copies `bytes` to aligned memory and checks the package in them.
    ///
    /// # Errors
    /// [`HostError::Runtime`].
    pub fn from_bytes(bytes: &[u8]) -> Result<PackageFile, HostError> {
        let file = PackageFile {
            bytes: Bytes::Copied(AlignedBytes::copy_of(bytes)),
        };
        Package::new(file.as_slice())?;
        Ok(file)
    }

    /// The same package with its weights laid out for this processor's kernels: in memory, and unsigned. Itself, in its
    /// place, where they lie so already, as those of a package do that was made for such a processor.
    ///
    /// # Errors
    /// [`HostError::Runtime`] only where the file was changed while it was mapped.
    pub fn laid_out(self) -> Result<PackageFile, HostError> {
        let (package, layout) = (self.package()?, cadet_repack::layout(Isa::detect()));
        match cadet_repack::laid_out(&package, package.target(), layout) {
            Some(bytes) => Ok(PackageFile {
                bytes: Bytes::Copied(bytes),
            }),
            None => Ok(self),
        }
    }

    /// The checked view.
    ///
    /// # Errors
    /// Only where the file was changed while it was mapped.
    pub fn package(&self) -> Result<Package<'_>, HostError> {
        Ok(Package::new(self.as_slice())?)
    }

    fn as_slice(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(map) => map,
            Bytes::Copied(bytes) => bytes.as_slice(),
        }
    }
}
