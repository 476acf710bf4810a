//! Measures memory by painting it: what differs from the pattern afterwards was touched.

use core::hint::black_box;

/// The two patterns. A byte that happens to be written with one of them differs from the other.
pub const PATTERNS: [u8; 2] = [0xa5, 0x5a];
const GUARD_BYTES: usize = 64;
/// How far below a function the stack is measured.
const STACK_WINDOW_BYTES: usize = 16 * 1024;

/// A buffer of `N` bytes between two guard zones.
#[repr(C, align(16))]
pub struct Guarded<const N: usize> {
    before: [u8; GUARD_BYTES],
    /// The buffer.
    pub memory: [u8; N],
    after: [u8; GUARD_BYTES],
}

impl<const N: usize> Guarded<N> {
    pub const fn new() -> Self {
        Self {
            before: [0; GUARD_BYTES],
            memory: [0; N],
            after: [0; GUARD_BYTES],
        }
    }

    pub fn paint(&mut self, pattern: u8) {
        self.before.fill(pattern);
        self.memory.fill(pattern);
        self.after.fill(pattern);
    }

    /// Highest byte that differs from the pattern, plus one.
    pub fn touched(&self, pattern: u8) -> u32 {
        let last = black_box(self)
            .memory
            .iter()
            .rposition(|&byte| byte != pattern);
        last.map_or(0, |last| last as u32 + 1)
    }

    pub fn guards_intact(&self, pattern: u8) -> bool {
        // The compiler may not conclude that nothing was written there.
        let this = black_box(self);
        this.before
            .iter()
            .chain(&this.after)
            .all(|&byte| byte == pattern)
    }
}

unsafe extern "C" {
    /// End of the statics (cortex-m-rt's linker script): the stack has the RAM from here to its end.
    static __sheap: u32;
}

/// Stack bytes that `work` and what it calls need, up to 16 KiB.
#[inline(never)]
pub fn measure_stack(work: impl FnOnce()) -> u32 {
    let top: usize;
    // SAFETY: reads the stack pointer and nothing else.
    unsafe { core::arch::asm!("mov {}, sp", out(reg) top, options(nomem, nostack)) };
    let bottom = (top - STACK_WINDOW_BYTES).max(&raw const __sheap as usize);
    let words = (top - bottom) / 4;
    let bottom = bottom as *mut u32;
    for index in 0..words {
        // SAFETY: the words lie between the statics and the stack pointer, where nothing lives.
        unsafe { bottom.add(index).write_volatile(STACK_PATTERN) };
    }
    work();
    let untouched = (0..words)
        // SAFETY: as above; plain reads.
        .take_while(|&index| unsafe { bottom.add(index).read_volatile() } == STACK_PATTERN)
        .count();
    ((words - untouched) * 4) as u32
}

const STACK_PATTERN: u32 = 0x5ca1_ab1e;
