use bytemuck::cast_slice;
use cadet_format::{
    Header, KernelId, Layout, Package, Region, SECTION_CRITICAL, SectionEntry, Step, Tag, TargetId,
    Tensor, TensorInfo,
};
use cadet_kernels::Isa;

use crate::weights::{WEIGHTS, Weights, for_kernel, rows};
use crate::{AlignedBytes, assemble};

/// Alignment of weights and memory: a cache line.
const ALIGNMENT: u16 = 64;

/// The layout of int8 weights that the kernels for an instruction set read.
pub fn layout(isa: Isa) -> Layout {
    match isa {
        Isa::Baseline => Layout::Canonical,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx512(_) => Layout::BlockedPairs,
        _ => Layout::Blocked,
    }
}

/// The package with the weights of convolutions without groups and of fully connected layers in a layout, whatever theirs
/// is: those of int8 in `layout`, those of floats in the canonical one or in blocks. `None` where they lie so already. It
/// is for `target`, and unsigned: whoever lays one out anew has checked its signature before.
pub fn laid_out(package: &Package<'_>, target: TargetId, layout: Layout) -> Option<AlignedBytes> {
    let weights = movable(package);
    let mut moved = Vec::with_capacity(weights.len());
    for (row, weights) in weights.iter().enumerate() {
        moved.push(weights.as_ref().and_then(|weights| {
            let bytes = constant(package, &package.tensor(row as u16)?)?;
            weights.in_layout(bytes, layout)
        }));
    }
    if moved.iter().all(Option::is_none) {
        return None;
    }
    let mut content = Content::of(package, &moved);
    for step in &mut content.steps {
        let mut id = *package.kernels().get(usize::from(step.kernel))?;
        let row = package.step_inputs(step).get(WEIGHTS);
        let moved = row.and_then(|&row| moved.get(usize::from(row)));
        if moved.is_some_and(Option::is_some) {
            id = id.with_layout(for_kernel(id.dtype, layout));
        }
        // No kernel is asked for that no step has any more.
        let known = content.kernels.iter().position(|kernel| *kernel == id);
        let place = known.unwrap_or_else(|| {
            content.kernels.push(id);
            content.kernels.len() - 1
        });
        step.kernel = place as u16;
    }
    Some(AlignedBytes::copy_of(&content.write(package, target)))
}

/// Which tensors are weights of layers only that have a kernel for every layout.
fn movable(package: &Package<'_>) -> Vec<Option<Weights>> {
    let mut movable = vec![None; package.tensor_count()];
    let mut stays = vec![false; package.tensor_count()];
    let programs = 0..package.programs().len();
    for step in programs.filter_map(|it| package.steps(it)).flatten() {
        for (operand, &row) in package.step_inputs(step).iter().enumerate() {
            let row = usize::from(row);
            let weights = (operand == WEIGHTS)
                .then(|| Weights::of(package, step))
                .flatten();
            let (Some(known), Some(stay)) = (movable.get_mut(row), stays.get_mut(row)) else {
                continue;
            };
            match weights {
                Some(it) if known.as_ref().is_none_or(|known| *known == it) => *known = Some(it),
                _ => *stay = true,
            }
        }
    }
    let both = movable.into_iter().zip(stays);
    both.map(|(movable, stays)| movable.filter(|_| !stays))
        .collect()
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
    /// With the constants that are moved in their new layout.
    fn of(package: &Package<'_>, moved: &[Option<(Vec<usize>, Vec<u8>)>]) -> Content {
        let mut content = Content {
            kernels: Vec::new(),
            steps: rows(section(package, Tag::STEPS)),
            tensors: rows(section(package, Tag::TENSORS)),
            dims: rows(section(package, Tag::DIMS)),
            weights: Vec::new(),
        };
        // All constants move to the first region, each to a cache line of its own.
        for (row, moved) in moved.iter().enumerate() {
            let Some(info) = package.tensor(row as u16) else {
                continue;
            };
            match (moved, info.region) {
                (Some((extents, bytes)), _) => content.reshape(row, extents, bytes),
                (None, Region::Weights(_)) => {
                    content.place(row, constant(package, &info).unwrap_or_default());
                }
                (None, _) => {}
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

    fn reshape(&mut self, row: usize, extents: &[usize], bytes: &[u8]) {
        self.place(row, bytes);
        let tensor = &mut self.tensors[row];
        tensor.rank = extents.len() as u8;
        tensor.first_dim = self.dims.len() as u32;
        let extents = extents.iter().map(|&extent| extent as u32);
        self.dims.extend(extents);
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
