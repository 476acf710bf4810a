//! From sums to floats.
#![allow(unsafe_code)] // Vector instructions; each function says what its caller promises.

use core::arch::aarch64::*;

use super::stream::settled;
use super::{LANES, some_f32};
use crate::Epilogue;

/// [`Epilogue`] of `N` registers of neighbouring channels. Where nothing is scaled, sums begin with the bias.
#[derive(Clone, Copy)]
pub(crate) struct FinishF32<const N: usize> {
    bias: [float32x4_t; N],
    scales: Option<[float32x4_t; N]>,
    /// Least and greatest values, where there are any.
    bounds: [Option<float32x4_t>; 2],
    /// Bounds of the sum with what the outputs hold, where that is added.
    sum: Option<[f32; 2]>,
}

impl<const N: usize> FinishF32<N> {
    /// For the channels from `channel` on.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn new(epilogue: &Epilogue<'_>, channel: usize) -> Self {
        let [min, max] = epilogue.clamp;
        FinishF32 {
            bias: some_f32(epilogue.bias.unwrap_or_default(), channel),
            scales: epilogue.scales.map(|scales| some_f32(scales, channel)),
            bounds: [
                settled(min != f32::NEG_INFINITY).then(|| vdupq_n_f32(min)),
                settled(max != f32::INFINITY).then(|| vdupq_n_f32(max)),
            ],
            sum: None,
        }
    }

    /// The same, to add what the outputs hold.
    #[inline(always)]
    pub(crate) fn with_sum(self, sum: Option<[f32; 2]>) -> Self {
        FinishF32 { sum, ..self }
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

    /// Writes the first `count` channels of `ROWS` pixels, which are `stride` apart. NaN comes out as it is.
    ///
    /// # Safety
    /// The processor has NEON; `output` is valid for these writes.
    #[inline(always)]
    pub(crate) unsafe fn store<const ROWS: usize>(
        &self,
        mut sums: [[float32x4_t; N]; ROWS],
        output: *mut f32,
        [stride, count]: [usize; 2],
    ) {
        let each = sums.as_flattened_mut();
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(scales) = self.scales {
                for (index, sum) in each.iter_mut().enumerate() {
                    *sum = vfmaq_f32(self.bias[index % N], *sum, scales[index % N]);
                }
            }
            let [min, max] = self.bounds;
            if let Some(min) = min {
                each.iter_mut().for_each(|it| *it = vmaxq_f32(*it, min));
            }
            if let Some(max) = max {
                each.iter_mut().for_each(|it| *it = vminq_f32(*it, max));
            }
            if let Some(bounds) = self.sum {
                let mut copy = sums;
                add(&mut copy, output, [stride, count], bounds);
                sums = copy;
            }
            if count >= N * LANES {
                for (row, values) in sums.into_iter().enumerate() {
                    let output = output.add(row * stride);
                    for (part, value) in values.into_iter().enumerate() {
                        vst1q_f32(output.add(part * LANES), value);
                    }
                }
            } else {
                // A copy, so that the sums themselves need not be in memory.
                let copy = sums;
                for (row, values) in copy.iter().enumerate() {
                    store_some(output.add(row * stride), values, count);
                }
            }
        }
    }
}

/// Adds what the outputs of [`FinishF32::store`] hold. Apart, since few layers do.
///
/// # Safety
/// They are there.
#[cold]
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn add<const N: usize>(
    rows: &mut [[float32x4_t; N]],
    output: *const f32,
    [stride, count]: [usize; 2],
    bounds: [f32; 2],
) {
    let [min, max] = bounds.map(|bound| vdupq_n_f32(bound));
    let mut output = output;
    for values in rows {
        let mut held = [[0.0; LANES]; N];
        let from = match count >= N * LANES {
            true => output,
            false => {
                let held = held.as_flattened_mut();
                // SAFETY: the caller's promise.
                unsafe { output.copy_to_nonoverlapping(held.as_mut_ptr(), count) };
                held.as_ptr()
            }
        };
        for (part, value) in values.iter_mut().enumerate() {
            // SAFETY: so many are there.
            let held = unsafe { vld1q_f32(from.add(part * LANES)) };
            *value = vminq_f32(vmaxq_f32(vaddq_f32(*value, held), min), max);
        }
        output = output.wrapping_add(stride);
    }
}

/// Writes the first `count` floats of registers, which have more.
///
/// # Safety
/// `output` is valid for these writes.
#[cold]
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn store_some(output: *mut f32, values: &[float32x4_t], count: usize) {
    let lanes = values.as_ptr().cast::<f32>();
    // SAFETY: the caller's promise; registers are four floats each.
    unsafe { lanes.copy_to_nonoverlapping(output, count) };
}
