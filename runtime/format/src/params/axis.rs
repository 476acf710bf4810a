use bytemuck::{Pod, Zeroable};

/// `Cumulative`. Operands: input; output of the same shape.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Cumulative {
    /// The axis to run along.
    pub axis: u32,
    /// 1 to multiply, 0 to add.
    pub product: u32,
    /// 1 where an element is left out of its own result.
    pub exclusive: u32,
    /// 1 to run from the end.
    pub reverse: u32,
}

/// `TopK`. Operands: input; values and i64 indices of the input's shape but for the axis, which has the number of
/// elements to find.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct TopK {
    /// The axis to search along.
    pub axis: u32,
    /// 1 for the greatest elements, 0 for the least.
    pub largest: u32,
}

/// `ArgMax`. Operands: input; i64 indices, one for each line along the axis.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct ArgMax {
    /// The axis to search along.
    pub axis: u32,
    /// 1 for the least element, 0 for the greatest.
    pub least: u32,
    /// 1 for the last of equal elements, 0 for the first.
    pub last: u32,
}
