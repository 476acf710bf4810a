mod check;

use core::ops::Range;

use bytemuck::AnyBitPattern;

use crate::{
    DType, Error, Fill, Golden, HEADER_BYTES, Header, KernelId, MAGIC, MAX_KERNELS,
    MAX_WEIGHT_REGIONS, Program, Region, SECTION_CRITICAL, SIGNATURE_SCHEME_ED25519, Scalar,
    SectionEntry, Step, Tag, TargetId, Tensor, TensorInfo, VERSION_MAJOR, package_crc,
};

/// A checked view of a package's bytes: no accessor of it can panic or read out of bounds.
///
/// # Memory
/// A few slices into the bytes; nothing is copied.
#[derive(Clone, Copy, Debug)]
pub struct Package<'a> {
    bytes: &'a [u8],
    header: &'a Header,
    kernels: &'a [KernelId],
    programs: &'a [Program],
    steps: &'a [Step],
    operands: &'a [u16],
    tensors: &'a [Tensor],
    dims: &'a [u32],
    params: &'a [u8],
    scalars: &'a [Scalar],
    initial: &'a [Fill],
    weights: [&'a [u8]; MAX_WEIGHT_REGIONS],
    golden: Option<Golden<'a>>,
    golden_outputs: Option<&'a [u8]>,
    onnx: Option<&'a [u8]>,
    tokenizer: Option<&'a [u8]>,
    manifest: &'a [u8],
}

impl<'a> Package<'a> {
    /// Checks `bytes` and gives a view of the package at their start; what follows it is ignored, so a
    /// whole flash slot may be passed.
    ///
    /// # Errors
    /// One of the errors 101 to 113. Signatures are not checked here.
    ///
    /// # Complexity
    /// Linear in the package's length.
    pub fn new(bytes: &'a [u8]) -> Result<Package<'a>, Error> {
        let header = read_header(bytes)?;
        let bytes = bytes
            .get(..header.length as usize)
            .ok_or(Error::Truncated)?;
        check_header(header, bytes)?;

        let kernels_end = (header.kernel_count as usize)
            .checked_mul(size_of::<KernelId>())
            .and_then(|n| n.checked_add(HEADER_BYTES))
            .ok_or(Error::BadHeader)?;
        let directory_end = (header.section_count as usize)
            .checked_mul(size_of::<SectionEntry>())
            .and_then(|n| n.checked_add(kernels_end))
            .ok_or(Error::BadHeader)?;
        let kernels: &[KernelId] = cast(bytes, HEADER_BYTES..kernels_end, Error::BadHeader)?;
        let directory: &[SectionEntry] =
            cast(bytes, kernels_end..directory_end, Error::BadSection)?;

        let mut package = Package {
            bytes,
            header,
            kernels,
            programs: &[],
            steps: &[],
            operands: &[],
            tensors: &[],
            dims: &[],
            params: &[],
            scalars: &[],
            initial: &[],
            weights: [&[]; MAX_WEIGHT_REGIONS],
            golden: None,
            golden_outputs: None,
            onnx: None,
            tokenizer: None,
            manifest: &[],
        };
        let golden = package.read_sections(directory, directory_end)?;
        package.check_tables()?;
        if let Some(section) = golden {
            let steps = package
                .programs
                .iter()
                .fold(0usize, |n, p| n.saturating_add(p.step_count as usize));
            package.golden = Some(Golden::new(section, steps)?);
        }
        package.check_golden_outputs()?;
        Ok(package)
    }

    fn read_sections(
        &mut self,
        directory: &[SectionEntry],
        directory_end: usize,
    ) -> Result<Option<&'a [u8]>, Error> {
        let bytes = self.bytes;
        let mut golden = None;
        for (index, entry) in directory.iter().enumerate() {
            let start = entry.offset as usize;
            let range = start
                ..start
                    .checked_add(entry.bytes as usize)
                    .ok_or(Error::BadSection)?;
            let repeated = directory
                .iter()
                .take(index)
                .any(|other| other.tag == entry.tag);
            if start < directory_end || !start.is_multiple_of(4) || repeated {
                return Err(Error::BadSection);
            }
            let section = bytes.get(range.clone()).ok_or(Error::BadSection)?;
            match entry.tag {
                Tag::PROGRAMS => self.programs = cast(bytes, range, Error::BadSection)?,
                Tag::STEPS => self.steps = cast(bytes, range, Error::BadSection)?,
                Tag::OPERANDS => self.operands = cast(bytes, range, Error::BadSection)?,
                Tag::TENSORS => self.tensors = cast(bytes, range, Error::BadSection)?,
                Tag::DIMS => self.dims = cast(bytes, range, Error::BadSection)?,
                Tag::SCALARS => self.scalars = cast(bytes, range, Error::BadSection)?,
                Tag::INITIAL => self.initial = cast(bytes, range, Error::BadSection)?,
                Tag::PARAMS => self.params = section,
                Tag::GOLDEN => golden = Some(section),
                Tag::GOLDEN_OUTPUTS => self.golden_outputs = Some(section),
                Tag::ONNX => self.onnx = Some(section),
                Tag::TOKENIZER => self.tokenizer = Some(section),
                Tag::MANIFEST => self.manifest = section,
                tag => match tag.weights_index() {
                    Some(region) => {
                        if !start.is_multiple_of(usize::from(self.header.base_alignment)) {
                            return Err(Error::BadSection);
                        }
                        *self.weights.get_mut(region).ok_or(Error::BadSection)? = section;
                    }
                    None if entry.flags & SECTION_CRITICAL != 0 => {
                        return Err(Error::UnknownSection);
                    }
                    None => {}
                },
            }
        }
        Ok(golden)
    }

    fn decode_tensor(&self, tensor: &Tensor) -> Option<TensorInfo<'a>> {
        let first = tensor.first_dim as usize;
        let end = first.checked_add(usize::from(tensor.rank))?;
        Some(TensorInfo {
            dtype: DType::from_u8(tensor.dtype)?,
            region: Region::from_u8(tensor.region)?,
            offset: tensor.offset as usize,
            bytes: tensor.bytes as usize,
            dims: self.dims.get(first..end)?,
            scale: tensor.scale,
            zero_point: tensor.zero_point,
        })
    }

    fn operand_range(&self, first: u32, count: usize) -> Option<&'a [u16]> {
        let first = first as usize;
        self.operands.get(first..first.checked_add(count)?)
    }

    fn program_steps(&self, program: &Program) -> Option<&'a [Step]> {
        let first = program.first_step as usize;
        self.steps
            .get(first..first.checked_add(program.step_count as usize)?)
    }

    /// The tokenizer of a language model, at a multiple of 4 bytes; not checked.
    pub fn tokenizer(&self) -> Option<&'a [u8]> {
        self.tokenizer
    }

    /// The header.
    pub fn header(&self) -> &'a Header {
        self.header
    }

    /// The package's own bytes, without what followed them.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The section directory.
    pub fn sections(&self) -> &'a [SectionEntry] {
        let start = HEADER_BYTES.saturating_add(size_of_val(self.kernels));
        let bytes = (self.header.section_count as usize).saturating_mul(size_of::<SectionEntry>());
        cast(
            self.bytes,
            start..start.saturating_add(bytes),
            Error::BadSection,
        )
        .unwrap_or_default()
    }

    /// The kernels that the package needs.
    pub fn kernels(&self) -> &'a [KernelId] {
        self.kernels
    }

    /// The programs.
    pub fn programs(&self) -> &'a [Program] {
        self.programs
    }

    /// The steps of program `program`.
    pub fn steps(&self, program: usize) -> Option<&'a [Step]> {
        self.program_steps(self.programs.get(program)?)
    }

    /// Tensor indices of the inputs of program `program`.
    pub fn inputs(&self, program: usize) -> Option<&'a [u16]> {
        let program = self.programs.get(program)?;
        self.operand_range(program.first_input, usize::from(program.input_count))
    }

    /// Tensor indices of the outputs of program `program`.
    pub fn outputs(&self, program: usize) -> Option<&'a [u16]> {
        let program = self.programs.get(program)?;
        self.operand_range(program.first_output, usize::from(program.output_count))
    }

    /// Tensor indices of a step's inputs; [`NO_TENSOR`](crate::NO_TENSOR) for optional ones that are not given.
    pub fn step_inputs(&self, step: &Step) -> &'a [u16] {
        self.operand_range(step.first_operand, usize::from(step.input_count))
            .unwrap_or(&[])
    }

    /// Tensor indices of a step's outputs.
    pub fn step_outputs(&self, step: &Step) -> &'a [u16] {
        step.first_operand
            .checked_add(u32::from(step.input_count))
            .and_then(|first| self.operand_range(first, usize::from(step.output_count)))
            .unwrap_or(&[])
    }

    /// The parameter block of a step.
    pub fn params_of(&self, step: &Step) -> Option<&'a [u8]> {
        let start = step.params_offset as usize;
        self.params
            .get(start..start.checked_add(step.params_bytes as usize)?)
    }

    /// Number of tensors.
    pub fn tensor_count(&self) -> usize {
        self.tensors.len()
    }

    /// Tensor `index`, decoded.
    pub fn tensor(&self, index: u16) -> Option<TensorInfo<'a>> {
        self.decode_tensor(self.tensors.get(usize::from(index))?)
    }

    /// The bytes of weight region `index`.
    pub fn weights(&self, index: u8) -> Option<&'a [u8]> {
        self.weights.get(usize::from(index)).copied()
    }

    /// The run-time scalars.
    pub fn scalars(&self) -> &'a [Scalar] {
        self.scalars
    }

    /// What the state holds after a reset, where that is not zero. Every row lies in its region.
    pub fn initial_state(&self) -> &'a [Fill] {
        self.initial
    }

    /// The golden vectors, where the package has some.
    pub fn golden(&self) -> Option<Golden<'a>> {
        self.golden
    }

    /// The output bytes of golden vector `vector`, those of all programs one after the other, where the
    /// package keeps them.
    pub fn golden_output(&self, vector: usize) -> Option<&'a [u8]> {
        let bytes = self.output_bytes()?;
        let start = vector.checked_mul(bytes)?;
        self.golden_outputs?.get(start..start.checked_add(bytes)?)
    }

    /// Bytes of all outputs of all programs together.
    fn output_bytes(&self) -> Option<usize> {
        let ports = (0..self.programs.len()).filter_map(|program| self.outputs(program));
        ports.flatten().try_fold(0usize, |sum, &output| {
            sum.checked_add(self.tensor(output)?.bytes)
        })
    }

    /// The ONNX model that the package's only step runs; `None` in packages of compiled steps.
    pub fn onnx(&self) -> Option<&'a [u8]> {
        self.onnx
    }

    /// The bytes of the manifest section; empty where there is none.
    pub fn manifest_bytes(&self) -> &'a [u8] {
        self.manifest
    }

    /// The target family whose kernels the weights are laid out for.
    pub fn target(&self) -> TargetId {
        TargetId::from_u16(self.header.target).unwrap_or(TargetId::Any)
    }
}

fn read_header(bytes: &[u8]) -> Result<&Header, Error> {
    let head = bytes.get(..HEADER_BYTES).ok_or(Error::Truncated)?;
    if !(head.as_ptr() as usize).is_multiple_of(align_of::<Header>()) {
        return Err(Error::Misaligned);
    }
    let header: &Header = bytemuck::try_from_bytes(head).map_err(|_| Error::Misaligned)?;
    if header.magic != MAGIC {
        return Err(Error::BadMagic);
    }
    if header.major != VERSION_MAJOR {
        return Err(Error::UnsupportedVersion);
    }
    if (header.length as usize) < HEADER_BYTES {
        return Err(Error::Truncated);
    }
    Ok(header)
}

fn check_header(header: &Header, bytes: &[u8]) -> Result<(), Error> {
    if package_crc(bytes)? != header.crc {
        return Err(Error::BadChecksum);
    }
    let alignment = usize::from(header.base_alignment);
    let defined = alignment >= 4
        && alignment.is_power_of_two()
        && header.flags == 0
        && header.reserved == [0; 4]
        && header.reserved2 == [0; 2]
        && header.signature_scheme <= SIGNATURE_SCHEME_ED25519
        && header.kernel_count as usize <= MAX_KERNELS
        // More sections than this are refused, since each is compared with those before it.
        && header.section_count <= 64
        && TargetId::from_u16(header.target).is_some();
    if !defined {
        return Err(Error::BadHeader);
    }
    if !(bytes.as_ptr() as usize).is_multiple_of(alignment) {
        return Err(Error::Misaligned);
    }
    Ok(())
}

fn cast<T: AnyBitPattern>(bytes: &[u8], range: Range<usize>, error: Error) -> Result<&[T], Error> {
    let bytes = bytes.get(range).ok_or(error)?;
    bytemuck::try_cast_slice(bytes).map_err(|_| error)
}
