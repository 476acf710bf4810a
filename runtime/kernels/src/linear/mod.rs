//! Product with a constant matrix of few bits, as language models have them: weights in int8 or int4 with a scale for
//! every group of inputs, activations rounded to int8 with a scale for each such group too (as `Q8_0` and `Q4_0` of
//! llama.cpp are multiplied).
//!
//! Shapes, with n rows, k inputs, o outputs and groups of g inputs: input `[n, k]`, weights `[o / 16, k / g, ..]` in
//! [blocks](Weights), scales `[o / 16, k / g, 16]`, bias `[o]`, output `[n, o]`, scratch `[n, k / g, 2 + g / 4]` words. The
//! last block and the last group are filled up with zeros. Nothing may overlap.
//!
//! The results are the same, bit for bit, on every target. A group of the input becomes integers
//! `q = rne(x * (127 / m))` with the scale `s = m / 127`, m being its greatest magnitude (all 0 where that is 0). An output
//! begins with 0; for each group in order it becomes `fma(sum of q * w, s * scale, output)`, the sum being exact. Then come
//! the bias and, where there is one, the sum with what the output holds. A NaN or infinity in the input makes all outputs
//! of its row NaN.

#[cfg(target_arch = "x86_64")]
mod avx2;
pub mod embed;
mod pack;
mod quantize;
mod scalar;
#[cfg(test)]
mod tests;

use core::cell::Cell;

pub use pack::{pack_q4, pack_q8};

use crate::{Isa, Result, f16, product, require};

/// Outputs of a block.
pub const CHANNELS: usize = 16;
/// Inputs that lie side by side for each output.
pub const QUAD: usize = 4;
/// Inputs of a group of int4, whose products [the vector files](self) add in 16 bits.
pub const Q4_GROUP: usize = 32;
/// Words of a group in the scratch memory before its integers: the scale, and the sum of the integers.
const HEAD: usize = 2;

/// Weights of few bits, in blocks of 16 outputs.
#[derive(Clone, Copy, Debug)]
pub enum Weights<'a> {
    /// -127 to 127, a group being `[g / 4, 16, 4]`.
    Q8(&'a [i8]),
    /// -8 to 7, which 0 to 15 stand for, in groups of 32. A group is `[4, 16, 4]` bytes, whose low halves are the first
    /// 16 inputs and whose high ones are the others.
    Q4(&'a [u8]),
}

impl Weights<'_> {
    fn len(&self) -> usize {
        match self {
            Weights::Q8(values) => values.len(),
            Weights::Q4(values) => values.len(),
        }
    }

    /// One of them, of an output at an input; 0 where there is none.
    fn get(&self, output: usize, input: usize, groups: usize, group: usize) -> i32 {
        match self {
            Weights::Q8(values) => {
                let value = values.get(pack::place(output, input, groups, group));
                i32::from(value.copied().unwrap_or(0))
            }
            Weights::Q4(values) => {
                let (at, is_high) = pack::place_q4(output, input, groups);
                let byte = values.get(at).copied().unwrap_or(0x88);
                i32::from(if is_high { byte >> 4 } else { byte & 15 }) - 8
            }
        }
    }

    /// Whether these are the groups of so many blocks.
    fn holds(&self, blocks: usize, groups: usize, group: usize) -> bool {
        let count = self.len().checked_mul(self.per_byte());
        let is_kind = matches!(self, Weights::Q8(_)) || group == Q4_GROUP;
        is_kind && count.is_some() && count == product(&[blocks, groups, group, CHANNELS])
    }

    /// Weights in a byte.
    fn per_byte(&self) -> usize {
        match self {
            Weights::Q8(_) => 1,
            Weights::Q4(_) => 2,
        }
    }
}

/// Operands of a product.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// Rows, n.
    pub rows: usize,
    /// Length of an input row, k.
    pub inputs: usize,
    /// Length of an output row, o.
    pub outputs: usize,
    /// Inputs of a group, g: a multiple of 4.
    pub group: usize,
    /// `[n, k]`.
    pub input: &'a [Cell<f32>],
    /// `[o / 16, k / g, ..]`, the last of both filled up.
    pub weights: Weights<'a>,
    /// `[o / 16, k / g, 16]`.
    pub scales: &'a [f16],
    /// `[o]`; none where all are zero.
    pub bias: Option<&'a [f32]>,
    /// Whether what the output holds is added at the end.
    pub adds: bool,
    /// `[n, o]`.
    pub output: &'a [Cell<f32>],
    /// `[n, k / g, 2 + g / 4]`, for the input as integers.
    pub scratch: &'a [Cell<u32>],
}

impl F32<'_> {
    /// Groups of a row.
    fn groups(&self) -> usize {
        self.inputs.div_ceil(self.group.max(1))
    }

    /// Words of a group in the scratch memory.
    fn group_words(&self) -> usize {
        HEAD + self.group / QUAD
    }
}

/// Words of scratch memory.
pub fn scratch_words(rows: usize, inputs: usize, group: usize) -> Option<usize> {
    let words = HEAD.checked_add(group / QUAD)?;
    product(&[rows, inputs.div_ceil(group.max(1)), words])
}

/// Runs the product.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where extents and lengths do not fit.
pub fn f32(op: &F32<'_>, isa: Isa) -> Result {
    let (n, k, o, g) = (op.rows, op.inputs, op.outputs, op.group);
    let is = |length: usize, extents: &[usize]| product(extents) == Some(length);
    require(k > 0 && o > 0 && g > 0 && g.is_multiple_of(QUAD))?;
    require(is(op.input.len(), &[n, k]) && is(op.output.len(), &[n, o]))?;
    let blocks = o.div_ceil(CHANNELS);
    require(is(op.scales.len(), &[blocks, op.groups(), CHANNELS]))?;
    require(op.weights.holds(blocks, op.groups(), g))?;
    require(op.bias.is_none_or(|bias| bias.len() == o))?;
    require(scratch_words(n, k, g) == Some(op.scratch.len()))?;
    match isa {
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx2() => avx2::f32(op, token),
        _ => {
            quantize::rows(op);
            scalar::f32(op);
        }
    }
    Ok(())
}
