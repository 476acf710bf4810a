//! Each part is made once, whatever happens.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{scope, sleep};
use std::time::Duration;

use cadet_kernels::Team;
use cadet_threads::Threads;

struct Counting;

/// By all threads that have made a part: one that only starts allocates, whenever the system lets it run.
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static HAS_MADE_A_PART: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(HAS_MADE_A_PART.get().into(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Asks for so many parts, and checks that each was made once, and was made when the call returned.
fn run(team: &Threads, parts: usize) {
    let made = [const { AtomicUsize::new(0) }; 64];
    team.run(parts, &|part| {
        HAS_MADE_A_PART.set(true);
        made[part].fetch_add(1, Relaxed);
    });
    for (part, times) in made.iter().enumerate() {
        assert_eq!(
            times.load(Relaxed),
            usize::from(part < parts),
            "{part} of {parts}"
        );
    }
}

/// One test: allocations are counted over all threads.
#[test]
fn every_part_is_made_once() {
    for hands in 0..=5 {
        let team = Threads::new(hands);
        assert_eq!(team.hands(), hands.max(1));
        for round in 0..2000 {
            run(&team, round % 20);
        }
        // Long enough for threads to fall asleep, and to be woken.
        for _ in 0..5 {
            sleep(Duration::from_millis(2));
            run(&team, 7);
        }
    }

    let team = Threads::new(3);
    run(&team, 9);
    let before = ALLOCATIONS.load(Relaxed);
    (0..1000).for_each(|_| run(&team, 9));
    assert_eq!(ALLOCATIONS.load(Relaxed), before, "allocated");
    drop(Box::new(before));
    assert!(ALLOCATIONS.load(Relaxed) > before, "nothing is counted");

    // Several callers at the same time, and a caller from within.
    scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|round| run(&team, round % 9)));
        }
    });
    team.run(3, &|_| run(&team, 5));
    panics_are_handed_on(&team);
}

/// In whichever part, of the caller or of another thread.
fn panics_are_handed_on(team: &Threads) {
    std::panic::set_hook(Box::new(|_| {}));
    for bad in 0..8 {
        let result = catch_unwind(AssertUnwindSafe(|| {
            team.run(8, &|part| {
                // Others have the time to take a part too.
                sleep(Duration::from_micros(50));
                assert_ne!(part, bad);
            });
        }));
        assert!(result.is_err(), "{bad}");
        run(team, 8);
    }
    let _ = std::panic::take_hook();
}
