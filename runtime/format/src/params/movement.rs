use bytemuck::{Pod, Zeroable};

/// `Transpose`: output axis `i` is input axis `permutation[i]`. Any element of 1, 2, 4 or 8 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Transpose {
    /// As many entries as the rank; the rest is ignored.
    pub permutation: [u32; 8],
}

/// `StridedCopy`: output element `i` is input element `offset + sum(i[axis] * strides[axis])`. Operands: input;
/// output. Any element of 1, 2, 4 or 8 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct StridedCopy {
    /// Number of axes, at most 8, which need not be those of the output's shape.
    pub rank: u32,
    /// Extents of the axes; their product is the output's.
    pub extents: [u32; 8],
    /// First element.
    pub offset: i32,
    /// Elements of the input between neighbours; 0 repeats, less runs backwards.
    pub strides: [i32; 8],
}

/// `Concat`: one input or more, which differ along one axis; output. Any element of 1, 2, 4 or 8 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Concat {
    /// The axis.
    pub axis: u32,
}

/// `Pad`. Operands: input, value of one element (mode 0; none for zero); output of the same rank. Any element of
/// 1, 2, 4 or 8 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Pad {
    /// 0 constant, 1 reflect, 2 edge, 3 wrap.
    pub mode: u32,
    /// Elements added in front of each axis, taken away where negative. What happens at the end follows from
    /// the output's extents.
    pub begin: [i32; 8],
}

/// `Triangle`. Operands: input `[.., rows, columns]`, diagonal of one i64 (none for 0); output. Any element of
/// 1, 2, 4 or 8 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Triangle {
    /// 1 for the upper triangle, 0 for the lower one.
    pub upper: u32,
}

/// `ReverseSequence`. Operands: input `[batch, time, ..]` or `[time, batch, ..]`, lengths i32 or i64 `[batch]`;
/// output. Any element of 1, 2, 4 or 8 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct ReverseSequence {
    /// 1 where the first axis is time, 0 where it is the batch.
    pub time_first: u32,
}
