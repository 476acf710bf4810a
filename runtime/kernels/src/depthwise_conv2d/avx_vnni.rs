//! AVX-VNNI: 16 channels of a row of pixels after 16. The elements of a column, one of each row under a window, become a
//! lane of 32 bits each, which the instruction multiplies by as many weights.
//!
//! As in the file for AVX-512, rows hold elements plus 128. Channels lie as unpacking leaves them, [interleaved].
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::I8;
use crate::avx_vnni::{by_dot_product, for_dot_products, fours, signless_bias, to_unsigned};
use crate::avx2::{Finish, LANES, are_finite, interleaved, store_i8};
use crate::avx512::SIGN;
use crate::blocked::CHANNELS;
use crate::rows::{self, Rows, Strip, Under};
use crate::{Isa, Window};

/// Rows and columns of a window at the most. A lane has room for a fourth row, which is rare.
const MAX_TAPS: usize = 3;
/// Blocks of channels at the most.
const MAX_BLOCKS: usize = 64;
/// Elements of the rows that are held, on the stack.
const SCRATCH: usize = 16 * 1024;

/// Whether this file has what it takes: one output channel for each input channel, a small window, and room. Of few
/// channels the file for AVX2 makes several pixels at a time.
fn holds(window: &Window) -> bool {
    let [rows, columns] = window.kernel;
    window.input[2] == window.output[2]
        && rows <= MAX_TAPS
        && columns <= MAX_TAPS
        && window.output[2] >= LANES
        && window.output[2].div_ceil(CHANNELS) <= MAX_BLOCKS
        && rows::fits(window, SCRATCH)
}

/// `None` where this is none of its instruction sets, or it has not what it takes.
pub(super) fn i8(op: &I8<'_>, isa: Isa) -> Option<()> {
    let all: unsafe fn(&I8<'_>) = by_dot_product!(isa, all);
    let does = holds(&op.window) && op.weight_zero_points.is_none() && are_finite(&op.multipliers);
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    does.then(|| unsafe { all(op) })
}

/// Sixteen channels of a layer.
struct Block {
    /// Of each column, those of its rows in a lane.
    weights: [[__m256i; 2]; MAX_TAPS],
    /// What sums begin with.
    bias: [__m256i; 2],
    finish: Finish,
}

impl Block {
    #[target_feature(enable = "avx2,fma")]
    fn new(op: &I8<'_>, channel: usize) -> Block {
        let ([rows, columns], channels) = (op.window.kernel, op.window.output[2]);
        let mut weights = [[_mm256_setzero_si256(); 2]; MAX_TAPS];
        let mut sums = [_mm256_setzero_si256(); 2];
        for (kx, weights) in weights.iter_mut().enumerate().take(columns) {
            let mut column = [_mm256_setzero_si256(); MAX_TAPS];
            for (ky, row) in column.iter_mut().enumerate().take(rows) {
                let first = (ky * columns + kx) * channels + channel;
                *row = sixteen(op.weights, first);
            }
            *weights = lanes(column);
            for (sums, weights) in sums.iter_mut().zip(weights) {
                *sums = _mm256_add_epi32(*sums, fours(*weights));
            }
        }
        let (bias, zero_point) = (op.bias.unwrap_or_default(), op.quant.input_zero_point);
        let bias = signless_bias(bias, channel, interleaved(sums), zero_point);
        Block {
            weights,
            bias: interleaved(bias),
            finish: match Finish::new(&op.multipliers, &op.quant, channel) {
                Finish::Onnx(finish) => Finish::Onnx(finish.interleaved()),
                fixed @ Finish::Fixed(_) => fixed,
            },
        }
    }
}

/// Sixteen weights from one on, each in 16 bits; zeros behind the last. Those behind the last channel are used for nothing.
#[target_feature(enable = "avx2,fma")]
fn sixteen(weights: &[i8], first: usize) -> __m256i {
    let rest = weights.get(first..).unwrap_or_default();
    let mut filled = [0; CHANNELS];
    let sixteen = rest.first_chunk().unwrap_or_else(|| {
        for (place, weight) in filled.iter_mut().zip(rest) {
            *place = *weight;
        }
        &filled
    });
    // SAFETY: sixteen bytes are read from sixteen.
    _mm256_cvtepu8_epi16(unsafe { _mm_loadu_si128(sixteen.as_ptr().cast()) })
}

/// Bytes of rows, each in 16 bits, side by side in a lane for each channel.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn lanes([top, middle, bottom]: [__m256i; MAX_TAPS]) -> [__m256i; 2] {
    let two = _mm256_or_si256(top, _mm256_slli_epi16::<8>(middle));
    [
        _mm256_unpacklo_epi16(two, bottom),
        _mm256_unpackhi_epi16(two, bottom),
    ]
}

/// # Safety
/// The processor has what `D` stands for; the operands fit the window, which [`holds`].
#[target_feature(enable = "avx2,fma")]
unsafe fn all<D: Dot>(op: &I8<'_>) {
    let (window, channels) = (&op.window, op.window.output[2]);
    let mut blocks = [const { MaybeUninit::<Block>::uninit() }; MAX_BLOCKS];
    for (place, channel) in blocks.iter_mut().zip((0..channels).step_by(CHANNELS)) {
        place.write(Block::new(op, channel));
    }
    let input = op.input.as_ptr().cast::<i8>();
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let padding = (op.quant.input_zero_point as i8 ^ SIGN) as u8;
    let Some(mut rows) = Rows::with_padding(window, &mut scratch, None, padding) else {
        return;
    };
    let copy = |from: usize, to: *mut i8, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { to_unsigned(input.add(from), to, count) }
    };
    let output = op.output.as_ptr().cast::<i8>().cast_mut();
    rows.for_each_strip((op.input, op.output), copy, |under, strip| {
        let mut rows = rows_of(under);
        for (block, channel) in blocks.iter().zip((0..channels).step_by(CHANNELS)) {
            // SAFETY: so many blocks were written.
            let block = unsafe { block.assume_init_ref() };
            let run = Run {
                block,
                window,
                rows,
                strip,
                output: output.wrapping_add(strip.pixel * channels + channel),
                left: channels - channel,
            };
            // SAFETY: the strip is one of this window's.
            unsafe {
                match &block.finish {
                    Finish::Onnx(finish) => D::run(&run, |sums| finish.apply_interleaved(sums)),
                    Finish::Fixed(finish) => D::run(&run, |sums| finish.apply(interleaved(sums))),
                }
            }
            for row in &mut rows {
                *row = row.wrapping_add(CHANNELS);
            }
        }
    });
}

/// The rows under a strip. Those outside the input, and what fills up the window, read padding.
#[inline(always)]
fn rows_of(under: &Under<'_, i8>) -> [*const i8; MAX_TAPS] {
    let mut rows = [under.padding().unwrap_or(core::ptr::null()); MAX_TAPS];
    for (ky, row) in under.rows() {
        if let Some(place) = rows.get_mut(*ky) {
            *place = *row;
        }
    }
    rows
}

/// Sixteen channels of a strip.
struct Run<'a> {
    block: &'a Block,
    window: &'a Window,
    /// First elements of these channels.
    rows: [*const i8; MAX_TAPS],
    strip: Strip,
    /// Those of the first pixel.
    output: *mut i8,
    /// Channels from the first of these on.
    left: usize,
}

/// The elements of a column, in lanes, given those of its rows.
///
/// # Safety
/// The processor has AVX2; sixteen elements may be read from each row on.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn column(rows: [*const i8; MAX_TAPS], at: usize) -> [__m256i; 2] {
    let mut column = [_mm256_setzero_si256(); MAX_TAPS];
    for (words, row) in column.iter_mut().zip(rows) {
        // SAFETY: the caller's promise.
        *words = unsafe { _mm256_cvtepu8_epi16(_mm_loadu_si128(row.wrapping_add(at).cast())) };
    }
    lanes(column)
}

/// The loop around dot products of int8.
trait Dot {
    /// Makes sixteen channels of a strip, which `finish` makes bytes of.
    ///
    /// # Safety
    /// The processor has the instructions; the rows lie under the strip.
    unsafe fn run(run: &Run<'_>, finish: impl Fn([__m256i; 2]) -> __m128i);
}

macro_rules! loops {
    ($token:ty, $features:tt, $dot:path) => {
        impl Dot for $token {
            #[inline(never)]
            #[target_feature(enable = $features)]
            unsafe fn run(run: &Run<'_>, finish: impl Fn([__m256i; 2]) -> __m128i) {
                let dot = |sums: [__m256i; 2], x: [__m256i; 2], w: &[__m256i; 2]| {
                    [$dot(sums[0], x[0], w[0]), $dot(sums[1], x[1], w[1])]
                };
                let Run { rows, left, .. } = *run;
                let (window, channels) = (run.window, run.window.output[2]);
                let (bias, w) = (run.block.bias, &run.block.weights);
                let (mut at, mut output) = (0, run.output);
                if (window.kernel[1], window.stride[1], window.dilation[1]) == (3, 1, 1) {
                    // SAFETY: the columns lie under the pixels of the strip, which are in the output.
                    unsafe {
                        // A column is read by three pixels.
                        let mut next = dot(bias, column(rows, 0), &w[0]);
                        let x = column(rows, channels);
                        let mut sums = dot(next, x, &w[1]);
                        next = dot(bias, x, &w[0]);
                        for _ in 0..run.strip.count {
                            let x = column(rows, at + 2 * channels);
                            store_i8(output, finish(dot(sums, x, &w[2])), left);
                            sums = dot(next, x, &w[1]);
                            next = dot(bias, x, &w[0]);
                            at += channels;
                            output = output.wrapping_add(channels);
                        }
                    }
                    return;
                }
                let (columns, step) = (window.kernel[1], window.dilation[1] * channels);
                let stride = window.stride[1] * channels;
                for _ in 0..run.strip.count {
                    let mut sums = bias;
                    for (kx, w) in w.iter().enumerate().take(columns) {
                        // SAFETY: as above.
                        sums = dot(sums, unsafe { column(rows, at + kx * step) }, w);
                    }
                    // SAFETY: as above.
                    unsafe { store_i8(output, finish(sums), left) };
                    at += stride;
                    output = output.wrapping_add(channels);
                }
            }
        }
    };
}

for_dot_products!(loops);
