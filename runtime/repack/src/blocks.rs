use bytemuck::{Pod, cast_slice, pod_read_unaligned};
use cadet_format::{
    Conv2dF32, Conv2dI8, DType, Header, KernelId, Layout, NO_TENSOR, Opcode, Package, Region,
    SECTION_CRITICAL, SectionEntry, Step, Tag, TargetId, Tensor, TensorInfo,
};
use cadet_kernels::Isa;
use cadet_kernels::blocked::{
    CHANNELS, LANE, PAIR, f32_len, i8_len, pack_f32, pack_i8, pack_pairs, pairs_len, runs,
};

use crate::assemble;

/// Alignment of weights and memory: a cache line.
const ALIGNMENT: u16 = 64;
/// Which operand of a layer holds its weights, and which their zero points.
const WEIGHTS: usize = 1;
const ZERO_POINTS: usize = 4;

/// The layout of int8 weights that the kernels for an instruction set read.
pub fn layout(isa: Isa) -> Layout {
    match isa {
        Isa::Baseline => Layout::Canonical,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx512(_) => Layout::BlockedPairs,
        _ => Layout::Blocked,
    }
}

/// The package with the weights of convolutions without groups and of fully connected layers in blocks, those of int8
/// in this layout; `None` where it has none, and where the layout is the canonical one. It is for `target`, and
/// unsigned: whoever repacks one has checked its signature before.
pub fn blocked(package: &Package<'_>, target: TargetId, layout: Layout) -> Option<Vec<u8>> {
    let tensors = packable(package);
    if layout == Layout::Canonical || tensors.iter().all(Option::is_none) {
        return None;
    }
    let mut content = Content::of(package, &tensors);
    for (row, runs) in tensors.iter().enumerate() {
        if let Some(runs) = *runs {
            content.pack(package, row, runs, layout)?;
        }
    }
    for step in &mut content.steps {
        let weights = package.step_inputs(step).get(WEIGHTS);
        let weights = weights.and_then(|&row| tensors.get(usize::from(row)));
        if weights.is_some_and(Option::is_some) {
            let id = package.kernels().get(usize::from(step.kernel))?;
            let id = id.with_layout(match DType::from_u8(id.dtype) {
                Some(DType::F32) => Layout::Blocked,
                _ => layout,
            });
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

/// Which tensors are weights that go into blocks, those of layers only that have a kernel for it, with their
/// [runs].
fn packable(package: &Package<'_>) -> Vec<Option<[usize; 2]>> {
    let mut packs = vec![None; package.tensor_count()];
    let mut stays = vec![false; package.tensor_count()];
    let programs = 0..package.programs().len();
    for step in programs.filter_map(|it| package.steps(it)).flatten() {
        for (operand, &row) in package.step_inputs(step).iter().enumerate() {
            let row = usize::from(row);
            let runs = (operand == WEIGHTS)
                .then(|| runs_of(package, step))
                .flatten();
            let (Some(known), Some(stay)) = (packs.get_mut(row), stays.get_mut(row)) else {
                continue;
            };
            match runs {
                Some(runs) if known.is_none_or(|known| known == runs) => *known = Some(runs),
                _ => *stay = true,
            }
        }
    }
    let both = packs.into_iter().zip(stays);
    both.map(|(packs, stays)| packs.filter(|_| !stays))
        .collect()
}

/// The [runs] of a step's weights, where its kernel has a variant on blocks.
fn runs_of(package: &Package<'_>, step: &Step) -> Option<[usize; 2]> {
    let inputs = package.step_inputs(step);
    let has_zero_points = inputs.get(ZERO_POINTS).is_some_and(|&row| row != NO_TENSOR);
    let id = package.kernels().get(usize::from(step.kernel))?;
    let weights = inputs.get(WEIGHTS).and_then(|&row| package.tensor(row))?;
    let dtype = DType::from_u8(id.dtype)?;
    let is_constant = matches!(weights.region, Region::Weights(_)) && weights.dtype == dtype;
    if id.layout != Layout::Canonical as u8 || has_zero_points || !is_constant {
        return None;
    }
    let params = package.params_of(step).unwrap_or_default();
    let (window, groups) = match (Opcode::from_u16(id.opcode)?, dtype) {
        (Opcode::Conv2d, DType::F32) => of::<Conv2dF32>(params).map(|it| (it.window, it.groups))?,
        (Opcode::Conv2d, DType::I8) => of::<Conv2dI8>(params).map(|it| (it.window, it.groups))?,
        (Opcode::FullyConnected, DType::F32 | DType::I8) => {
            let [_, inputs] = extents(&weights)?;
            return Some([1, inputs]);
        }
        _ => return None,
    };
    let taps = [0, 1].map(|axis| window.kernel[axis] as usize);
    let [_, depth] = extents(&weights)?;
    let channels = depth.checked_div(taps[0].checked_mul(taps[1])?)?;
    let dilation = window.dilation.map(|it| it as usize);
    (groups == 1).then(|| runs(taps, dilation, channels))
}

/// Outputs and depth of weights.
fn extents(weights: &TensorInfo<'_>) -> Option<[usize; 2]> {
    let outputs = *weights.dims.first()? as usize;
    Some([outputs, weights.elements().checked_div(outputs)?])
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
    fn of(package: &Package<'_>, packable: &[Option<[usize; 2]>]) -> Content {
        let mut content = Content {
            kernels: package.kernels().to_vec(),
            steps: rows(section(package, Tag::STEPS)),
            tensors: rows(section(package, Tag::TENSORS)),
            dims: rows(section(package, Tag::DIMS)),
            weights: Vec::new(),
        };
        // All constants move to the first region, each to a cache line of its own.
        for row in (0..content.tensors.len()).filter(|&row| packable[row].is_none()) {
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
    fn pack(
        &mut self,
        package: &Package<'_>,
        row: usize,
        runs: [usize; 2],
        layout: Layout,
    ) -> Option<()> {
        let info = package.tensor(row as u16)?;
        let bytes = constant(package, &info)?;
        let [outputs, depth] = extents(&info)?;
        let blocks = outputs.div_ceil(CHANNELS);
        let extents = if info.dtype == DType::F32 {
            let mut packed = vec![0f32; f32_len(outputs, depth)?];
            pack_f32(&rows::<f32>(bytes), outputs, depth, &mut packed).ok()?;
            self.place(row, cast_slice(&packed));
            vec![blocks, depth, CHANNELS]
        } else if layout == Layout::BlockedPairs {
            let mut packed = vec![0i8; pairs_len(outputs, runs)?];
            pack_pairs(cast_slice(bytes), outputs, runs, &mut packed).ok()?;
            self.place(row, cast_slice(&packed));
            vec![blocks, runs[0], runs[1].div_ceil(PAIR), CHANNELS, PAIR]
        } else {
            let mut packed = vec![0i8; i8_len(outputs, depth)?];
            pack_i8(cast_slice(bytes), outputs, depth, &mut packed).ok()?;
            self.place(row, cast_slice(&packed));
            vec![blocks, depth.div_ceil(LANE), CHANNELS, LANE]
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
