use cadet_format::Package;
use cadet_runtime::{Session, scratch_bytes};
use cadet_threads::Threads;

use crate::{AlignedBytes, HostSession};

/// Threads that share the steps of a session, and the scratch memory that its package takes for that.
pub struct HostCrew {
    threads: Threads,
    scratch: AlignedBytes,
}

impl HostCrew {
    /// `hands` threads, of which the caller is one; fewer where the system gives no more.
    pub fn new(hands: usize, package: &Package<'_>) -> HostCrew {
        HostCrew {
            threads: Threads::new(hands),
            scratch: AlignedBytes::zeroed(scratch_bytes(package)),
        }
    }
}

impl<'m> HostSession<'_, 'm> {
    /// As [`Session::set_crew`]; graphs run on one thread.
    pub fn set_crew(&mut self, crew: &'m mut HostCrew) {
        let HostCrew { threads, scratch } = crew;
        if let HostSession::Steps(session) = self {
            Session::set_crew(session, threads, scratch.as_mut_slice());
        }
    }
}
