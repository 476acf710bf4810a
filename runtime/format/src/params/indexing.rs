use bytemuck::{Pod, Zeroable};

/// `Gather`. Operands: data `[batch.., indexed.., slice..]`, indices i32 or i64 `[tuples.., depth]`, or where they
/// are not shared `[batch.., tuples.., depth]`; output `[batch.., tuples.., slice..]`. The data has `batch` axes
/// of the first kind and `depth` of the second. Any element of 1, 2, 4 or 8 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Gather {
    /// Number of batch axes.
    pub batch: u32,
    /// Number of indexed axes, at least 1.
    pub depth: u32,
    /// 1 where all entries of the batch have the same indices.
    pub shared: u32,
}

/// `GatherElements`. Operands: data, indices i32 or i64; output of the indices' shape. Any element of 1, 2, 4 or
/// 8 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct GatherElements {
    /// The axis that the indices are for.
    pub axis: u32,
}

/// `ScatterElements`. Operands: data, indices i32 or i64, updates of their shape; output.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct ScatterElements {
    /// The axis that the indices are for.
    pub axis: u32,
    /// A [`Reduction`].
    pub reduction: u32,
}

/// `ScatterNd`. Operands: data `[indexed.., slice..]`, indices i32 or i64 `[tuples.., depth]`, updates
/// `[tuples.., slice..]`; output.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct ScatterNd {
    /// A [`Reduction`].
    pub reduction: u32,
}

/// How scattered updates combine with what is there.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// The update replaces it.
    None = 0,
    /// Sum.
    Add = 1,
    /// Product.
    Mul = 2,
    /// The lesser.
    Min = 3,
    /// The greater.
    Max = 4,
}

impl Reduction {
    /// The reduction with this code.
    pub const fn from_u32(code: u32) -> Option<Reduction> {
        Some(match code {
            0 => Reduction::None,
            1 => Reduction::Add,
            2 => Reduction::Mul,
            3 => Reduction::Min,
            4 => Reduction::Max,
            _ => return None,
        })
    }
}

/// `TensorScatter`. Operands: cache `[batch, .., length, ..]`, update of the same shape but for the rows, first
/// row i32 or i64 `[batch]` (none for 0); output of the cache's shape. Any element of 1, 2, 4 or 8 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct TensorScatter {
    /// The axis of the rows, not the first.
    pub axis: u32,
    /// 1 where rows behind the last go to the start.
    pub circular: u32,
}

/// `OneHot`. Operands: values `[2]` (elsewhere, and where an index points), indices i32, i64 or f32; output with
/// an axis more than the indices. Any element of 1, 2, 4 or 8 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct OneHot {
    /// The new axis.
    pub axis: u32,
}
