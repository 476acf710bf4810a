use cadet_format::{Generator, Package};
use cadet_kernels::Isa;
use cadet_repack::{laid_out, layout};
use cadet_runtime::{Memory, Session, kernels, run_golden};

use crate::NamedPackage;

/// A package to be timed with the instructions of one set, with its memory.
pub struct Subject {
    name: String,
    flash: Aligned,
    arena: Aligned,
    isa: Isa,
}

impl Subject {
    /// `None` for whole ONNX models, which take tract's time and not ours, and for packages that are fed or have
    /// state, which wait for their caller.
    ///
    /// # Panics
    /// Where the package is damaged.
    pub fn new(named: &NamedPackage, isa: Isa) -> Option<Subject> {
        let mut flash = Aligned::of(&named.bytes);
        let package = flash.package(&named.name);
        let header = *package.header();
        if package.onnx().is_some() || header.input_bytes > 0 || header.state_bytes[0] > 0 {
            return None;
        }
        if let Some(bytes) = laid_out(&package, package.target(), layout(isa)) {
            flash = Aligned::of(&bytes);
        }
        Some(Subject {
            name: named.name.clone(),
            flash,
            arena: Aligned::of(&vec![0; header.arena_bytes[0] as usize]),
            isa,
        })
    }

    /// Hands over a session that has run, so that its inputs are real ones.
    ///
    /// # Panics
    /// Where the package does not run.
    pub fn with_session<R>(&mut self, run: impl FnOnce(&mut Session<'_, '_>) -> R) -> R {
        let package = self.flash.package(&self.name);
        let memory = Memory::with_arena(self.arena.bytes_mut());
        let mut session =
            Session::new(package, memory, kernels::ALL).expect("a package with one arena");
        session.set_isa(self.isa);
        run_golden(&mut session, &mut Generator::new(1), |_, _, _| Ok(()))
            .expect("a package that runs");
        run(&mut session)
    }
}

/// Bytes at a multiple of 64, the strictest alignment that packages ask for.
struct Aligned {
    buffer: Vec<u8>,
    start: usize,
    length: usize,
}

impl Aligned {
    fn of(bytes: &[u8]) -> Aligned {
        let mut buffer = vec![0; bytes.len() + 64];
        let start = buffer.as_ptr().align_offset(64);
        buffer[start..][..bytes.len()].copy_from_slice(bytes);
        Aligned {
            buffer,
            start,
            length: bytes.len(),
        }
    }

    fn package(&self, name: &str) -> Package<'_> {
        let bytes = &self.buffer[self.start..][..self.length];
        Package::new(bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[self.start..][..self.length]
    }
}
