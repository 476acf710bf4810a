use bytemuck::{Pod, cast_slice, pod_read_unaligned};
use cadet_format::{
    Conv2dF32, Conv2dI8, DType, Header, KernelId, Layout, NO_TENSOR, Opcode, Package, Region,
    SECTION_CRITICAL, SectionEntry, Step, Tag, TargetId, Tensor, TensorInfo,
};
use cadet_kernels::blocked::{CHANNELS, LANE, f32_len, i8_len, pack_f32, pack_i8};

use crate::assemble;

/// Alignment of weights and memory: a cache line.
const ALIGNMENT: u16 = 64;
/// Which operand of a layer holds its weights, and which their zero points.
const WEIGHTS: usize = 1;
const ZERO_POINTS: usize = 4;

/// The package with the weights of convolutions without groups and of fully connected layers in blocks
/// ([`Layout::Blocked`]); `None` where it has none. It is for `target`, and unsigned: whoever repacks one has
/// checked its signature before.
pub fn blocked(package: &Package<'_>, target: TargetId) -> Option<Vec<u8>> {
    let tensors = packable(package);
    if tensors.iter().all(|it| !it) {
        return None;
    }
    let mut content = Content::of(package, &tensors);
    for (row, _) in tensors.iter().enumerate().filter(|(_, packs)| **packs) {
        content.pack(package, row)?;
    }
    for step in &mut content.steps {
        let weights = package.step_inputs(step).get(WEIGHTS);
        if weights.is_some_and(|&row| tensors.get(usize::from(row)) == Some(&true)) {
            let id = package.kernels()[usize::from(step.kernel)].with_layout(Layout::Blocked);
            let known = content.kernels.iter().position(|kernel| *kernel == id);
            let place = known.unwrap_or_else(|| {
                content.kernels.push(id);
                content.kernels.len() - 1
            });
            step.kernel = place as u16;
        }
    }
    Some(content.write(package, target))
}

/// Which tensors are weights that go into blocks: of layers only that have a kernel for it.
fn packable(package: &Package<'_>) -> Vec<bool> {
    let mut packs = vec![false; package.tensor_count()];
    let mut stays = vec![false; package.tensor_count()];
    let programs = 0..package.programs().len();
    for step in programs.filter_map(|it| package.steps(it)).flatten() {
        for (operand, &row) in package.step_inputs(step).iter().enumerate() {
            let table = match operand == WEIGHTS && has_blocks(package, step) {
                true => &mut packs,
                false => &mut stays,
            };
            if let Some(it) = table.get_mut(usize::from(row)) {
                *it = true;
            }
        }
    }
    let both = packs.iter().zip(&stays);
    both.map(|(packs, stays)| *packs && !stays).collect()
}

/// Whether a step's kernel has a variant on blocks.
fn has_blocks(package: &Package<'_>, step: &Step) -> bool {
    let inputs = package.step_inputs(step);
    let has_zero_points = inputs.get(ZERO_POINTS).is_some_and(|&row| row != NO_TENSOR);
    let Some(id) = package.kernels().get(usize::from(step.kernel)) else {
        return false;
    };
    let params = package.params_of(step).unwrap_or_default();
    let dtype = DType::from_u8(id.dtype);
    let has_no_groups = match (Opcode::from_u16(id.opcode), dtype) {
        (Some(Opcode::Conv2d), Some(DType::F32)) => {
            of::<Conv2dF32>(params).is_some_and(|it| it.groups == 1)
        }
        (Some(Opcode::Conv2d), Some(DType::I8)) => {
            of::<Conv2dI8>(params).is_some_and(|it| it.groups == 1)
        }
        (Some(Opcode::FullyConnected), Some(DType::F32 | DType::I8)) => true,
        _ => false,
    };
    let weights = inputs.get(WEIGHTS).and_then(|&row| package.tensor(row));
    let is_constant =
        |it: TensorInfo<'_>| matches!(it.region, Region::Weights(_)) && Some(it.dtype) == dtype;
    id.layout == Layout::Canonical as u8
        && has_no_groups
        && !has_zero_points
        && weights.is_some_and(is_constant)
}

fn of<P: Pod>(params: &[u8]) -> Option<P> {
    (params.len() == size_of::<P>()).then(|| pod_read_unaligned(params))
}

/// The elements of a table, wherever it lies.
fn rows<T: Pod>(bytes: &[u8]) -> Vec<T> {
    let rows = bytes.chunks_exact(size_of::<T>());
    rows.map(pod_read_unaligned).collect()
}

/// What changes of a package.
struct Content {
    kernels: Vec<KernelId>,
    steps: Vec<Step>,
    tensors: Vec<Tensor>,
    dims: Vec<u32>,
    weights: Vec<u8>,
}

impl Content {
    /// Without the tensors that are to be packed.
    fn of(package: &Package<'_>, packable: &[bool]) -> Content {
        let mut content = Content {
            kernels: package.kernels().to_vec(),
            steps: rows(section(package, Tag::STEPS)),
            tensors: rows(section(package, Tag::TENSORS)),
            dims: rows(section(package, Tag::DIMS)),
            weights: Vec::new(),
        };
        // All constants move to the first region, each to a cache line of its own.
        for row in (0..content.tensors.len()).filter(|&row| !packable[row]) {
            let Some(info) = package.tensor(row as u16) else {
                continue;
            };
            if let (Region::Weights(_), Some(bytes)) = (info.region, constant(package, &info)) {
                content.place(row, bytes);
            }
        }
        content
    }

    fn place(&mut self, row: usize, bytes: &[u8]) {
        let offset = self.weights.len().next_multiple_of(usize::from(ALIGNMENT));
        self.weights.resize(offset, 0);
        self.weights.extend_from_slice(bytes);
        let tensor = &mut self.tensors[row];
        tensor.region = Region::Weights(0).code();
        tensor.offset = offset as u32;
        tensor.bytes = bytes.len() as u32;
    }

    /// Puts a tensor into blocks; `None` where it is no matrix that fits.
    fn pack(&mut self, package: &Package<'_>, row: usize) -> Option<()> {
        let info = package.tensor(row as u16)?;
        let bytes = constant(package, &info)?;
        let outputs = *info.dims.first()? as usize;
        let depth = info.elements().checked_div(outputs)?;
        let blocks = outputs.div_ceil(CHANNELS);
        let extents = match info.dtype {
            DType::F32 => {
                let mut packed = vec![0f32; f32_len(outputs, depth)?];
                pack_f32(&rows::<f32>(bytes), outputs, depth, &mut packed).ok()?;
                self.place(row, cast_slice(&packed));
                vec![blocks, depth, CHANNELS]
            }
            _ => {
                let mut packed = vec![0i8; i8_len(outputs, depth)?];
                pack_i8(cast_slice(bytes), outputs, depth, &mut packed).ok()?;
                self.place(row, cast_slice(&packed));
                vec![blocks, depth.div_ceil(LANE), CHANNELS, LANE]
            }
        };
        let tensor = &mut self.tensors[row];
        tensor.rank = extents.len() as u8;
        tensor.first_dim = self.dims.len() as u32;
        self.dims
            .extend(extents.iter().map(|&extent| extent as u32));
        Some(())
    }

    fn write(&self, package: &Package<'_>, target: TargetId) -> Vec<u8> {
        let header = Header {
            target: target as u16,
            base_alignment: ALIGNMENT.max(package.header().base_alignment),
            signature_scheme: 0,
            key_id: 0,
            signature: [0; 64],
            ..*package.header()
        };
        let kept = |entry: &&SectionEntry| entry.tag.weights_index().is_none();
        let mut sections: Vec<_> = package
            .sections()
            .iter()
            .filter(kept)
            .map(|entry| {
                let bytes = match entry.tag {
                    Tag::STEPS => cast_slice(&self.steps),
                    Tag::TENSORS => cast_slice(&self.tensors),
                    Tag::DIMS => cast_slice(&self.dims),
                    tag => section(package, tag),
                };
                (entry.tag, entry.flags, bytes)
            })
            .collect();
        sections.push((Tag::weights(0), SECTION_CRITICAL, &self.weights));
        assemble(header, &self.kernels, &sections)
    }
}

/// The bytes of a section; none where it is missing.
fn section<'a>(package: &Package<'a>, tag: Tag) -> &'a [u8] {
    let entry = package.sections().iter().find(|entry| entry.tag == tag);
    let bytes = entry.and_then(|it| {
        package
            .bytes()
            .get(it.offset as usize..)?
            .get(..it.bytes as usize)
    });
    bytes.unwrap_or_default()
}

/// The bytes of a tensor among the weights.
fn constant<'a>(package: &Package<'a>, info: &TensorInfo<'a>) -> Option<&'a [u8]> {
    let Region::Weights(region) = info.region else {
        return None;
    };
    package
        .weights(region)?
        .get(info.offset..)?
        .get(..info.bytes)
}
