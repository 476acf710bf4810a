use bytemuck::{Pod, Zeroable};

/// `Transpose`: output axis `i` is input axis `permutation[i]`. Any element size of 1, 2 or 4 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Transpose {
    /// As many entries as the rank; the rest is ignored.
    pub permutation: [u32; 8],
}
