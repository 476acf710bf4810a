use bytemuck::{Pod, Zeroable};

/// Operand index of an optional input that is not given.
pub const NO_TENSOR: u16 = u16::MAX;

/// One program of a package: a list of steps over the package's tensors. 24 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Program {
    /// First row in the steps section.
    pub first_step: u32,
    /// Number of steps.
    pub step_count: u32,
    /// First entry in the operands section that names an input tensor.
    pub first_input: u32,
    /// First entry in the operands section that names an output tensor.
    pub first_output: u32,
    /// Number of inputs.
    pub input_count: u16,
    /// Number of outputs.
    pub output_count: u16,
    /// A [`ProgramKind`].
    pub kind: u32,
}

/// What a program is for.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramKind {
    /// The whole model.
    Main = 0,
    /// A language model's pass over a chunk of its prompt.
    Prefill = 1,
    /// A language model's pass over one token.
    Decode = 2,
}

/// One step of a program: a kernel, its operands and its parameters. 16 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Step {
    /// Index into the package's kernel list.
    pub kernel: u16,
    /// Number of inputs: the first operands.
    pub input_count: u8,
    /// Number of outputs: the operands after the inputs.
    pub output_count: u8,
    /// First entry in the operands section.
    pub first_operand: u32,
    /// Start of the parameter block in the parameters section, a multiple of 4.
    pub params_offset: u32,
    /// Length of the parameter block.
    pub params_bytes: u32,
}

/// A tensor: where its bytes lie and what they mean. 28 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Tensor {
    /// A [`Region`] code.
    pub region: u8,
    /// A [`DType`] code.
    pub dtype: u8,
    /// Number of dimensions, at most 8; 0 for a scalar.
    pub rank: u8,
    /// Zero.
    pub reserved: u8,
    /// Start within the region, a multiple of the element's size.
    pub offset: u32,
    /// Length in bytes.
    pub bytes: u32,
    /// First of `rank` extents in the dims section.
    pub first_dim: u32,
    /// Real value of one quantisation step; 0 where the tensor is not quantised per tensor.
    pub scale: f32,
    /// Quantised value that stands for 0.
    pub zero_point: i32,
    /// Zero.
    pub reserved2: u32,
}

/// A bounded run-time scalar (a position, a valid length), set by the caller before a run. 16 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Scalar {
    /// Least value.
    pub min: u32,
    /// Greatest value.
    pub max: u32,
    /// Value before the first set.
    pub initial: u32,
    /// Zero.
    pub reserved: u32,
}

/// Bytes of the state that are not zero after a reset: a word, over and over. 16 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Fill {
    /// Number of the state region.
    pub region: u8,
    /// Zero.
    pub reserved: [u8; 3],
    /// Start within the region.
    pub offset: u32,
    /// How many bytes are filled; the last word is cut where they are no multiple of 4.
    pub bytes: u32,
    /// The word.
    pub value: [u8; 4],
}

/// Type of a tensor's elements.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DType {
    /// IEEE 754 binary32.
    F32 = 1,
    /// IEEE 754 binary16.
    F16 = 2,
    /// bfloat16.
    Bf16 = 3,
    /// Signed 8 bits.
    I8 = 4,
    /// Unsigned 8 bits.
    U8 = 5,
    /// Signed 16 bits.
    I16 = 6,
    /// Signed 32 bits.
    I32 = 7,
    /// Signed 64 bits.
    I64 = 8,
    /// One byte, 0 or 1.
    Bool = 9,
    /// Signed 4 bits, two a byte, the low half first.
    I4 = 10,
}

impl DType {
    /// The type with this code.
    pub const fn from_u8(code: u8) -> Option<DType> {
        Some(match code {
            1 => DType::F32,
            2 => DType::F16,
            3 => DType::Bf16,
            4 => DType::I8,
            5 => DType::U8,
            6 => DType::I16,
            7 => DType::I32,
            8 => DType::I64,
            9 => DType::Bool,
            10 => DType::I4,
            _ => return None,
        })
    }

    /// Bits of one element.
    pub const fn bits(self) -> u32 {
        match self {
            DType::I4 => 4,
            DType::I8 | DType::U8 | DType::Bool => 8,
            DType::F16 | DType::Bf16 | DType::I16 => 16,
            DType::F32 | DType::I32 => 32,
            DType::I64 => 64,
        }
    }

    /// Alignment in bytes that an element's address needs.
    pub const fn alignment(self) -> u32 {
        match self.bits() {
            bits if bits < 8 => 1,
            bits => bits / 8,
        }
    }

    /// Bytes of `elements` elements, or `None` where they overflow `u32`.
    pub const fn bytes(self, elements: u32) -> Option<u32> {
        let bits = elements as u64 * self.bits() as u64;
        let bytes = bits.div_ceil(8);
        if bytes > u32::MAX as u64 {
            return None;
        }
        Some(bytes as u32)
    }
}

/// The memory that a tensor lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// Arena `0..4`: overwritten by every run. Codes 0x00 to 0x03.
    Arena(u8),
    /// State `0..4`: kept between runs. Codes 0x10 to 0x13.
    State(u8),
    /// Weights `0..8`: read-only, inside the package. Codes 0x20 to 0x27.
    Weights(u8),
    /// The caller's own input buffer. Code 0x30.
    Input,
    /// The caller's own output buffer. Code 0x31.
    Output,
}

impl Region {
    /// The region with this code.
    pub const fn from_u8(code: u8) -> Option<Region> {
        Some(match code {
            0x00..=0x03 => Region::Arena(code),
            0x10..=0x13 => Region::State(code - 0x10),
            0x20..=0x27 => Region::Weights(code - 0x20),
            0x30 => Region::Input,
            0x31 => Region::Output,
            _ => return None,
        })
    }

    /// This region's code.
    pub const fn code(self) -> u8 {
        match self {
            Region::Arena(index) => index,
            Region::State(index) => 0x10 + index,
            Region::Weights(index) => 0x20 + index,
            Region::Input => 0x30,
            Region::Output => 0x31,
        }
    }
}

/// A tensor of a checked package: its meaning, decoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TensorInfo<'a> {
    /// Type of the elements.
    pub dtype: DType,
    /// Where the bytes lie.
    pub region: Region,
    /// Start within the region in bytes.
    pub offset: usize,
    /// Length in bytes.
    pub bytes: usize,
    /// Extents; 4-D activations are `[n, h, w, c]`.
    pub dims: &'a [u32],
    /// Real value of one quantisation step; 0 where the tensor is not quantised per tensor.
    pub scale: f32,
    /// Quantised value that stands for 0.
    pub zero_point: i32,
}

impl TensorInfo<'_> {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.dims
            .iter()
            .fold(1usize, |n, &dim| n.saturating_mul(dim as usize))
    }
}
