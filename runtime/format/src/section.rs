use bytemuck::{Pod, Zeroable};

/// Readers that do not know the section's tag must refuse the package.
pub const SECTION_CRITICAL: u32 = 1;

/// One row of the section directory, 16 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct SectionEntry {
    /// What the section holds.
    pub tag: Tag,
    /// [`SECTION_CRITICAL`] or 0; other bits are ignored.
    pub flags: u32,
    /// Where it starts, in bytes from the start of the package; a multiple of 4.
    pub offset: u32,
    /// Its length in bytes.
    pub bytes: u32,
}

/// Four ASCII characters that name a section's content.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Tag(pub [u8; 4]);

impl Tag {
    /// [`Program`](crate::Program) rows.
    pub const PROGRAMS: Tag = Tag(*b"PROG");
    /// [`Step`](crate::Step) rows.
    pub const STEPS: Tag = Tag(*b"STEP");
    /// `u16` indices into the tensors.
    pub const OPERANDS: Tag = Tag(*b"OPER");
    /// [`Tensor`](crate::Tensor) rows.
    pub const TENSORS: Tag = Tag(*b"TENS");
    /// `u32` extents that tensors refer to.
    pub const DIMS: Tag = Tag(*b"DIMS");
    /// Parameter blocks of steps, each 4-byte aligned.
    pub const PARAMS: Tag = Tag(*b"PARM");
    /// [`Scalar`](crate::Scalar) rows.
    pub const SCALARS: Tag = Tag(*b"SCAL");
    /// [`Fill`](crate::Fill) rows.
    pub const INITIAL: Tag = Tag(*b"INIT");
    /// A [`GoldenHeader`](crate::GoldenHeader) and its CRCs.
    pub const GOLDEN: Tag = Tag(*b"GOLD");
    /// The output bytes of each golden vector, vector by vector, outputs in the order of the programs.
    pub const GOLDEN_OUTPUTS: Tag = Tag(*b"GOUT");
    /// The ONNX model that the package's only step runs.
    pub const ONNX: Tag = Tag(*b"ONNX");
    /// The tokenizer of a language model, as `cadet-text` reads it.
    pub const TOKENIZER: Tag = Tag(*b"TOKN");
    /// The postcard manifest.
    pub const MANIFEST: Tag = Tag(*b"MANI");

    /// Bytes of weight region `index` (0 to 7).
    pub const fn weights(index: u8) -> Tag {
        Tag([b'W', b'G', b'T', b'0'.wrapping_add(index)])
    }

    /// The weight region that this tag names.
    pub fn weights_index(self) -> Option<usize> {
        let [b'W', b'G', b'T', digit @ b'0'..=b'7'] = self.0 else {
            return None;
        };
        Some(usize::from(digit - b'0'))
    }
}
