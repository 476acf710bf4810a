//! Attention of new tokens over a cache of keys and values, in f32: ONNX `Attention` (opset 23) with `is_causal` and a
//! past, whose keys and values are kept in place.
//!
//! Shapes, with n new tokens, q query heads, h key and value heads (q a multiple of h), heads of length s and room for c
//! tokens: query `[n, q*s]`, key and value `[n, h*s]`, cache of keys `[h, s, c]`, cache of values `[h, c, s]`, output
//! `[n, q*s]`, scratch `[c]`. Nothing may overlap.
//!
//! The new keys and values go to the caches from `position` on; token i then sees the first `position + i + 1` of them.
//! Tokens for which the caches have no room are left out, and their output is 0.
//!
//! The order of every sum is the same on every target, so that results are: a score is a sum over s in order by
//! [`fma`](crate::math::fma) from 0, times the scale; weights are `exp(score - max)`; their sum is that of 16, each of
//! every 16th weight in order, added in halves (i and i + 8, then i and i + 4, ..); an output is a sum over the tokens in
//! order by `fma` from 0, times the reciprocal of the weights' sum.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
#[cfg(test)]
mod tests;

use core::cell::Cell;

use crate::{Isa, Result, product, require};

/// Operands of an attention.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// Number of query heads, q.
    pub query_heads: usize,
    /// Number of key and value heads, h.
    pub heads: usize,
    /// Length of a head, s.
    pub size: usize,
    /// Tokens for which the caches have room, c.
    pub context: usize,
    /// Tokens that the caches hold.
    pub position: usize,
    /// Factor of the scores.
    pub scale: f32,
    /// `[n, q*s]`.
    pub query: &'a [Cell<f32>],
    /// `[n, h*s]`.
    pub key: &'a [Cell<f32>],
    /// `[n, h*s]`.
    pub value: &'a [Cell<f32>],
    /// `[h, s, c]`.
    pub keys: &'a [Cell<f32>],
    /// `[h, c, s]`.
    pub values: &'a [Cell<f32>],
    /// `[n, q*s]`.
    pub output: &'a [Cell<f32>],
    /// `[c]`, for the weights of one head.
    pub scratch: &'a [Cell<f32>],
}

impl F32<'_> {
    /// New tokens, n.
    fn tokens(&self) -> usize {
        let a_token = self.heads * self.size;
        self.key.len().checked_div(a_token).unwrap_or(0)
    }

    /// New tokens for which there is room.
    fn held(&self) -> usize {
        self.tokens()
            .min(self.context.saturating_sub(self.position))
    }
}

/// Runs the attention.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where extents and lengths do not fit.
pub fn f32(op: &F32<'_>, isa: Isa) -> Result {
    let (q, h, s, c) = (op.query_heads, op.heads, op.size, op.context);
    let is = |length: usize, extents: &[usize]| product(extents) == Some(length);
    require(h > 0 && s > 0 && q > 0 && q.is_multiple_of(h))?;
    let n = product(&[h, s]).and_then(|a_token| op.key.len().checked_div(a_token));
    let n = n.unwrap_or(0);
    require(is(op.key.len(), &[n, h, s]) && op.value.len() == op.key.len())?;
    require(is(op.query.len(), &[n, q, s]) && op.output.len() == op.query.len())?;
    require(is(op.keys.len(), &[h, s, c]) && op.values.len() == op.keys.len())?;
    require(op.scratch.len() == c)?;
    match isa {
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx2() => avx2::f32(op, token),
        _ => scalar::f32(op),
    }
    Ok(())
}
