//! Time by the core's SysTick timer (Armv7-M Architecture Reference Manual, B3.3).

const CONTROL: *mut u32 = 0xe000_e010 as *mut u32;
const RELOAD: *mut u32 = 0xe000_e014 as *mut u32;
const CURRENT: *mut u32 = 0xe000_e018 as *mut u32;
const ENABLE_FROM_CORE_CLOCK: u32 = 0b101;
const MAX: u32 = 0x00ff_ffff;

/// The running timer.
pub struct Ticks(());

impl Ticks {
    pub fn start() -> Self {
        // SAFETY: the three registers exist on every Armv7-M core; nothing else uses them.
        unsafe {
            RELOAD.write_volatile(MAX);
            CURRENT.write_volatile(0);
            CONTROL.write_volatile(ENABLE_FROM_CORE_CLOCK);
        }
        Self(())
    }

    /// Runs `work` and counts its ticks, at most 2^24.
    pub fn count<T>(&self, work: impl FnOnce() -> T) -> (T, u32) {
        let start = self.left();
        let result = work();
        let ticks = start.wrapping_sub(self.left()) & MAX;
        (result, ticks)
    }

    /// Ticks until the timer starts over.
    fn left(&self) -> u32 {
        // SAFETY: as in `start`.
        unsafe { CURRENT.read_volatile() }
    }
}
