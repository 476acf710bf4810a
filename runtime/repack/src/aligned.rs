use bytemuck::{Pod, Zeroable};

/// The alignment that packages for hosts ask for: a cache line.
#[repr(C, align(64))]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Line([u8; 64]);

/// Zeroed heap bytes at a multiple of 64.
pub struct AlignedBytes {
    lines: Vec<Line>,
    length: usize,
}

impl AlignedBytes {
    /// `length` zero bytes.
    pub fn zeroed(length: usize) -> AlignedBytes {
        AlignedBytes {
            lines: vec![Line::zeroed(); length.div_ceil(64)],
            length,
        }
    }

    /// A copy of `bytes`.
    pub fn copy_of(bytes: &[u8]) -> AlignedBytes {
        let mut copy = AlignedBytes::zeroed(bytes.len());
        copy.as_mut_slice().copy_from_slice(bytes);
        copy
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.lines)[..self.length]
    }

    /// The bytes, to be written.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_is_aligned() {
        for length in [0, 1, 63, 64, 65, 1000] {
            let bytes = AlignedBytes::copy_of(&vec![7u8; length]);
            assert_eq!(bytes.as_slice(), vec![7u8; length]);
            assert_eq!(bytes.as_slice().as_ptr() as usize % 64, 0);
        }
    }
}
