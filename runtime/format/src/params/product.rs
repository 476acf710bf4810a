use bytemuck::{Pod, Zeroable};

use super::QuantI8;

/// `MatMul` in f32, and of 8-bit integers (i8 or u8, each) to i32. Operands: a `[.., m, k]`, b `[.., k, n]`,
/// of integers also zero points of a (1 or m) and of b (1 or n), of their types, or none; output `[.., m, n]`.
/// The axes before the last two broadcast.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct MatMul {
    /// 1 where a is `[.., k, m]`, else 0.
    pub transpose_a: u32,
    /// 1 where b is `[.., n, k]`, else 0.
    pub transpose_b: u32,
}

/// `MatMul` of 8-bit integers to i8 or u8, quantised. Operands as [`MatMul`], and multipliers, one or one a
/// column (f32 for `onnx`, i32 pairs as [`Multiplier`](crate::Multiplier) for `tflite`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct MatMulI8 {
    /// How the operands are read.
    pub matmul: MatMul,
    /// Zero point and bounds of the output, less 128 where that is u8; the input's zero point is not used.
    pub quant: QuantI8,
}

/// `LinearAttention` in f32. Operands: query `[n, t, q*k]`, key `[n, t, h*k]`, value `[n, t, h*v]`, initial
/// state `[n, h, k, v]` or none, decay `[n, t, h]` or `[n, t, h*k]` or none, beta `[n, t, 1]` or `[n, t, h]`
/// or none; outputs: result `[n, t, q*v]`, last state `[n, h, k, v]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct LinearAttention {
    /// Number of query heads, q.
    pub query_heads: u32,
    /// Factor of the result.
    pub scale: f32,
}

/// `CachedAttention` in f32, over caches that hold as many tokens as the position says. Operands: query `[n, q*s]`, key
/// and value `[n, h*s]`, caches of keys `[h, s, c]` and of values `[h, c, s]`; outputs: result `[n, q*s]`, both caches
/// where the inputs are, scratch `[c]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct CachedAttention {
    /// Number of query heads, q.
    pub query_heads: u32,
    /// Factor of the scores.
    pub scale: f32,
    /// The run-time scalar that is the position.
    pub position: u32,
}

/// `Rotary` in f32. Operands: input `[n, h*s]`, tables of cosines and sines `[c, r]` of constants; output `[n, h*s]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Rotary {
    /// Number of heads, h.
    pub heads: u32,
    /// 1 where pairs are neighbours, 0 where they are r elements apart.
    pub interleaved: u32,
    /// The run-time scalar that is the first token's row of the tables.
    pub position: u32,
}

/// `Linear` in f32. Operands: input `[n, k]`, weights `[o / 16, k / g, ..]` of i8 (`[g / 4, 16, 4]` a group) or of two
/// int4 a u8 (`[4, 16, 4]` a group of 32), scales `[o / 16, k / g, 16]` of f16, bias `[o]` or none; outputs: result
/// `[n, o]`, scratch `[n, k / g, 2 + g / 4]` of i32.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Linear {
    /// Inputs of a group, g.
    pub group: u32,
    /// 1 where what the output holds is added at the end, else 0.
    pub adds: u32,
}

/// `Embedding` in f32. Operands: indices `[n]` of i64, weights and scales as [`Linear`] has them; output `[n, k]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Embedding {
    /// Elements of a group, g.
    pub group: u32,
    /// Embeddings, o.
    pub count: u32,
}

/// `Dft` in f32. Operands: input `[.., n, .., 1 or 2]`, twiddles `[l, 2]` (cosine and sine of `2 pi j / l`),
/// window `[l]` or none; output `[.., bins, .., 2]`, or `[.., frames, bins, .., 2]` where there is a hop. The
/// last axis is 1 for a Hermitian inverse.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Dft {
    /// Axis n of the input.
    pub axis: u32,
    /// A [`DftDirection`].
    pub direction: u32,
    /// Distance between frames; 0 where the one frame has no axis.
    pub hop: u32,
}

codes! {
    /// Which transform `Dft` is.
    DftDirection {
        /// Forward.
        Forward = 0,
        /// Inverse, divided by the length.
        Inverse = 1,
        /// Inverse of the first half of a Hermitian spectrum, to real elements.
        InverseHermitian = 2,
    }
}
