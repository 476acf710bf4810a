use bytemuck::{Pod, Zeroable};

/// `Resample` in f32. Operands: input, and for each of up to three neighbouring axes first positions i32 `[o]` and
/// weights f32 `[o, taps]`, or none for both where the axis does not change; output.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct ResampleF32 {
    /// First of the axes that change.
    pub axis: u32,
    /// Number of those axes, 1 to 3.
    pub axes: u32,
    /// Result where a first position is -1.
    pub outside: f32,
}

/// `Resample` in int8: as [`ResampleF32`], with one scale and zero point for both sides.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct ResampleI8 {
    /// First of the axes that change.
    pub axis: u32,
    /// Number of those axes, 1 to 3.
    pub axes: u32,
    /// Result where a first position is -1, an i8.
    pub outside: i32,
    /// Value that stands for 0.
    pub zero_point: i32,
}

/// `GridSample` in f32. Operands: input `[n, (d,) (h,) w, c]`, grid `[n, points.., axes]`; output
/// `[n, points.., c]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct GridSample {
    /// 0 nearest, 1 linear, 2 cubic.
    pub mode: u32,
    /// 0 zeros, 1 border, 2 reflection.
    pub padding: u32,
    /// 1 where -1 and 1 are centres of elements, 0 where they are edges.
    pub align_corners: u32,
}

/// `AffineGrid` in f32. Operands: theta `[n, axes, axes + 1]`; output `[n, (d,) h, w, axes]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct AffineGrid {
    /// 1 where -1 and 1 are centres of elements, 0 where they are edges.
    pub align_corners: u32,
}

/// `RoiAlign` in f32. Operands: input `[n, h, w, c]`, regions `[r, 4]`, images i32 or i64 `[r]`; output
/// `[r, oh, ow, c]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct RoiAlign {
    /// Pixels of the input for one unit of the regions' coordinates.
    pub spatial_scale: f32,
    /// Points along one axis of a bin, at most 16; 0 where its size decides.
    pub samples: u32,
    /// 1 where regions move by half a pixel.
    pub half_pixel: u32,
    /// 1 for the greatest, 0 for the mean.
    pub max: u32,
}

/// `Col2Im` in f32. Operands: input `[n, c * block, columns]`; output `[n, c, (d,) (h,) w]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Col2Im {
    /// Depth, height and width; axes that are not there have one block of one element.
    pub axes: [BlockAxis; 3],
}

/// Blocks along one axis of an image.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct BlockAxis {
    /// Extent of a block.
    pub block: u32,
    /// Number of blocks.
    pub columns: u32,
    /// Distance of neighbouring blocks.
    pub stride: u32,
    /// Distance of neighbours in a block.
    pub dilation: u32,
    /// Elements of the first block in front of the image.
    pub pad: u32,
}
