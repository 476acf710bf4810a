#![allow(unsafe_code)] // What a team promises.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::*};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cadet_kernels::Team;
use cadet_kernels::parts::MAX_PARTS;

use crate::job::Job;

/// How long a thread looks for work before it sleeps: longer than the steps between two that are shared, so that it is awake
/// throughout a run.
const PATIENCE: Duration = Duration::from_micros(100);
/// How often it looks before it looks at the clock.
const LOOKS: usize = 64;

/// The caller and threads that wait for work. Idle ones sleep; dropping this ends them.
///
/// Sessions may share it. Where several run at the same time, one has the threads and the others do their work alone.
pub struct Threads {
    shared: Arc<Shared>,
    sleepers: Vec<Arc<Sleeper>>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Sleeper {
    /// Set before it looks for work a last time, so that either it sees the work or whoever brings it sees this.
    is_asleep: AtomicBool,
}

struct Shared {
    job: Job,
    is_taken: AtomicBool,
    is_over: AtomicBool,
}

impl Threads {
    /// `hands` threads, of which the caller is one: as many as there are parts at the most, fewer where the system gives no
    /// more.
    pub fn new(hands: usize) -> Threads {
        let mut team = Threads {
            shared: Arc::new(Shared {
                job: Job::new(),
                is_taken: AtomicBool::new(false),
                is_over: AtomicBool::new(false),
            }),
            sleepers: Vec::new(),
            threads: Vec::new(),
        };
        for number in 1..hands.min(MAX_PARTS) {
            let (shared, sleeper) = (team.shared.clone(), Arc::new(Sleeper::default()));
            let its_own = sleeper.clone();
            let thread = thread::Builder::new()
                .name(format!("cadet-{number}"))
                .spawn(move || shared.serve(&its_own));
            let Ok(thread) = thread else {
                break;
            };
            team.sleepers.push(sleeper);
            team.threads.push(thread);
        }
        team
    }

    /// Wakes up to `most` threads that sleep.
    fn wake(&self, most: usize) {
        let pairs = self.sleepers.iter().zip(&self.threads);
        for (sleeper, thread) in pairs.take(most) {
            if sleeper.is_asleep.load(SeqCst) {
                thread.thread().unpark();
            }
        }
    }
}

// SAFETY: a job calls the work with each part once, and ends when all calls have; alone, this thread does.
unsafe impl Team for Threads {
    fn hands(&self) -> usize {
        self.threads.len() + 1
    }

    fn run(&self, parts: usize, work: &(dyn Fn(usize) + Sync)) {
        let is_taken = &self.shared.is_taken;
        if parts < 2 || self.threads.is_empty() || is_taken.swap(true, Acquire) {
            (0..parts).for_each(work);
            return;
        }
        let _turn = Turn(is_taken);
        // SAFETY: whoever has the turn is alone.
        unsafe { self.shared.job.run(parts, work, || self.wake(parts - 1)) };
    }
}

/// Gives the turn back, after a panic too.
struct Turn<'a>(&'a AtomicBool);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Release);
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.is_over.store(true, SeqCst);
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            // It does not panic: what panics in it is caught.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn serve(&self, sleeper: &Sleeper) {
        let mut last = 0;
        while !self.is_over.load(SeqCst) {
            if let Some(number) = self.job_in_time(last) {
                self.job.help();
                last = number;
                continue;
            }
            sleeper.is_asleep.store(true, SeqCst);
            if self.job.open(last).is_none() && !self.is_over.load(SeqCst) {
                thread::park();
            }
            sleeper.is_asleep.store(false, Relaxed);
        }
    }

    /// Another job than `last` within the time that a thread has patience.
    fn job_in_time(&self, last: usize) -> Option<usize> {
        let start = Instant::now();
        loop {
            for _ in 0..LOOKS {
                if let Some(number) = self.job.open(last) {
                    return Some(number);
                }
                std::hint::spin_loop();
            }
            if start.elapsed() > PATIENCE || self.is_over.load(Relaxed) {
                return None;
            }
        }
    }
}
