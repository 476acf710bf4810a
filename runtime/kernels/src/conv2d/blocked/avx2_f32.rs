//! AVX2 and FMA in f32: a few pixels of a row times 16 channels at a time.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;

use super::F32;
use super::avx2_vector::pixel_f32;
use super::block::Block;
use super::pixels::opaque_pointer;
use crate::avx2::{FinishF32, LANES, clamp, copy_f32, load_f32, opaque, store_f32};
use crate::blocked::CHANNELS;
use crate::overlap::is_apart;
use crate::rows::{Band, Rows, Scratch, Strip, Tiles, flattened};
use crate::{Avx2, Weight};

/// Pixels of a tile at the most, with two registers of sums each: as many as there are registers for.
const ROWS: usize = 6;
/// The same with one register each: as many as keep the multipliers busy.
const NARROW_ROWS: usize = 8;
/// Elements of the rows that are held, on the stack.
pub(super) const SCRATCH: usize = 8192;

pub(super) fn f32<W: Weight>(op: &F32<'_, f32, W>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has AVX2, FMA and F16C; the lengths of the operands fit the window, which fits the scratch memory.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn all<W: Weight>(op: &F32<'_, f32, W>) {
    let window = flattened(&op.window);
    let input = op.input.as_ptr().cast::<f32>();
    let mut scratch = Scratch::<_, SCRATCH>::new();
    let in_place = is_apart(op.input, op.output).then_some(input);
    let Some(mut rows) = Rows::new(&window, &mut scratch.0, in_place, 0) else {
        return;
    };
    let copy = |from: usize, to: *mut f32, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { copy_f32(input.add(from), to, count) }
    };
    let op = &F32 { window, ..*op };
    let make: unsafe fn(&F32<'_, f32, W>, &Band<f32>) = match window.output {
        [_, 1, _] => pixels_of,
        _ => band_of,
    };
    // SAFETY: the band is one of this window's.
    rows.for_each_band((op.input, op.output), copy, |band| unsafe {
        make(op, band);
    });
}

/// # Safety
/// As [`all`]; the band is one of the window's, whose rows are one pixel.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn pixels_of<W: Weight>(op: &F32<'_, f32, W>, band: &Band<f32>) {
    for (under, pixel) in band.strips() {
        // SAFETY: the caller's promise.
        unsafe { pixel_f32(op, &under, pixel) };
    }
}

/// # Safety
/// As [`all`]; the band is one of the window's.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn band_of<W: Weight>(op: &F32<'_, f32, W>, band: &Band<f32>) {
    let output = op.output.as_ptr().cast::<f32>().cast_mut();
    let sum = op.sum.map(|it| it.map(|bound| _mm256_set1_ps(bound)));
    for channel in (0..op.window.output[2]).step_by(CHANNELS) {
        let weights = (op.weights.as_ptr(), 1);
        let finish = [channel, channel + LANES].map(|it| FinishF32::new(&op.epilogue, it));
        for (under, strip) in band.strips() {
            let sixteen = Sixteen {
                block: Block::new(&op.window, (&under, strip), weights, output, channel),
                finish: &finish,
                sum,
            };
            // SAFETY: the strip is the caller's, the block is one of the weights.
            unsafe { sixteen.strip(strip) };
        }
    }
}

/// Sixteen channels of a strip, or what is left of them.
struct Sixteen<'a, W> {
    block: Block<'a, f32, W, f32>,
    finish: &'a [FinishF32; 2],
    /// Bounds of the sum with what the output holds, where that is added.
    sum: Option<[__m256; 2]>,
}

impl<W: Weight> Sixteen<'_, W> {
    /// What makes tiles of one pixel, of two, and so on. Called through here since the compiler would put all of them
    /// into one function otherwise, and run out of registers.
    const TILES: [unsafe fn(&Self, Tiles); ROWS] = [
        Self::tiles::<1, 2>,
        Self::tiles::<2, 2>,
        Self::tiles::<3, 2>,
        Self::tiles::<4, 2>,
        Self::tiles::<5, 2>,
        Self::tiles::<6, 2>,
    ];
    /// The same for eight channels.
    const NARROW_TILES: [unsafe fn(&Self, Tiles); NARROW_ROWS] = [
        Self::tiles::<1, 1>,
        Self::tiles::<2, 1>,
        Self::tiles::<3, 1>,
        Self::tiles::<4, 1>,
        Self::tiles::<5, 1>,
        Self::tiles::<6, 1>,
        Self::tiles::<7, 1>,
        Self::tiles::<8, 1>,
    ];

    /// # Safety
    /// The processor has AVX2, FMA and F16C; the strip is the rows'.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn strip(&self, strip: Strip) {
        let make: &[unsafe fn(&Self, Tiles)] = match self.block.left <= LANES {
            true => &Self::NARROW_TILES,
            false => &Self::TILES,
        };
        for tiles in strip.equal_tiles(make.len()) {
            if let Some(make) = make.get(tiles.pixels - 1) {
                // SAFETY: the tiles are parts of the strip.
                unsafe { make(self, tiles) };
            }
        }
    }

    /// Makes tiles of `PIXELS` pixels, `HALVES * 8` channels or what is left of them.
    ///
    /// # Safety
    /// The processor has AVX2, FMA and F16C; the pixels are in the strip.
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn tiles<const PIXELS: usize, const HALVES: usize>(&self, tiles: Tiles) {
        for tile in 0..tiles.count {
            let first = tiles.first + tile * PIXELS;
            let mut sums = [[_mm256_setzero_ps(); HALVES]; PIXELS];
            self.block.for_each_run(first, |x, mut w| {
                let mut x = opaque_pointer(x);
                // There is one: that is not asked before, where the compiler keeps all sums twice.
                let mut left = self.block.length;
                loop {
                    // SAFETY: the run lies under the pixels, and in the block.
                    unsafe { add(&mut sums, x, self.block.pixel_step, w) };
                    (x, w) = (x.wrapping_add(1), w.wrapping_add(CHANNELS));
                    // A count that it knew it would unroll, and have too few registers.
                    left = opaque(left) - 1;
                    if left == 0 {
                        break;
                    }
                }
            });
            // SAFETY: the pixels are in the output.
            unsafe { self.store(self.block.output(first), sums) };
        }
    }

    /// Finishes pixels that are written from `output` on.
    ///
    /// # Safety
    /// The pixels are in the strip.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn store<const PIXELS: usize, const HALVES: usize>(
        &self,
        mut output: *mut f32,
        sums: [[__m256; HALVES]; PIXELS],
    ) {
        let finish: &[_; HALVES] = match self.finish.first_chunk() {
            Some(finish) if self.block.left >= HALVES * LANES => finish,
            _ => {
                for sums in sums {
                    // SAFETY: the caller's promise.
                    unsafe { self.store_part(output, &sums) };
                    output = output.wrapping_add(self.block.outputs);
                }
                return;
            }
        };
        #[expect(
            clippy::needless_range_loop,
            reason = "only that is unrolled: sums would lie in memory"
        )]
        for pixel in 0..PIXELS {
            for half in 0..HALVES {
                let output = output.wrapping_add(half * LANES);
                let mut value = finish[half].apply(sums[pixel][half]);
                // SAFETY: the caller's promise.
                unsafe {
                    if let Some(bounds) = self.sum {
                        value = clamp(_mm256_add_ps(value, _mm256_loadu_ps(output)), bounds);
                    }
                    _mm256_storeu_ps(output, value);
                }
            }
            output = output.wrapping_add(self.block.outputs);
        }
    }

    /// Finishes the channels that are left of a pixel.
    ///
    /// # Safety
    /// As [`store`](Self::store).
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn store_part(&self, output: *mut f32, sums: &[__m256]) {
        for ((half, sum), finish) in sums.iter().enumerate().zip(self.finish) {
            let left = self.block.left.saturating_sub(half * LANES);
            let (output, mut value) = (output.wrapping_add(half * LANES), finish.apply(*sum));
            // SAFETY: the caller's promise.
            unsafe {
                if let Some(bounds) = self.sum {
                    value = clamp(_mm256_add_ps(value, load_f32(output, left)), bounds);
                }
                store_f32(output, value, left);
            }
        }
    }
}

/// Adds the products of the element at `x`, and of those `step` further on for each pixel, with weights.
///
/// # Safety
/// The processor has AVX2, FMA and F16C; the elements and weights are there.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn add<const PIXELS: usize, const HALVES: usize, W: Weight>(
    sums: &mut [[__m256; HALVES]; PIXELS],
    x: *const f32,
    step: usize,
    weights: *const W,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut w = [_mm256_setzero_ps(); HALVES];
        for (half, w) in w.iter_mut().enumerate() {
            *w = W::eight(weights.add(half * LANES));
        }
        let mut three = x;
        for (pixel, sums) in sums.iter_mut().enumerate() {
            if pixel % 3 == 0 && pixel > 0 {
                three = opaque_pointer(three.wrapping_add(3 * step));
            }
            let x = _mm256_broadcast_ss(&*three.add(pixel % 3 * step));
            for (sum, w) in sums.iter_mut().zip(w) {
                *sum = _mm256_fmadd_ps(x, w, *sum);
            }
        }
    }
}
