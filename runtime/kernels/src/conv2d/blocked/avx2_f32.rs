//! AVX2 and FMA in f32: a few pixels of a row times 16 channels at a time.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::F32;
use crate::Avx2;
use crate::avx2::{FinishF32, LANES, store_f32};
use crate::blocked::{CHANNELS, runs};
use crate::overlap::is_apart;
use crate::rows::{Rows, Strip, Under, flattened};

/// Pixels of a tile at the most, with two registers of sums each: as many as there are registers for.
const ROWS: usize = 6;
/// The same with one register each: as many as keep the multipliers busy.
const NARROW_ROWS: usize = 8;
/// Elements of the rows that are held, on the stack.
pub(super) const SCRATCH: usize = 8192;

pub(super) fn f32(op: &F32<'_>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has AVX2 and FMA; the lengths of the operands fit the window, which fits the scratch memory.
#[target_feature(enable = "avx2,fma")]
unsafe fn all(op: &F32<'_>) {
    let window = flattened(&op.window);
    let input = op.input.as_ptr().cast::<f32>();
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let in_place = is_apart(op.input, op.output).then_some(input);
    let Some(mut rows) = Rows::new(&window, &mut scratch, in_place) else {
        return;
    };
    let copy = |from: usize, to: *mut f32, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { input.add(from).copy_to_nonoverlapping(to, count) }
    };
    rows.for_each_strip((op.input, op.output), copy, |under, strip| {
        // SAFETY: the strip is one of this window's.
        unsafe { strip_of(&F32 { window, ..*op }, under, strip) }
    });
}

/// # Safety
/// As [`all`]; the strip is one of the window's, over these rows.
#[target_feature(enable = "avx2,fma")]
unsafe fn strip_of(op: &F32<'_>, under: &Under<f32>, strip: Strip) {
    let [_, _, outputs] = op.window.output;
    let depth = op.weights.len() / outputs.next_multiple_of(CHANNELS).max(1);
    for channel in (0..outputs).step_by(CHANNELS) {
        let left = outputs - channel;
        let finish =
            [channel, channel + LANES].map(|channel| FinishF32::new(&op.epilogue, channel));
        let weights = op.weights.as_ptr().wrapping_add(channel * depth);
        let output = op.output.as_ptr().cast::<f32>().cast_mut();
        let tile = |(first, count): (usize, usize)| Tile {
            op,
            under,
            weights,
            finish: &finish,
            first,
            output: output.wrapping_add((strip.pixel + first) * outputs + channel),
            left,
            count,
        };
        // SAFETY: the tiles are parts of the strip, the block is one of the weights.
        unsafe {
            if left <= LANES {
                strip.tiles(NARROW_ROWS).for_each(|part| match tile(part) {
                    it if it.count == 1 => it.run::<1, 1>(),
                    it if it.count == 2 => it.run::<2, 1>(),
                    it if it.count == 3 => it.run::<3, 1>(),
                    it if it.count == 4 => it.run::<4, 1>(),
                    it if it.count == 5 => it.run::<5, 1>(),
                    it if it.count == 6 => it.run::<6, 1>(),
                    it if it.count == 7 => it.run::<7, 1>(),
                    it => it.run::<8, 1>(),
                });
            } else {
                strip.tiles(ROWS).for_each(|part| match tile(part) {
                    it if it.count == 1 => it.alone(),
                    it if it.count == 2 => it.run::<2, 2>(),
                    it if it.count == 3 => it.run::<3, 2>(),
                    it if it.count == 4 => it.run::<4, 2>(),
                    it if it.count == 5 => it.run::<5, 2>(),
                    it => it.run::<6, 2>(),
                });
            }
        }
    }
}

/// Some pixels of a strip times the channels of a block.
struct Tile<'a> {
    op: &'a F32<'a>,
    under: &'a Under<f32>,
    /// The block.
    weights: *const f32,
    finish: &'a [FinishF32; 2],
    /// First pixel, counted from that of the strip.
    first: usize,
    /// Its first channel of the block.
    output: *mut f32,
    /// Channels from the block's first on.
    left: usize,
    count: usize,
}

impl Tile<'_> {
    /// Calls `run(x, w, length)` for all elements under the first pixel and their weights, as far as they lie side by
    /// side.
    #[inline(always)]
    fn for_each_run(&self, mut run: impl FnMut(*const f32, *const f32, usize)) {
        let window = &self.op.window;
        let channels = window.input[2];
        let [count, length] = runs(window.kernel, window.dilation, channels);
        let per_row = count / window.kernel[0].max(1);
        let first = self.first * window.stride[1] * channels;
        for (ky, row) in self.under.rows() {
            for kx in 0..per_row {
                let x = row.wrapping_add(first + kx * window.dilation[1] * channels);
                let w = (ky * per_row + kx) * length * CHANNELS;
                run(x, self.weights.wrapping_add(w), length);
            }
        }
    }

    /// # Safety
    /// The processor has AVX2 and FMA; `PIXELS` pixels are in the strip, `HALVES * 8` channels or what is left of them
    /// in the block.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn run<const PIXELS: usize, const HALVES: usize>(&self) {
        let step = self.op.window.stride[1] * self.op.window.input[2];
        let mut sums = [[_mm256_setzero_ps(); HALVES]; PIXELS];
        self.for_each_run(|x, weights, length| {
            for k in 0..length {
                // SAFETY: the run lies under the pixels, and in the block.
                unsafe {
                    let mut w = [_mm256_setzero_ps(); HALVES];
                    for (half, w) in w.iter_mut().enumerate() {
                        *w = _mm256_loadu_ps(weights.add(k * CHANNELS + half * LANES));
                    }
                    for (pixel, sums) in sums.iter_mut().enumerate() {
                        let x = _mm256_broadcast_ss(&*x.add(pixel * step + k));
                        for (sum, w) in sums.iter_mut().zip(w) {
                            *sum = _mm256_fmadd_ps(x, w, *sum);
                        }
                    }
                }
            }
        });
        for (pixel, sums) in sums.into_iter().enumerate() {
            // SAFETY: the pixels are in the output.
            unsafe { self.store(pixel, sums) };
        }
    }

    /// One pixel, with four sums of each channel, so that additions need not wait for each other.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn alone(&self) {
        let mut sums = [[_mm256_setzero_ps(); 2]; 4];
        self.for_each_run(|x, weights, length| {
            let add = |sums: &mut [__m256; 2], k: usize| {
                // SAFETY: the run lies under the pixel, and in the block.
                unsafe {
                    let x = _mm256_broadcast_ss(&*x.add(k));
                    for (half, sum) in sums.iter_mut().enumerate() {
                        let w = _mm256_loadu_ps(weights.add(k * CHANNELS + half * LANES));
                        *sum = _mm256_fmadd_ps(x, w, *sum);
                    }
                }
            };
            let whole = length / 4 * 4;
            for k in (0..whole).step_by(4) {
                for (ahead, sums) in sums.iter_mut().enumerate() {
                    add(sums, k + ahead);
                }
            }
            for k in whole..length {
                add(&mut sums[0], k);
            }
        });
        let [a, b, c, d] = sums;
        let sums = [0, 1].map(|half| {
            let [left, right] = [
                _mm256_add_ps(a[half], b[half]),
                _mm256_add_ps(c[half], d[half]),
            ];
            _mm256_add_ps(left, right)
        });
        // SAFETY: the pixel is in the output.
        unsafe { self.store(0, sums) };
    }

    /// # Safety
    /// The pixel is in the output.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn store<const HALVES: usize>(&self, pixel: usize, sums: [__m256; HALVES]) {
        let output = self.output.wrapping_add(pixel * self.op.window.output[2]);
        for ((half, sum), finish) in sums.into_iter().enumerate().zip(self.finish) {
            let lane = half * LANES;
            // SAFETY: the caller's promise.
            unsafe {
                store_f32(
                    output.wrapping_add(lane),
                    finish.apply(sum),
                    self.left - lane,
                );
            };
        }
    }
}
