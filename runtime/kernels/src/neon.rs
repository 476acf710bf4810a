//! What the NEON files share: from sums to outputs.
#![allow(unsafe_code)] // Vector instructions; each function says what its caller promises.

use core::arch::aarch64::*;

use crate::Epilogue;
use crate::requantize::{Multipliers, Quant};

/// Lanes of 32 bits in a register.
pub(crate) const LANES: usize = 4;

/// `N` registers of a slice from `first` on, filled up with zeros.
#[inline]
#[target_feature(enable = "neon")]
fn some_f32<const N: usize>(values: &[f32], first: usize) -> [float32x4_t; N] {
    let rest = values.get(first..).unwrap_or_default();
    if rest.len() >= N * LANES {
        // SAFETY: so many floats are there.
        return core::array::from_fn(|part| unsafe { vld1q_f32(rest.as_ptr().add(part * LANES)) });
    }
    let mut filled = [[0.0; LANES]; N];
    for (place, value) in filled.as_flattened_mut().iter_mut().zip(rest) {
        *place = *value;
    }
    // SAFETY: four floats are read from four.
    filled.map(|four| unsafe { vld1q_f32(four.as_ptr()) })
}

/// As [`some_f32`].
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn some_i32<const N: usize>(values: &[i32], first: usize) -> [int32x4_t; N] {
    some_f32(bytemuck::cast_slice(values), first).map(|it| vreinterpretq_s32_f32(it))
}

/// Writes the first `count` floats of `N` registers.
///
/// # Safety
/// `output` is valid for writes of `count` elements.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) unsafe fn store_f32<const N: usize>(
    output: *mut f32,
    values: [float32x4_t; N],
    count: usize,
) {
    // SAFETY: the caller's promise; the lanes go to an array of as many.
    unsafe {
        if count >= N * LANES {
            for (part, value) in values.into_iter().enumerate() {
                vst1q_f32(output.add(part * LANES), value);
            }
        } else {
            let mut lanes = [[0.0; LANES]; N];
            for (lanes, value) in lanes.iter_mut().zip(values) {
                vst1q_f32(lanes.as_mut_ptr(), value);
            }
            let lanes = lanes.as_flattened().as_ptr();
            lanes.copy_to_nonoverlapping(output, count);
        }
    }
}

/// [`Epilogue`] of `N` registers of neighbouring channels. Where nothing is scaled, sums begin with the bias.
#[derive(Clone, Copy)]
pub(crate) struct FinishF32<const N: usize> {
    bias: [float32x4_t; N],
    scales: Option<[float32x4_t; N]>,
    bounds: Bounds,
}

impl<const N: usize> FinishF32<N> {
    /// For the channels from `channel` on.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn new(epilogue: &Epilogue<'_>, channel: usize) -> Self {
        FinishF32 {
            bias: some_f32(epilogue.bias.unwrap_or_default(), channel),
            scales: epilogue.scales.map(|scales| some_f32(scales, channel)),
            bounds: Bounds::new(epilogue.clamp),
        }
    }

    /// What sums begin with.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn start(&self) -> [float32x4_t; N] {
        match self.scales {
            Some(_) => [vdupq_n_f32(0.0); N],
            None => self.bias,
        }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn apply(&self, sums: [float32x4_t; N]) -> [float32x4_t; N] {
        let sums = match self.scales {
            Some(scales) => {
                core::array::from_fn(|part| vfmaq_f32(self.bias[part], sums[part], scales[part]))
            }
            None => sums,
        };
        sums.map(|sum| self.bounds.apply(sum))
    }
}

/// Fused activation of floats; NaN comes out as it is.
#[derive(Clone, Copy)]
struct Bounds([float32x4_t; 2]);

impl Bounds {
    #[inline]
    #[target_feature(enable = "neon")]
    fn new(clamp: [f32; 2]) -> Bounds {
        Bounds(clamp.map(|bound| vdupq_n_f32(bound)))
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn apply(self, value: float32x4_t) -> float32x4_t {
        let [min, max] = self.0;
        vminq_f32(vmaxq_f32(value, min), max)
    }
}

/// From sums to int8, for `N` registers of neighbouring channels.
#[derive(Clone, Copy)]
pub(crate) struct Finish<const N: usize> {
    scale: Scale<N>,
    clamp: Clamp,
}

#[derive(Clone, Copy)]
enum Scale<const N: usize> {
    Onnx([float32x4_t; N]),
    Tflite([Fixed; N]),
    Single([Fixed; N]),
}

impl<const N: usize> Finish<N> {
    /// For the channels from `channel` on.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn new(multipliers: &Multipliers<'_>, quant: &Quant, channel: usize) -> Self {
        Finish {
            scale: match multipliers {
                Multipliers::Onnx([one]) => Scale::Onnx([vdupq_n_f32(*one); N]),
                Multipliers::Onnx(m) => Scale::Onnx(some_f32(m, channel)),
                Multipliers::Tflite(m) => Scale::Tflite(Fixed::of(m, channel)),
                Multipliers::TfliteSingle(m) => Scale::Single(Fixed::of(m, channel)),
            },
            clamp: Clamp::new(quant),
        }
    }

    /// Writes rows of channels.
    ///
    /// # Safety
    /// The processor has NEON; the rows are valid for writes.
    #[inline(always)]
    pub(crate) unsafe fn store<const ROWS: usize>(&self, sums: [[int32x4_t; N]; ROWS], rows: Rows) {
        // SAFETY: the caller's promise.
        unsafe {
            match &self.scale {
                Scale::Onnx(m) => rows.store(self.clamp, sums, |it, part| scale_onnx(it, m[part])),
                Scale::Tflite(m) => rows.store(self.clamp, sums, |it, part| m[part].double(it)),
                Scale::Single(m) => rows.store(self.clamp, sums, |it, part| m[part].single(it)),
            }
        }
    }
}

/// Makes rows of channels, from `channel` on, of their sums: as [`Finish`], with all that it holds in registers.
///
/// # Safety
/// As [`Finish::store`].
#[inline(always)]
pub(crate) unsafe fn finish<const ROWS: usize, const N: usize>(
    multipliers: &Multipliers<'_>,
    quant: &Quant,
    channel: usize,
    sums: [[int32x4_t; N]; ROWS],
    rows: Rows,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let clamp = Clamp::new(quant);
        match multipliers {
            Multipliers::Onnx(m) => {
                let m: [float32x4_t; N] = match m {
                    [one] => [vdupq_n_f32(*one); N],
                    m => some_f32(m, channel),
                };
                rows.store(clamp, sums, |it, part| scale_onnx(it, m[part]));
            }
            Multipliers::Tflite(m) => {
                let m: [Fixed; N] = Fixed::of(m, channel);
                rows.store(clamp, sums, |it, part| m[part].double(it));
            }
            Multipliers::TfliteSingle(m) => {
                // A copy, so that the sums themselves need not be in memory.
                let copy = sums;
                finish_single(m, clamp, channel, &copy, rows);
            }
        }
    }
}

/// [`finish`] with one rounding. Apart, for brevity: only fully connected layers come here.
///
/// # Safety
/// As there.
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn finish_single<const ROWS: usize, const N: usize>(
    pairs: &[[i32; 2]],
    clamp: Clamp,
    channel: usize,
    sums: &[[int32x4_t; N]; ROWS],
    rows: Rows,
) {
    let m: [Fixed; N] = Fixed::of(pairs, channel);
    // SAFETY: the caller's promise.
    unsafe { rows.store(clamp, *sums, |it, part| m[part].single(it)) };
}

/// Where rows of channels go.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    /// The first channel of the first row.
    pub(crate) output: *mut i8,
    /// From row to row.
    pub(crate) stride: usize,
    /// Channels that are written at the most.
    pub(crate) count: usize,
}

impl Rows {
    /// # Safety
    /// As [`Finish::store`].
    #[inline(always)]
    unsafe fn store<const ROWS: usize, const N: usize>(
        self,
        clamp: Clamp,
        sums: [[int32x4_t; N]; ROWS],
        scale: impl Fn(int32x4_t, usize) -> int32x4_t,
    ) {
        for (row, mut sums) in sums.into_iter().enumerate() {
            for (part, sum) in sums.iter_mut().enumerate() {
                *sum = scale(*sum, part);
            }
            // SAFETY: the caller's promise.
            unsafe { clamp.store(sums, self.output.add(row * self.stride), self.count) };
        }
    }
}

/// [`Quant::finish`].
#[derive(Clone, Copy)]
pub(crate) struct Clamp {
    zero_point: int16x8_t,
    bounds: [int8x16_t; 2],
}

impl Clamp {
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn new(quant: &Quant) -> Clamp {
        Clamp {
            zero_point: vdupq_n_s16(quant.output_zero_point as i16),
            bounds: [quant.min, quant.max].map(|bound| vdupq_n_s8(bound as i8)),
        }
    }

    /// Writes the first `count` of scaled sums.
    ///
    /// # Safety
    /// `output` is valid for writes of these.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) unsafe fn store<const N: usize>(
        self,
        scaled: [int32x4_t; N],
        output: *mut i8,
        count: usize,
    ) {
        let [min, max] = self.bounds;
        // Each step saturates, so that only what lies outside int8 anyway is lost.
        let pair = |low, high| {
            let words = vqmovn_high_s32(vqmovn_s32(low), high);
            vqmovn_s16(vqaddq_s16(words, self.zero_point))
        };
        let low = pair(scaled[0], scaled[1]);
        if N == 2 {
            let value = vmin_s8(vmax_s8(low, vget_low_s8(min)), vget_low_s8(max));
            // SAFETY: the caller's promise.
            unsafe {
                match count >= 8 {
                    true => vst1_s8(output, value),
                    false => store_some(vcombine_s8(value, value), output, count),
                }
            }
        } else {
            let value = vcombine_s8(low, pair(scaled[N - 2], scaled[N - 1]));
            let value = vminq_s8(vmaxq_s8(value, min), max);
            // SAFETY: as above.
            unsafe {
                match count >= 16 {
                    true => vst1q_s8(output, value),
                    false => store_some(value, output, count),
                }
            }
        }
    }
}

/// Writes the first `count` lanes, fewer than 16.
///
/// # Safety
/// `output` is valid for writes of these.
#[cold]
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn store_some(value: int8x16_t, output: *mut i8, count: usize) {
    let mut lanes = [0i8; 16];
    // SAFETY: the lanes go to an array of as many; the rest is the caller's promise.
    unsafe {
        vst1q_s8(lanes.as_mut_ptr(), value);
        if count >= 8 {
            vst1_s8(output, vget_low_s8(value));
        }
        let done = count / 8 * 8;
        for (index, lane) in lanes.iter().enumerate().take(count).skip(done) {
            output.add(index).write(*lane);
        }
    }
}

/// As [`requantize::scale_onnx`](crate::requantize::scale_onnx) but for the bounds, which do not matter before saturation
/// to int8. Converting makes 0 of NaN, and rounds half to even.
#[inline]
#[target_feature(enable = "neon")]
fn scale_onnx(sums: int32x4_t, multiplier: float32x4_t) -> int32x4_t {
    vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(sums), multiplier))
}

/// Multipliers in fixed point of four channels.
#[derive(Clone, Copy)]
pub(crate) struct Fixed {
    multiplier: int32x4_t,
    shift: int32x4_t,
}

impl Fixed {
    /// One for all channels.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn one([multiplier, shift]: [i32; 2]) -> Fixed {
        Fixed {
            multiplier: vdupq_n_s32(multiplier),
            shift: vdupq_n_s32(shift),
        }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn of<const N: usize>(pairs: &[[i32; 2]], channel: usize) -> [Fixed; N] {
        if let [one] = pairs {
            return [Fixed::one(*one); N];
        }
        core::array::from_fn(|part| {
            let first = 2 * (channel + part * LANES);
            let [low, high] = some_i32(pairs.as_flattened(), first);
            Fixed {
                multiplier: vuzp1q_s32(low, high),
                shift: vuzp2q_s32(low, high),
            }
        })
    }

    /// As [`requantize::scale_tflite`](crate::requantize::scale_tflite).
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn double(self, sums: int32x4_t) -> int32x4_t {
        let zero = vdupq_n_s32(0);
        let left = vminq_s32(vmaxq_s32(self.shift, zero), vdupq_n_s32(31));
        let right = vmaxq_s32(vminq_s32(self.shift, zero), vdupq_n_s32(-31));
        let high = vqrdmulhq_s32(vshlq_s32(sums, left), self.multiplier);
        // The shift rounds halves up. One less makes that away from zero for what is negative, where anything is
        // shifted out; the least integer, which would wrap, is no rounded product.
        let nudged = vsraq_n_s32::<31>(high, vandq_s32(high, right));
        vrshlq_s32(nudged, right)
    }

    /// As [`requantize::scale_tflite_single`](crate::requantize::scale_tflite_single).
    #[inline]
    #[target_feature(enable = "neon")]
    fn single(self, sums: int32x4_t) -> int32x4_t {
        let right = vqsubq_s32(self.shift, vdupq_n_s32(31));
        let right = vmaxq_s32(vminq_s32(right, vdupq_n_s32(-1)), vdupq_n_s32(-62));
        let low = vmull_s32(vget_low_s32(sums), vget_low_s32(self.multiplier));
        let high = vmull_high_s32(sums, self.multiplier);
        let low = vrshlq_s64(low, vmovl_s32(vget_low_s32(right)));
        let high = vrshlq_s64(high, vmovl_high_s32(right));
        vqmovn_high_s64(vqmovn_s64(low), high)
    }
}
