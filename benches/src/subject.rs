use cadet_format::{Generator, Package};
use cadet_kernels::Isa;
use cadet_repack::{AlignedBytes, laid_out, layout};
use cadet_runtime::{Memory, Session, Team, kernels, run_golden, scratch_bytes};

use crate::NamedPackage;

/// A package to be timed with the instructions of one set, with its memory.
pub struct Subject {
    name: String,
    flash: AlignedBytes,
    arena: AlignedBytes,
    scratch: AlignedBytes,
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
        let laid_out = laid_out(&package, package.target(), layout(isa));
        let flash = laid_out.unwrap_or(canonical);
        let scratch = scratch_bytes(&open(&flash, &named.name));
        Some(Subject {
            name: named.name.clone(),
            flash,
            arena: AlignedBytes::zeroed(header.arena_bytes[0] as usize),
            scratch: AlignedBytes::zeroed(scratch),
            isa,
        })
    }

    /// Hands over a session that has run, so that its inputs are real ones.
    ///
    /// # Panics
    /// Where the package does not run.
    pub fn with_session<R>(&mut self, run: impl FnOnce(&mut Session<'_, '_>) -> R) -> R {
        self.with_team(None, run)
    }

    /// As [`with_session`](Self::with_session), with a team that shares the steps.
    ///
    /// # Panics
    /// As there.
    pub fn with_team<R>(
        &mut self,
        team: Option<&dyn Team>,
        run: impl FnOnce(&mut Session<'_, '_>) -> R,
    ) -> R {
        let package = open(&self.flash, &self.name);
        let memory = Memory::with_arena(self.arena.as_mut_slice());
        let mut session =
            Session::new(package, memory, kernels::ALL).expect("a package with one arena");
        session.set_isa(self.isa);
        if let Some(team) = team {
            session.set_crew(team, self.scratch.as_mut_slice());
        }
        run_golden(&mut session, &mut Generator::new(1), |_, _, _| Ok(()))
            .expect("a package that runs");
        run(&mut session)
    }
}

fn open<'a>(bytes: &'a AlignedBytes, name: &str) -> Package<'a> {
    Package::new(bytes.as_slice()).unwrap_or_else(|error| panic!("{name}: {error}"))
}
