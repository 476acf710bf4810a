//! Work that threads take parts of.
#![allow(unsafe_code)] // The work is borrowed for as long as a thread is inside.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::{Mutex, PoisonError};

type Work<'a> = &'a (dyn Fn(usize) + Sync);
type Panic = Box<dyn Any + Send>;

/// Of [`Job::state`]: how many threads are inside, whether others may still enter, and how many jobs there were.
const INSIDE: usize = OPEN - 1;
const OPEN: usize = 1 << 16;
const NEXT: usize = OPEN << 1;

/// One piece of work after the other, each in parts.
///
/// It is open from when the caller hands the work over until no part is left. A thread enters while it is open, and the
/// caller waits for those inside only: one that sleeps, or that the system lets wait, delays nothing.
pub(crate) struct Job {
    state: AtomicUsize,
    /// The part that is taken next.
    next: AtomicUsize,
    /// Written while nobody is inside and it is closed.
    work: UnsafeCell<Option<(Work<'static>, usize)>>,
    /// What the first panic of a thread inside said.
    panic: Mutex<Option<Panic>>,
}

// SAFETY: `work` is written only while nobody is inside, by the one caller of `run`, and read only from inside; what it
// borrows is `Sync`.
unsafe impl Sync for Job {}

impl Job {
    pub(crate) const fn new() -> Job {
        Job {
            state: AtomicUsize::new(0),
            next: AtomicUsize::new(0),
            work: UnsafeCell::new(None),
            panic: Mutex::new(None),
        }
    }

    /// The number of the job that is open, unless it is `last`, the one that the caller has helped with.
    pub(crate) fn open(&self, last: usize) -> Option<usize> {
        // In one order with the wish to sleep, see `Sleeper`.
        let number = self.state.load(SeqCst) / OPEN;
        (number % 2 == 1 && number != last).then_some(number)
    }

    /// Calls `work` with each of `0..parts`, here and on the threads that [`help`](Self::help), which `wake` wakes. Returns
    /// when all calls have ended, and panics where one did.
    ///
    /// # Safety
    /// Nobody else is in this function.
    pub(crate) unsafe fn run(&self, parts: usize, work: Work<'_>, wake: impl FnOnce()) {
        // SAFETY: only the lifetime changes. Whoever is inside has left when `Closing` is dropped, and this function does
        // not end before, by a panic neither.
        let work = unsafe { core::mem::transmute::<Work<'_>, Work<'static>>(work) };
        // SAFETY: it is closed and nobody is inside, since the last call ended so.
        unsafe { *self.work.get() = Some((work, parts)) };
        // Where the caller's own call panicked, one on another thread may be left.
        drop(self.take_panic());
        self.next.store(0, Relaxed);
        // What was written above is seen by whoever enters.
        self.state.fetch_add(OPEN, SeqCst);
        let closing = Closing(self);
        wake();
        self.take_parts(work, parts);
        drop(closing);
        if let Some(panic) = self.take_panic() {
            resume_unwind(panic);
        }
    }

    fn take_panic(&self) -> Option<Panic> {
        let mut place = self.panic.lock().unwrap_or_else(PoisonError::into_inner);
        place.take()
    }

    /// Takes parts of the work, where it is open.
    pub(crate) fn help(&self) {
        let enter = |state: usize| (state & OPEN != 0).then_some(state + 1);
        if self.state.fetch_update(Acquire, Relaxed, enter).is_err() {
            return;
        }
        // SAFETY: it is not written while this thread is inside.
        if let Some((work, parts)) = unsafe { *self.work.get() } {
            let taken = catch_unwind(AssertUnwindSafe(|| self.take_parts(work, parts)));
            if let Err(panic) = taken {
                let mut place = self.panic.lock().unwrap_or_else(PoisonError::into_inner);
                place.get_or_insert(panic);
            }
        }
        self.state.fetch_sub(1, Release);
    }

    fn take_parts(&self, work: Work<'_>, parts: usize) {
        loop {
            // Each number once: nothing else hangs on the order.
            let part = self.next.fetch_add(1, Relaxed);
            if part >= parts {
                return;
            }
            work(part);
        }
    }
}

/// Closes a job, and waits until all who entered have left, when it is dropped.
struct Closing<'a>(&'a Job);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        // From open to closed, and to the next job: the bit carries over.
        self.0.state.fetch_add(NEXT - OPEN, Relaxed);
        let mut spins = 0u32;
        while self.0.state.load(Acquire) & INSIDE != 0 {
            spins += 1;
            match spins % 1024 {
                // Whoever is inside may be waiting for this core.
                0 => std::thread::yield_now(),
                _ => std::hint::spin_loop(),
            }
        }
    }
}
