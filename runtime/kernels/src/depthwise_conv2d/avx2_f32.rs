//! AVX2 and FMA in f32: a few pixels of a row times 8 channels at a time.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::F32;
use crate::Avx2;
use crate::avx2::{FinishF32, LANES, store_f32};
use crate::overlap::is_apart;
use crate::rows::{Rows, Strip, Under};

/// Pixels of a tile at the most: as many as keep the multipliers busy.
const ROWS: usize = 8;
/// Elements of the rows that are held, on the stack.
pub(super) const SCRATCH: usize = 8192;

pub(super) fn f32(op: &F32<'_>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has AVX2 and FMA; the lengths of the operands fit the window, which fits the scratch memory and makes
/// one output channel of each input channel.
#[target_feature(enable = "avx2,fma")]
unsafe fn all(op: &F32<'_>) {
    let input = op.input.as_ptr().cast::<f32>();
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let in_place = is_apart(op.input, op.output).then_some(input);
    let Some(mut rows) = Rows::new(&op.window, &mut scratch, in_place) else {
        return;
    };
    let copy = |from: usize, to: *mut f32, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { input.add(from).copy_to_nonoverlapping(to, count) }
    };
    rows.for_each_strip((op.input, op.output), copy, |under, strip| {
        // SAFETY: the strip is one of this window's.
        unsafe { strip_of(op, under, strip) }
    });
}

/// # Safety
/// As [`all`]; the strip is one of the window's, over these rows.
#[target_feature(enable = "avx2,fma")]
unsafe fn strip_of(op: &F32<'_>, under: &Under<f32>, strip: Strip) {
    let channels = op.window.output[2];
    for channel in (0..channels).step_by(LANES) {
        let lanes = LANES.min(channels - channel);
        let lane_numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        let tile = Tile {
            op,
            under,
            finish: FinishF32::new(&op.epilogue, channel),
            mask: _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes as i32), lane_numbers),
            pixel: strip.pixel,
            channel,
            lanes,
        };
        strip.tiles(ROWS).for_each(|(first, count)| {
            // SAFETY: the tile is a part of the strip.
            unsafe {
                match (lanes == LANES, count) {
                    (true, 1) => tile.run::<1, false>(first),
                    (true, 2) => tile.run::<2, false>(first),
                    (true, 3) => tile.run::<3, false>(first),
                    (true, 4) => tile.run::<4, false>(first),
                    (true, 5) => tile.run::<5, false>(first),
                    (true, 6) => tile.run::<6, false>(first),
                    (true, 7) => tile.run::<7, false>(first),
                    (true, _) => tile.run::<8, false>(first),
                    (false, _) => (first..first + count).for_each(|it| tile.run::<1, true>(it)),
                }
            }
        });
    }
}

/// Some channels of a strip.
struct Tile<'a> {
    op: &'a F32<'a>,
    under: &'a Under<f32>,
    finish: FinishF32,
    /// Of the lanes that are channels.
    mask: __m256i,
    /// The strip's first pixel.
    pixel: usize,
    channel: usize,
    lanes: usize,
}

impl Tile<'_> {
    /// Makes `PIXELS` pixels of the strip from `first` on.
    ///
    /// # Safety
    /// The processor has AVX2 and FMA; the pixels are in the strip. All lanes are channels, or `IS_MASKED`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn run<const PIXELS: usize, const IS_MASKED: bool>(&self, first: usize) {
        let (window, channels) = (&self.op.window, self.op.window.output[2]);
        let (step, columns) = (window.stride[1] * channels, window.kernel[1]);
        let load = |from: *const f32| {
            // SAFETY: as many channels as the mask has are in each pixel and tap.
            unsafe {
                match IS_MASKED {
                    true => _mm256_maskload_ps(from, self.mask),
                    false => _mm256_loadu_ps(from),
                }
            }
        };
        let mut sums = [_mm256_setzero_ps(); PIXELS];
        for (ky, row) in self.under.rows() {
            let mut x = row.wrapping_add(first * step + self.channel);
            let weights = self.op.weights.as_ptr();
            let mut w = weights.wrapping_add(ky * columns * channels + self.channel);
            for _ in 0..columns {
                let weights = load(w);
                for (pixel, sum) in sums.iter_mut().enumerate() {
                    let x = load(x.wrapping_add(pixel * step));
                    *sum = _mm256_fmadd_ps(x, weights, *sum);
                }
                x = x.wrapping_add(window.dilation[1] * channels);
                w = w.wrapping_add(channels);
            }
        }
        let output = self.op.output.as_ptr().cast::<f32>().cast_mut();
        let output = output.wrapping_add((self.pixel + first) * channels + self.channel);
        for (pixel, sum) in sums.into_iter().enumerate() {
            let output = output.wrapping_add(pixel * channels);
            // SAFETY: the pixels are in the output.
            unsafe { store_f32(output, self.finish.apply(sum), self.lanes) };
        }
    }
}
