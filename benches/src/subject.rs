use cadet_format::{Generator, Package};
use cadet_kernels::Isa;
use cadet_repack::{AlignedBytes, blocked, layout};
use cadet_runtime::{Memory, Session, kernels, run_golden};

use crate::NamedPackage;

/// A package to be timed with the instructions of one set, with its memory.
pub struct Subject {
    name: String,
    flash: AlignedBytes,
    arena: AlignedBytes,
    isa: Isa,
}

impl Subject {
    /// `None` for whole ONNX models, which take tract's time and not ours, and for packages that are fed or have
    /// state, which wait for their caller.
    ///
    /// # Panics
    /// Where the package is damaged.
    pub fn new(named: &NamedPackage, isa: Isa) -> Option<Subject> {
        let canonical = AlignedBytes::copy_of(&named.bytes);
        let package = open(&canonical, &named.name);
        let header = *package.header();
        if package.onnx().is_some() || header.input_bytes > 0 || header.state_bytes[0] > 0 {
            return None;
        }
        let laid_out = blocked(&package, package.target(), layout(isa));
        Some(Subject {
            name: named.name.clone(),
            flash: laid_out.unwrap_or(canonical),
            arena: AlignedBytes::zeroed(header.arena_bytes[0] as usize),
            isa,
        })
    }

    /// Hands over a session that has run, so that its inputs are real ones.
    ///
    /// # Panics
    /// Where the package does not run.
    pub fn with_session<R>(&mut self, run: impl FnOnce(&mut Session<'_, '_>) -> R) -> R {
        let package = open(&self.flash, &self.name);
        let memory = Memory::with_arena(self.arena.as_mut_slice());
        let mut session =
            Session::new(package, memory, kernels::ALL).expect("a package with one arena");
        session.set_isa(self.isa);
        run_golden(&mut session, &mut Generator::new(1), |_, _, _| Ok(()))
            .expect("a package that runs");
        run(&mut session)
    }
}

fn open<'a>(bytes: &'a AlignedBytes, name: &str) -> Package<'a> {
    Package::new(bytes.as_slice()).unwrap_or_else(|error| panic!("{name}: {error}"))
}
