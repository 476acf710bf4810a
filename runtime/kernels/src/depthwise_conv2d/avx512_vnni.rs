//! AVX-512 with dot products of int8: 16 channels of a row of pixels after 16. The elements of a column, one of each row
//! under a window, become a lane of 32 bits each, which the instruction multiplies by as many weights.
//!
//! As in the file for [blocks](crate::conv2d::blocked), rows hold elements plus 128.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::I8;
use crate::avx512::{
    Finish, LANES, Outputs, SIGN, first as first_lanes, signless_bias, to_unsigned,
};
use crate::rows::{self, Rows, Strip, Under};
use crate::{Avx512Vnni, Window};

/// Rows and columns of a window at the most. A lane has room for a fourth row, which is rare.
const MAX_TAPS: usize = 3;
/// Blocks of channels at the most.
const MAX_BLOCKS: usize = 64;
/// Elements of the rows that are held, on the stack.
const SCRATCH: usize = 16 * 1024;

/// Whether this file has what it takes: one output channel for each input channel, a small window, and room.
pub(super) fn holds(window: &Window) -> bool {
    let [rows, columns] = window.kernel;
    window.input[2] == window.output[2]
        && rows <= MAX_TAPS
        && columns <= MAX_TAPS
        && window.output[2].div_ceil(LANES) <= MAX_BLOCKS
        && rows::fits(window, SCRATCH)
}

pub(super) fn i8(op: &I8<'_>, _: Avx512Vnni) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// Sixteen channels of a layer.
#[derive(Clone, Copy)]
struct Block {
    /// Of each column, those of its rows in a lane.
    weights: [__m512i; MAX_TAPS],
    /// What sums begin with.
    bias: __m512i,
}

impl Block {
    /// # Safety
    /// As [`all`]; the channel is one of the layer.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn new(op: &I8<'_>, channel: usize) -> Block {
        let ([rows, columns], channels) = (op.window.kernel, op.window.output[2]);
        let mask = first_lanes(channels - channel);
        let mut block = Block {
            weights: [_mm512_setzero_si512(); MAX_TAPS],
            bias: _mm512_setzero_si512(),
        };
        for (kx, weights) in block.weights.iter_mut().enumerate().take(columns) {
            let mut column = [_mm_setzero_si128(); MAX_TAPS];
            for (ky, row) in column.iter_mut().enumerate().take(rows) {
                let at = (ky * columns + kx) * channels + channel;
                // SAFETY: the mask leaves out what lies behind the last channel.
                *row = unsafe { _mm_maskz_loadu_epi8(mask, op.weights.as_ptr().wrapping_add(at)) };
            }
            *weights = lanes(column);
        }
        let mut sums = _mm512_setzero_si512();
        for weights in block.weights {
            sums = _mm512_dpbusd_epi32(sums, _mm512_set1_epi8(1), weights);
        }
        let bias = op.bias.unwrap_or_default();
        block.bias = signless_bias(bias, channel, sums, op.quant.input_zero_point);
        block
    }
}

/// Bytes of rows, side by side in a lane for each channel.
#[inline]
#[target_feature(enable = "avx512f")]
fn lanes(rows: [__m128i; MAX_TAPS]) -> __m512i {
    let mut lanes = _mm512_setzero_si512();
    for (row, bytes) in rows.into_iter().enumerate() {
        let shift = _mm_cvtsi32_si128(8 * row as i32);
        let bytes = _mm512_sll_epi32(_mm512_cvtepu8_epi32(bytes), shift);
        lanes = _mm512_or_si512(lanes, bytes);
    }
    lanes
}

/// # Safety
/// The processor has AVX-512 with dot products; the operands fit the window, which [`holds`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn all(op: &I8<'_>) {
    let (window, channels) = (&op.window, op.window.output[2]);
    let mut blocks = [const { MaybeUninit::<Block>::uninit() }; MAX_BLOCKS];
    for (place, channel) in blocks.iter_mut().zip((0..channels).step_by(LANES)) {
        // SAFETY: the caller's promise.
        place.write(unsafe { Block::new(op, channel) });
    }
    let input = op.input.as_ptr().cast::<i8>();
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let padding = (op.quant.input_zero_point as i8 ^ SIGN) as u8;
    let Some(mut rows) = Rows::new(window, &mut scratch, None, padding) else {
        return;
    };
    let copy = |from: usize, to: *mut i8, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { to_unsigned(input.add(from), to, count) }
    };
    rows.for_each_strip((op.input, op.output), copy, |under, strip| {
        let rows = rows_of(under);
        for (block, channel) in blocks.iter().zip((0..channels).step_by(LANES)) {
            // SAFETY: so many blocks were written; the strip is one of this window's.
            unsafe {
                strip_of(op, block.assume_init_ref(), &rows, strip, channel);
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
///
/// # Safety
/// As [`all`]; the block is that of the channel, and the rows lie under the strip.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn strip_of(
    op: &I8<'_>,
    block: &Block,
    rows: &[*const i8; MAX_TAPS],
    strip: Strip,
    channel: usize,
) {
    let (window, channels) = (&op.window, op.window.output[2]);
    let rows = rows.map(|row| row.wrapping_add(channel));
    let column = |index: usize| {
        let mut bytes = [_mm_setzero_si128(); MAX_TAPS];
        for (bytes, row) in bytes.iter_mut().zip(rows) {
            // SAFETY: the columns lie in the rows, behind which sixteen elements may be read.
            *bytes = unsafe { _mm_loadu_si128(row.wrapping_add(index * channels).cast()) };
        }
        lanes(bytes)
    };
    let finish = Finish::new(&op.multipliers, &op.quant, channel);
    let output = op.output.as_ptr().cast::<i8>().cast_mut();
    let write = |pixel: usize, sums: __m512i| {
        let outputs = Outputs {
            at: output.wrapping_add((strip.pixel + pixel) * channels + channel),
            stride: 0,
            count: channels - channel,
        };
        // SAFETY: the pixel is in the output.
        unsafe { finish.write([sums], outputs) };
    };
    let w = &block.weights;
    if (window.kernel[1], window.stride[1], window.dilation[1]) == (3, 1, 1) {
        // A column is read by three pixels.
        let mut next = _mm512_dpbusd_epi32(block.bias, column(0), w[0]);
        let x = column(1);
        let mut sums = _mm512_dpbusd_epi32(next, x, w[1]);
        next = _mm512_dpbusd_epi32(block.bias, x, w[0]);
        for pixel in 0..strip.count {
            let x = column(pixel + 2);
            write(pixel, _mm512_dpbusd_epi32(sums, x, w[2]));
            sums = _mm512_dpbusd_epi32(next, x, w[1]);
            next = _mm512_dpbusd_epi32(block.bias, x, w[0]);
        }
        return;
    }
    for pixel in 0..strip.count {
        let mut sums = block.bias;
        for (kx, w) in w.iter().enumerate().take(window.kernel[1]) {
            let index = pixel * window.stride[1] + kx * window.dilation[1];
            sums = _mm512_dpbusd_epi32(sums, column(index), *w);
        }
        write(pixel, sums);
    }
}
