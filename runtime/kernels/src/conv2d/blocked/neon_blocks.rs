//! Int8 by NEON, whatever its instructions for products: a few pixels times 16 channels at a time. Padding reads the zero
//! point; what the zero point adds to the sums of all products is taken off the bias, once a step.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;
use core::mem::MaybeUninit;

use super::I8;
use super::patch::{self, Input, Patch, for_each_patch};
use crate::Window;
use crate::add::Sum;
use crate::add::neon::Adder;
use crate::blocked::{CHANNELS, LANE, runs};
use crate::neon::stream::next;
use crate::neon::{Clamp, LANES, Rows, Scale, some_i32};
use crate::requantize::Multipliers;
use crate::rows::{Strip, Tiles};

/// Registers of a block's sums.
pub(super) const PARTS: usize = CHANNELS / LANES;
/// Those of a block, or of a lane of its weights.
pub(super) type Block = [int32x4_t; PARTS];
/// Elements in a register.
pub(super) const REGISTER: usize = 16;
/// Blocks whose biases the stack has room for.
const MAX_BLOCKS: usize = 256;

/// Whether there is room for the elements of a pixel and for all biases.
pub(super) fn holds(window: &Window) -> bool {
    let blocks = window.output[2].div_ceil(CHANNELS);
    blocks <= MAX_BLOCKS && patch::holds(window, LANE)
}

/// How products with blocks of weights are made.
pub(super) trait Product {
    /// Pixels of a tile at the most.
    const ROWS: usize;

    /// Sums of a block's weights, for each channel. Layers of more than a pixel ask for those of all blocks first.
    fn weight_sums(&mut self, block: &[i8]) -> Block;

    /// What sums of a block begin with.
    type Start;

    /// Biases, as sums begin with them.
    fn start(&self, bias: Block) -> Self::Start;

    /// `start` and the sums of `ROWS` rows with a block.
    ///
    /// # Safety
    /// The processor has the instructions; the patch has `ROWS` rows, and a block lies at `weights`.
    unsafe fn sums<const ROWS: usize>(
        &self,
        patch: Patch<'_, i8>,
        weights: *const i8,
        start: &Self::Start,
    ) -> [Block; ROWS];

    /// The sums of the only row with a block, and those of the block's weights, which count only where there is a zero
    /// point.
    ///
    /// # Safety
    /// As [`sums`](Self::sums).
    unsafe fn alone(
        &self,
        patch: Patch<'_, i8>,
        weights: *const i8,
        has_zero_point: bool,
    ) -> [Block; 2];
}

/// A layer, by a product.
struct Layer<'a, P> {
    op: &'a I8<'a>,
    product: P,
    /// Biases less what the zero point adds, of each block.
    biases: [MaybeUninit<Block>; MAX_BLOCKS],
    /// Bytes of a block's weights.
    block: usize,
}

/// Runs a layer.
///
/// # Safety
/// The processor has the product's instructions; the operands fit the window, which [`holds`].
#[inline(always)]
pub(super) unsafe fn run<P: Product>(op: &I8<'_>, product: P) {
    let [height, width, outputs] = op.window.output;
    let mut layer = Layer {
        op,
        product,
        biases: [const { MaybeUninit::uninit() }; MAX_BLOCKS],
        block: op.weights.len() / outputs.div_ceil(CHANNELS).max(1),
    };
    let is_alone = height * width == 1;
    let [_, length] = runs(op.window.kernel, op.window.dilation, op.window.input[2]);
    // Lanes of four elements go on from run to run. Runs that are short are put together, where several blocks read them.
    let is_short = length < REGISTER && outputs > CHANNELS;
    let input = Input {
        window: &op.window,
        cells: op.input,
        padding: op.quant.input_zero_point as u8,
        multiple: if is_short { REGISTER } else { LANE },
        convert: None,
    };
    // SAFETY: the caller's promise; the tiles lie in the patch.
    unsafe {
        if !is_alone {
            layer.fill();
        }
        for_each_patch(&input, op.output, usize::MAX, |patch, pixel, count| {
            patch.for_each_tiles(
                Strip { pixel, count },
                P::ROWS,
                |patch, tiles| match tiles.pixels {
                    1 if is_alone => layer.alone(patch),
                    1 => layer.several::<1>(patch, tiles),
                    2 => layer.several::<2>(patch, tiles),
                    3 => layer.several::<3>(patch, tiles),
                    4 => layer.several::<4>(patch, tiles),
                    _ => layer.several::<5>(patch, tiles),
                },
            );
        });
    }
}

impl<P: Product> Layer<'_, P> {
    /// Makes the biases.
    #[inline(always)]
    unsafe fn fill(&mut self) {
        let blocks = self.op.weights.chunks_exact(self.block.max(1));
        for (index, (place, weights)) in self.biases.iter_mut().zip(blocks).enumerate() {
            let sums = self.product.weight_sums(weights);
            // SAFETY: a layer runs only where the processor has NEON.
            place.write(unsafe { bias(self.op, index * CHANNELS, sums) });
        }
    }

    /// All channels of the only pixel. The sums of weights are added up on the way.
    ///
    /// # Safety
    /// As [`run`].
    #[inline(never)]
    unsafe fn alone(&self, patch: Patch<'_, i8>) {
        let has_zero_point = self.op.quant.input_zero_point != 0;
        let mut weights = self.op.weights.as_ptr();
        let outputs = Outputs::new(self.op, 0);
        for channel in (0..outputs.channels).step_by(CHANNELS) {
            // SAFETY: the block is one of the weights; the rest is the caller's promise.
            unsafe {
                let [sums, weight_sums] = self.product.alone(patch, weights, has_zero_point);
                let bias = bias(self.op, channel, weight_sums);
                let sums = core::array::from_fn(|part| vaddq_s32(sums[part], bias[part]));
                outputs.finish(&outputs.scale(channel), [sums], channel);
            }
            weights = weights.wrapping_add(self.block);
        }
    }

    /// All channels of tiles of `ROWS` pixels.
    ///
    /// # Safety
    /// As [`run`]; the biases are filled, and the patch has the pixels.
    #[inline(never)]
    unsafe fn several<const ROWS: usize>(&self, patch: Patch<'_, i8>, tiles: Tiles) {
        let patch = patch.with_a_run();
        let mut weights = self.op.weights.as_ptr();
        let mut biases = self.biases.as_ptr();
        let block = self.block;
        let mut outputs = Outputs::new(self.op, tiles.first);
        for channel in (0..outputs.channels).step_by(CHANNELS) {
            let mut patch = patch;
            let first = outputs.output;
            // SAFETY: the block is one of the weights, and its bias was made; the rest is the caller's promise.
            unsafe {
                let bias = next(&mut biases, 1).read().assume_init();
                let start = self.product.start(bias);
                let scale = outputs.scale(channel);
                for _ in 0..tiles.count {
                    let sums = self.product.sums::<ROWS>(patch, weights, &start);
                    outputs.finish(&scale, sums, channel);
                    patch = patch.ahead(ROWS);
                    outputs.output = outputs.output.wrapping_add(ROWS * outputs.channels);
                }
            }
            outputs.output = first;
            weights = weights.wrapping_add(block);
        }
    }
}

/// Where outputs of a tile go, and how sums become them.
struct Outputs<'a> {
    multipliers: Multipliers<'a>,
    clamp: Clamp<'a>,
    /// How what the outputs hold is added, where it is.
    sum: Option<&'a Sum>,
    /// The first channel of the first pixel.
    output: *mut i8,
    /// Channels of a pixel.
    channels: usize,
}

impl<'a> Outputs<'a> {
    /// Of the pixels from `first` on.
    #[inline(always)]
    fn new(op: &'a I8<'a>, first: usize) -> Self {
        let channels = op.window.output[2];
        let output = op.output.as_ptr().cast::<i8>().cast_mut();
        Outputs {
            multipliers: op.multipliers,
            // SAFETY: a layer runs only where the processor has NEON.
            clamp: unsafe { Clamp::new(&op.quant) },
            sum: op.sum,
            output: output.wrapping_add(first * channels),
            channels,
        }
    }

    /// Multipliers of the block that begins at `channel`.
    #[inline(always)]
    fn scale(&self, channel: usize) -> Scale<PARTS> {
        // SAFETY: as above.
        unsafe { Scale::new(self.multipliers, channel) }
    }

    /// Makes outputs of the sums of a block, which begins at `channel`.
    ///
    /// # Safety
    /// As [`run`]; the pixels and the block are those of the layer.
    #[inline(always)]
    unsafe fn finish<const ROWS: usize>(
        &self,
        scale: &Scale<PARTS>,
        sums: [Block; ROWS],
        channel: usize,
    ) {
        let rows = Rows {
            output: self.output.wrapping_add(channel),
            stride: self.channels,
            count: self.channels - channel,
        };
        // SAFETY: the caller's promise.
        unsafe {
            match self.sum {
                None => scale.finish(self.clamp, sums, rows),
                // A copy, so that the sums themselves need not be in memory.
                Some(sum) => finish_added(scale, self.clamp, &sums.clone(), rows, sum),
            }
        }
    }
}

/// Makes outputs of sums and what the outputs hold. Apart, since few layers do.
///
/// # Safety
/// As [`Outputs::finish`].
#[cold]
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn finish_added<const ROWS: usize>(
    scale: &Scale<PARTS>,
    clamp: Clamp<'_>,
    sums: &[Block; ROWS],
    rows: Rows,
    sum: &Sum,
) {
    let adder = Adder::new(sum);
    let mut made = [[0i8; REGISTER]; ROWS];
    let mut output = rows.output;
    // SAFETY: the caller's promise; a row has as many channels, or a register of them.
    unsafe {
        let apart = Rows {
            output: made.as_mut_ptr().cast(),
            stride: REGISTER,
            count: REGISTER,
        };
        scale.finish(clamp, *sums, apart);
        for made in &mut made {
            let value = vld1q_s8(made.as_ptr());
            if rows.count >= REGISTER {
                vst1q_s8(output, adder.of(value, vld1q_s8(output)));
            } else {
                let mut held = [0i8; REGISTER];
                output.copy_to_nonoverlapping(held.as_mut_ptr(), rows.count);
                vst1q_s8(made.as_mut_ptr(), adder.of(value, vld1q_s8(held.as_ptr())));
                output.copy_from_nonoverlapping(made.as_ptr(), rows.count);
            }
            output = output.wrapping_add(rows.stride);
        }
    }
}

/// Biases of a block, given the sums of its weights.
#[inline]
#[target_feature(enable = "neon")]
fn bias(op: &I8<'_>, channel: usize, sums: Block) -> Block {
    let bias: Block = some_i32(op.bias.unwrap_or_default(), channel);
    core::array::from_fn(|part| vmlsq_n_s32(bias[part], sums[part], op.quant.input_zero_point))
}
