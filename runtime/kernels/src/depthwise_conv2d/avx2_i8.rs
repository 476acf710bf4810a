//! AVX2 in int8: 16 elements of a row at a time, two taps at a time. The input is converted to i16, less its zero point,
//! so that padding is 0.
//!
//! A block is 16 channels of a pixel. Where windows go on pixel by pixel and channels are no multiple of 16, rows are
//! cut into 16 elements regardless of pixels, and weights repeat after as many as are a multiple of both.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::I8;
use super::avx2_square::{self, Square};
use crate::avx2::{Finish, LANES, eight_i32, interleaved, opaque, store_i8, widen};
use crate::requantize::Multipliers;
use crate::rows::{self, MAX_BAND, Rows, Scratch, Strip, Under};
use crate::{Avx2, Window};

/// Elements of a block.
const BLOCK: usize = 16;
/// Channels, taps, and weights as i16 at the most: what the stack has room for.
const MAX_CHANNELS: usize = 1024;
const MAX_TAPS: usize = 32;
const MAX_WEIGHTS: usize = 16 * 1024;
/// Elements after which weights repeat, where they do.
const MAX_PERIOD: usize = 256;
/// Elements of the rows that are held, on the stack.
const SCRATCH: usize = 8192;

/// Whether this file has what it takes: one output channel for each input channel, and room.
pub(super) fn holds(window: &Window) -> bool {
    let (channels, taps) = (window.output[2], window.taps());
    window.input[2] == channels
        && channels <= MAX_CHANNELS
        && taps <= MAX_TAPS
        && channels.next_multiple_of(BLOCK) * taps.next_multiple_of(2) <= MAX_WEIGHTS
        && rows::fits(window, SCRATCH)
}

pub(super) fn i8(op: &I8<'_>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// How rows are cut into blocks.
#[derive(Clone, Copy)]
struct Cut {
    /// Elements after which weights repeat.
    period: usize,
    /// Whether blocks go on from pixel to pixel.
    is_flat: bool,
    /// Whether windows are squares of 3 x 3 taps, one row on the other.
    is_square: bool,
}

impl Cut {
    fn of(window: &Window) -> Cut {
        let channels = window.output[2];
        let period = channels * (BLOCK / (1 << channels.trailing_zeros().min(4)));
        // To gather the weights of a period takes as long as to use them some times.
        let pays = 8 * period <= window.output.iter().product();
        let is_flat = window.stride[1] == 1 && period > channels && period <= MAX_PERIOD && pays;
        let period = match is_flat {
            true => period,
            false => channels.next_multiple_of(BLOCK),
        };
        let has_room = period / BLOCK * avx2_square::PAIRS <= MAX_WEIGHTS / BLOCK / 2;
        Cut {
            period,
            is_flat,
            is_square: avx2_square::is_one(window) && has_room,
        }
    }

    /// Pairs of weights of a block.
    fn pairs(self, window: &Window) -> usize {
        match self.is_square {
            true => avx2_square::PAIRS,
            false => window.taps().div_ceil(2),
        }
    }
}

/// Weights of all blocks, for each pair of taps both, interleaved as unpacking interleaves the elements.
type Weights = [MaybeUninit<[__m256i; 2]>; MAX_WEIGHTS / BLOCK / 2];

/// Writes the weights for the elements from `first` of the period on.
///
/// # Safety
/// The processor has AVX2; the operands fit the window, which [`holds`].
#[target_feature(enable = "avx2,fma")]
unsafe fn interleave<'a>(
    op: &I8<'_>,
    cut: Cut,
    first: usize,
    places: &mut impl Iterator<Item = &'a mut MaybeUninit<[__m256i; 2]>>,
) {
    let (channels, taps) = (op.window.output[2], op.window.taps());
    // Zeros behind the last tap; behind the last channel is what nobody uses.
    let load = |tap: usize| {
        if tap >= taps {
            return _mm256_setzero_si256();
        }
        let of_tap = op.weights.get(tap * channels..).unwrap_or_default();
        let sixteen = match of_tap.get(first..).and_then(|rest| rest.first_chunk()) {
            Some(block) if !cut.is_flat => *block,
            _ => gathered(
                of_tap.get(..channels).unwrap_or_default(),
                cut,
                channels,
                first,
            ),
        };
        // SAFETY: sixteen bytes are read from sixteen.
        _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(sixteen.as_ptr().cast()) })
    };
    let pair = |[a, b]: [__m256i; 2]| [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)];
    if cut.is_square {
        for column in 0..3 {
            let weights = [load(column), load(3 + column), load(6 + column)];
            for (of_rows, place) in avx2_square::pairs(weights).into_iter().zip(&mut *places) {
                place.write(pair(of_rows));
            }
        }
        return;
    }
    for (tap, place) in (0..taps).step_by(2).zip(places) {
        place.write(pair([load(tap), load(tap + 1)]));
    }
}

/// What belongs to the channels of the elements from `first` of the period on; nothing behind the last.
fn gathered<T: Copy + Default>(of: &[T], cut: Cut, channels: usize, first: usize) -> [T; BLOCK] {
    if let Some(block) = of.get(first..).and_then(|of| of.first_chunk()) {
        return *block;
    }
    let mut element = first;
    [(); BLOCK].map(|()| {
        let channel = if cut.is_flat {
            // Not 0, which the contract has checked.
            element % channels.max(1)
        } else {
            element
        };
        element += 1;
        of.get(channel).copied().unwrap_or_default()
    })
}

/// Sums of a block of the period, interleaved, begin with the biases and end with this; its multipliers of numerics
/// `onnx` are interleaved too.
struct Ends {
    bias: [__m256i; 2],
    finish: Finish,
}

impl Ends {
    #[target_feature(enable = "avx2,fma")]
    fn new(op: &I8<'_>, cut: Cut, first: usize) -> Ends {
        let channels = op.window.output[2];
        let bias = op.bias.unwrap_or_default();
        if !cut.is_flat {
            let bias = [first, first + LANES].map(|half| eight_i32(bias, half));
            return Ends::of(bias, Finish::new(&op.multipliers, &op.quant, first));
        }
        let bias = gathered(bias, cut, channels, first);
        let finish = match op.multipliers {
            Multipliers::Onnx(m) if m.len() > 1 => {
                let m = gathered(m, cut, channels, first);
                Finish::new(&Multipliers::Onnx(&m), &op.quant, 0)
            }
            Multipliers::Tflite(m) if m.len() > 1 => {
                let m = gathered(m, cut, channels, first);
                Finish::new(&Multipliers::Tflite(&m), &op.quant, 0)
            }
            Multipliers::TfliteSingle(m) if m.len() > 1 => {
                let m = gathered(m, cut, channels, first);
                Finish::new(&Multipliers::TfliteSingle(&m), &op.quant, 0)
            }
            one => Finish::new(&one, &op.quant, 0),
        };
        Ends::of([0, LANES].map(|half| eight_i32(&bias, half)), finish)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn of(bias: [__m256i; 2], finish: Finish) -> Ends {
        Ends {
            bias: interleaved(bias),
            finish: match finish {
                Finish::Onnx(finish) => Finish::Onnx(finish.interleaved()),
                fixed @ Finish::Fixed(_) => fixed,
            },
        }
    }
}

/// # Safety
/// As [`interleave`].
#[target_feature(enable = "avx2,fma")]
unsafe fn all(op: &I8<'_>) {
    let window = &op.window;
    let cut = Cut::of(window);
    let mut weights: Weights = [const { MaybeUninit::uninit() }; _];
    let mut ends = [const { MaybeUninit::<Ends>::uninit() }; MAX_CHANNELS / BLOCK];
    let (mut places, mut count) = (weights.iter_mut(), 0);
    for (place, first) in ends.iter_mut().zip((0..cut.period).step_by(BLOCK)) {
        // SAFETY: the caller's promise.
        unsafe { interleave(op, cut, first, &mut places) };
        place.write(Ends::new(op, cut, first));
        count += 1;
    }
    let layer = Layer {
        op,
        cut,
        // SAFETY: so many were written.
        ends: unsafe { core::slice::from_raw_parts(ends.as_ptr().cast(), count) },
        weights: weights.as_ptr().cast(),
    };
    let input = op.input.as_ptr().cast::<i8>();
    let mut scratch = Scratch::<_, SCRATCH>::new();
    let Some(mut rows) = Rows::new(window, &mut scratch.0, None, 0) else {
        return;
    };
    let zero_point = op.quant.input_zero_point as i16;
    let copy = |from: usize, to: *mut i16, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { widen(input.add(from), to, count, zero_point) }
    };
    let mut places = [const { MaybeUninit::<Row>::uninit() }; MAX_BAND];
    rows.for_each_band((op.input, op.output), copy, |band| {
        let mut count = 0;
        for (place, (under, strip)) in places.iter_mut().zip(band.strips()) {
            place.write(Row::NONE).set(window, cut, &under, strip);
            count += 1;
        }
        // SAFETY: so many were written.
        let rows = unsafe { core::slice::from_raw_parts(places.as_ptr().cast(), count) };
        // SAFETY: the rows are of this window's.
        unsafe {
            match cut.pairs(window) {
                5 => layer.band::<5>(rows),
                _ => layer.band::<0>(rows),
            }
        }
    });
}

/// A row of outputs.
struct Row {
    /// First elements of the taps under it, two by two. Those outside the input read padding, and so does one that fills
    /// up an odd number. Of squares, three rows are enough.
    taps: [[*const i16; 2]; MAX_TAPS / 2],
    strip: Strip,
}

impl Row {
    const NONE: Row = Row {
        taps: [[core::ptr::null(); 2]; MAX_TAPS / 2],
        strip: Strip { pixel: 0, count: 0 },
    };

    #[inline(always)]
    fn set(&mut self, window: &Window, cut: Cut, under: &Under<'_, i16>, strip: Strip) {
        let (rows, columns) = match cut.is_square {
            true => (3, 1),
            false => (window.kernel[0], window.kernel[1]),
        };
        let taps = self.taps.as_flattened_mut();
        let padding = under.padding().unwrap_or(core::ptr::null());
        for tap in taps.iter_mut().take((rows * columns).next_multiple_of(2)) {
            *tap = padding;
        }
        for (ky, input) in under.rows() {
            let mut input = *input;
            for tap in taps.iter_mut().skip(ky * columns).take(columns) {
                *tap = input;
                input = input.wrapping_add(window.dilation[1] * window.output[2]);
            }
        }
        self.strip = strip;
    }
}

/// The rows under two neighbouring rows of outputs, from an element on: three under the first, the last of the second.
#[inline(always)]
fn inputs(first: &Row, second: &Row, from: usize) -> [*const i16; 4] {
    let ([[a, b], [c, _], ..], [_, [d, _], ..]) = (first.taps, second.taps);
    [a, b, c, d].map(|row| row.wrapping_add(from))
}

/// A layer, prepared.
struct Layer<'a> {
    op: &'a I8<'a>,
    cut: Cut,
    /// Of the blocks of a period.
    ends: &'a [Ends],
    /// Of the first block.
    weights: *const [__m256i; 2],
}

impl Layer<'_> {
    /// Makes rows, with so many pairs of taps, or any number where that is 0.
    ///
    /// # Safety
    /// The processor has AVX2; the rows are of the window's, as long as each other.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn band<const PAIRS: usize>(&self, rows: &[Row]) {
        let (window, channels) = (&self.op.window, self.op.window.output[2]);
        let pairs = self.cut.pairs(window);
        let pixels = rows.first().map_or(0, |row| row.strip.count);
        let elements = pixels * channels;
        let steps = match self.cut.is_flat {
            true => [self.cut.period; 2],
            false => [window.stride[1] * channels, channels],
        };
        for (block, ends) in self.ends.iter().enumerate() {
            let first = block * BLOCK;
            let run = Run {
                rows,
                pairs,
                weights: self.weights.wrapping_add(block * pairs),
                bias: ends.bias,
                steps,
                output: self.op.output.as_ptr().cast::<i8>().cast_mut(),
                channels,
                square: self.cut.is_square.then_some(window.dilation[1] * channels),
                shares_rows: window.stride[0] == 1,
            };
            let (count, lanes) = match self.cut.is_flat {
                // As many as are whole.
                true => (
                    (elements + steps[1]).saturating_sub(first + BLOCK) / steps[1].max(1),
                    BLOCK,
                ),
                false => (pixels, channels - first),
            };
            // SAFETY: the blocks are parts of the rows and of the weights; so many lanes are in the output.
            let make = |from: usize, count: usize, lanes: usize| unsafe {
                match &ends.finish {
                    Finish::Onnx(finish) => run
                        .make::<PAIRS>([from, count], lanes, |sums| finish.apply_interleaved(sums)),
                    Finish::Fixed(finish) => run.make::<PAIRS>([from, count], lanes, |sums| {
                        finish.apply(interleaved(sums))
                    }),
                }
            };
            make(first, count, lanes);
            let rest = first + count * steps[1];
            if self.cut.is_flat && rest < elements {
                make(rest, 1, elements - rest);
            }
        }
    }
}

/// Blocks with the same weights, in each of the rows.
struct Run<'a> {
    rows: &'a [Row],
    /// Of taps.
    pairs: usize,
    /// For each of them.
    weights: *const [__m256i; 2],
    bias: [__m256i; 2],
    /// From block to block: elements of the input and of the output.
    steps: [usize; 2],
    output: *mut i8,
    /// Of a pixel.
    channels: usize,
    /// For squares: elements of the input from tap to tap, and whether two rows share what is under them.
    square: Option<usize>,
    shares_rows: bool,
}

impl Run<'_> {
    /// Makes so many blocks from element `from` of the rows on.
    ///
    /// # Safety
    /// The processor has AVX2; 16 elements are behind each tap for every block, and so many lanes in its output.
    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn make<const PAIRS: usize>(
        &self,
        [from, count]: [usize; 2],
        lanes: usize,
        finish: impl Fn([__m256i; 2]) -> __m128i,
    ) {
        let output = |row: &Row| {
            let first = row.strip.pixel * self.channels + from;
            self.output.wrapping_add(first)
        };
        if let Some(tap_step) = self.square {
            let square = Square {
                tap_step,
                weights: self.weights,
                bias: self.bias,
                steps: self.steps,
                count,
                lanes,
            };
            let at_a_time = if self.shares_rows { 2 } else { 1 };
            for rows in self.rows.chunks(at_a_time) {
                // SAFETY: the caller's promise; the rows are neighbours.
                unsafe {
                    match rows {
                        [a, b] => square.rows(inputs(a, b, from), [output(a), output(b)], &finish),
                        [a] => square.rows(inputs(a, a, from), [output(a)], &finish),
                        _ => {}
                    }
                }
            }
            return;
        }
        for row in self.rows {
            // A copy, since the compiler cannot know that outputs are not written over these.
            let fixed = row.taps.first_chunk::<PAIRS>().copied();
            let taps: &[[*const i16; 2]] = match (PAIRS, &fixed) {
                (0, _) => row.taps.get(..self.pairs).unwrap_or_default(),
                (_, Some(taps)) => taps,
                (_, None) => return,
            };
            let mut output = output(row);
            let end = output.wrapping_add(count * self.steps[1]);
            let mut x = from;
            while output < end {
                let mut sums = self.bias;
                for (index, pair) in taps.iter().enumerate() {
                    // SAFETY: the caller's promise.
                    unsafe {
                        let [a, b] = pair.map(|tap| _mm256_loadu_si256(tap.add(x).cast()));
                        let [low, high] = self.weights.add(index).read();
                        let low = _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), low);
                        let high = _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), high);
                        sums = [
                            _mm256_add_epi32(sums[0], low),
                            _mm256_add_epi32(sums[1], high),
                        ];
                    }
                }
                // SAFETY: the same.
                unsafe { store_i8(output, finish(sums), lanes) };
                x = opaque(x + self.steps[0]);
                output = output.wrapping_add(self.steps[1]);
            }
        }
    }
}
