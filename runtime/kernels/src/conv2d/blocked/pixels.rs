//! Elements under several windows at a time, for files of x86-64.
#![allow(unsafe_code)] // A fence for the compiler.

/// Calls a function with the number of pixels as its constant, 12 at the most.
macro_rules! by_pixels {
    ($count:expr, $tile:ident $arguments:tt) => {
        match $count {
            1 => $tile::<1> $arguments,
            2 => $tile::<2> $arguments,
            3 => $tile::<3> $arguments,
            4 => $tile::<4> $arguments,
            5 => $tile::<5> $arguments,
            6 => $tile::<6> $arguments,
            7 => $tile::<7> $arguments,
            8 => $tile::<8> $arguments,
            9 => $tile::<9> $arguments,
            10 => $tile::<10> $arguments,
            11 => $tile::<11> $arguments,
            _ => $tile::<12> $arguments,
        }
    };
}
pub(super) use by_pixels;

/// Elements under the windows of neighbouring pixels. Every third has a pointer of its own: with one for each there are
/// too few registers, and with one for all more is added than multiplied.
#[derive(Clone, Copy)]
pub(super) struct Pixels<T, const PIXELS: usize> {
    thirds: [*const T; PIXELS],
    step: usize,
}

impl<T, const PIXELS: usize> Pixels<T, PIXELS> {
    /// From the element of the first pixel, and how far it is from pixel to pixel.
    #[inline(always)]
    pub(super) fn new(first: *const T, step: usize) -> Self {
        let mut thirds = [first; PIXELS];
        for (third, at) in thirds.iter_mut().enumerate().take(PIXELS.div_ceil(3)) {
            *at = opaque_pointer(first.wrapping_add(3 * third * step));
        }
        Pixels { thirds, step }
    }

    /// The element of a pixel.
    #[inline(always)]
    pub(super) fn at(&self, pixel: usize) -> *const T {
        let third = self.thirds.get(pixel / 3).copied();
        let third = third.unwrap_or(core::ptr::null());
        third.wrapping_add(pixel % 3 * self.step)
    }

    /// Goes on by so many elements.
    #[inline(always)]
    pub(super) fn advance(&mut self, elements: usize) {
        for at in self.thirds.iter_mut().take(PIXELS.div_ceil(3)) {
            *at = opaque_pointer(at.wrapping_add(elements));
        }
    }
}

/// The same pointer, of which the compiler knows nothing: it would make it an index of another one.
#[expect(
    clippy::pointers_in_nomem_asm_block,
    reason = "there is no instruction that could read"
)]
#[inline(always)]
pub(super) fn opaque_pointer<T>(mut at: *const T) -> *const T {
    // SAFETY: no instruction.
    unsafe {
        core::arch::asm!("/* {0} */", inlateout(reg) at, options(pure, nomem, nostack, preserves_flags));
    }
    at
}
