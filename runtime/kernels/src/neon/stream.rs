//! Pointers that move on with what they read. The compiler would make sums of a base and an offset of them, each an
//! instruction of its own; a load moves its pointer by itself.
#![allow(unsafe_code)] // Loads, and empty instructions.

use core::arch::aarch64::{float32x4_t, int8x16_t, int32x4_t};
use core::arch::asm;

/// Gives the pointer, and moves it on by so many elements.
#[inline(always)]
#[expect(clippy::pointers_in_nomem_asm_block, reason = "nothing is read by it")]
pub(crate) fn next<T>(at: &mut *const T, count: usize) -> *const T {
    let here = *at;
    let mut there = here.wrapping_add(count);
    // SAFETY: no instruction at all. The compiler does not know what the pointer is a sum of.
    unsafe {
        asm!("/* {at} */", at = inlateout(reg) there, options(pure, nomem, nostack, preserves_flags));
    }
    *at = there;
    here
}

/// Whether it is so. The compiler does not know why, and asks for that no more.
#[inline(always)]
pub(crate) fn settled(is_so: bool) -> bool {
    let mut word = u32::from(is_so);
    // SAFETY: no instruction at all.
    unsafe {
        asm!("/* {word:w} */", word = inlateout(reg) word, options(pure, nomem, nostack, preserves_flags));
    }
    word != 0
}

/// Sixteen bytes, or eight and as many others; the pointer moves on by `stride`.
///
/// # Safety
/// They lie there; the processor has NEON.
#[inline(always)]
pub(crate) unsafe fn bytes<const COUNT: usize>(at: &mut *const i8, stride: usize) -> int8x16_t {
    let bytes;
    // SAFETY: the caller's promise.
    unsafe {
        if COUNT == 8 {
            asm!(
                "ld1 {{{bytes:v}.8b}}, [{at}], {stride}",
                at = inout(reg) *at, stride = in(reg) stride, bytes = out(vreg) bytes,
                options(pure, readonly, nostack, preserves_flags),
            );
        } else {
            asm!(
                "ld1 {{{bytes:v}.16b}}, [{at}], {stride}",
                at = inout(reg) *at, stride = in(reg) stride, bytes = out(vreg) bytes,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
    }
    bytes
}

/// Has sums made before what comes next: the compiler would load and multiply ahead until sums had to make room, or move
/// what [`Fours`](crate::weight::neon::Fours) load, which is always to the same registers.
#[inline(always)]
pub(crate) fn settle(sums: &mut [float32x4_t]) {
    for sum in sums {
        // SAFETY: no instruction at all. It stays where it is among others that have effects.
        unsafe {
            asm!(
                "/* {sum:v} */",
                sum = inout(vreg) * sum,
                options(nomem, nostack, preserves_flags)
            );
        }
    }
}

/// [`settle`] for integers.
#[inline(always)]
pub(crate) fn settle_i32(sums: &mut [int32x4_t]) {
    for sum in sums {
        // SAFETY: as there.
        unsafe {
            asm!(
                "/* {sum:v} */",
                sum = inout(vreg) * sum,
                options(nomem, nostack, preserves_flags)
            );
        }
    }
}

/// Four registers of bytes, behind which the pointer moves.
///
/// # Safety
/// They lie there; the processor has NEON.
#[inline(always)]
pub(crate) unsafe fn four(at: &mut *const i8) -> [int8x16_t; 4] {
    let (a, b, c, d);
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "ld1 {{v0.16b, v1.16b, v2.16b, v3.16b}}, [{at}], #64",
            at = inout(reg) *at,
            out("v0") a, out("v1") b, out("v2") c, out("v3") d,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    [a, b, c, d]
}

/// Eight registers of bytes, in two fours.
///
/// # Safety
/// As [`four`].
#[inline(always)]
pub(crate) unsafe fn two_fours(at: &mut *const i8) -> [[int8x16_t; 4]; 2] {
    let (a, b, c, d, e, f, g, h);
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "ld1 {{v0.16b, v1.16b, v2.16b, v3.16b}}, [{at}], #64",
            "ld1 {{v4.16b, v5.16b, v6.16b, v7.16b}}, [{at}], #64",
            at = inout(reg) *at,
            out("v0") a, out("v1") b, out("v2") c, out("v3") d,
            out("v4") e, out("v5") f, out("v6") g, out("v7") h,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    [[a, b, c, d], [e, f, g, h]]
}

/// Rows of sums that begin with the same four registers: even ones with those at `even`, odd ones with those at `odd`.
/// Four come by one instruction, where copies of registers would be four.
///
/// # Safety
/// They lie there; the processor has NEON.
#[inline(always)]
pub(crate) unsafe fn starts<const ROWS: usize>(
    [even, odd]: [*const int32x4_t; 2],
) -> [[int32x4_t; 4]; ROWS] {
    macro_rules! load {
        ($at:ident, $a:tt $b:tt $c:tt $d:tt) => {{
            let (a, b, c, d);
            // SAFETY: the caller's promise.
            unsafe {
                asm!(
                    concat!("ld1 {{", $a, ".4s, ", $b, ".4s, ", $c, ".4s, ", $d, ".4s}}, [{at}]"),
                    at = in(reg) $at,
                    lateout($a) a, lateout($b) b, lateout($c) c, lateout($d) d,
                    options(pure, readonly, nostack, preserves_flags),
                );
            }
            [a, b, c, d]
        }};
    }
    core::array::from_fn(|row| match row {
        0 => load!(even, "v8" "v9" "v10" "v11"),
        1 => load!(odd, "v12" "v13" "v14" "v15"),
        2 => load!(even, "v16" "v17" "v18" "v19"),
        3 => load!(odd, "v20" "v21" "v22" "v23"),
        _ => load!(even, "v24" "v25" "v26" "v27"),
    })
}

/// [`starts`] with eight registers a row.
///
/// # Safety
/// The processor has NEON.
#[inline(always)]
pub(crate) unsafe fn starts_of_eight<const ROWS: usize>(
    start: &[int32x4_t; 8],
) -> [[int32x4_t; 8]; ROWS] {
    let start = start.as_ptr();
    // SAFETY: eight registers lie there; the rest is the caller's promise.
    let halves: [[int32x4_t; 4]; 4] = unsafe { starts([start, start.add(4)]) };
    core::array::from_fn(|row| {
        core::array::from_fn(|part| halves[(2 * row + part / 4) % 4][part % 4])
    })
}
