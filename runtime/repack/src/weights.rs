//! Weights of one tensor, from layout to layout.

use bytemuck::{Pod, cast_slice, pod_read_unaligned};
use cadet_format::{
    Conv2dAddF32, Conv2dAddI8, Conv2dF32, Conv2dI8, DType, Layout, NO_TENSOR, Opcode, Package,
    Region, Step, TensorInfo,
};
use cadet_kernels::blocked::{
    CHANNELS, LANE, PAIR, f32_len, i8_len, pack_f32, pack_i8, pack_pairs, pairs_len, runs,
    unpack_f32, unpack_i8, unpack_pairs,
};
use cadet_kernels::{Widen, f16};

/// Which operand of a layer holds its weights, and which their zero points.
pub(crate) const WEIGHTS: usize = 1;
const ZERO_POINTS: usize = 4;

/// Weights of a layer that has a kernel for every layout.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Weights {
    /// As they lie in the package.
    layout: u8,
    /// Extents of the canonical layout, outputs first.
    canonical: Vec<usize>,
    /// [runs] of the rest.
    runs: [usize; 2],
    /// What they are stored as, and whether sums are floats.
    dtype: DType,
    is_float: bool,
}

/// How a kernel's weights lie where int8 ones are in `layout`: floats have one layout in blocks.
pub(crate) fn for_kernel(dtype: u8, layout: Layout) -> Layout {
    of_sums(DType::from_u8(dtype) == Some(DType::F32), layout)
}

fn of_sums(are_float: bool, layout: Layout) -> Layout {
    match layout {
        Layout::BlockedPairs if are_float => Layout::Blocked,
        layout => layout,
    }
}

impl Weights {
    /// The weights of a step; `None` where its kernel has no other layout for them.
    pub(crate) fn of(package: &Package<'_>, step: &Step) -> Option<Weights> {
        let inputs = package.step_inputs(step);
        let id = package.kernels().get(usize::from(step.kernel))?;
        let [input, weights] = [0, WEIGHTS].map(|at| package.tensor(*inputs.get(at)?));
        let (input, weights) = (input?, weights?);
        let output = package.tensor(*package.step_outputs(step).first()?)?;
        let (opcode, dtype) = (Opcode::from_u16(id.opcode)?, DType::from_u8(id.dtype)?);
        let has_zero_points = inputs.get(ZERO_POINTS).is_some_and(|&row| row != NO_TENSOR);
        let is_constant = matches!(weights.region, Region::Weights(_));
        if has_zero_points || !is_constant || !is_stored_so(opcode, dtype, weights.dtype) {
            return None;
        }
        let [outputs, inputs] = [&output, &input].map(|it| Some(*it.dims.last()? as usize));
        let (outputs, inputs) = (outputs?, inputs?);
        let params = package.params_of(step).unwrap_or_default();
        let (window, groups) = match (opcode, dtype) {
            (Opcode::Conv2d | Opcode::Conv2dCompressed, DType::F32) => {
                let params: Conv2dF32 = of(params)?;
                (Some(params.window), params.groups)
            }
            (Opcode::Conv2d, DType::I8) => {
                let params: Conv2dI8 = of(params)?;
                (Some(params.window), params.groups)
            }
            (Opcode::Conv2dAdd, DType::F32) => {
                let Conv2dAddF32 { layer, .. } = of(params)?;
                (Some(layer.window), layer.groups)
            }
            (Opcode::Conv2dAdd, DType::I8) => {
                let Conv2dAddI8 { layer, .. } = of(params)?;
                (Some(layer.window), layer.groups)
            }
            _ => (None, 1),
        };
        let (canonical, runs) = match window {
            None => (vec![outputs, inputs], [1, inputs]),
            Some(window) => {
                let [rows, columns] = window.kernel.map(|it| it as usize);
                let dilation = window.dilation.map(|it| it as usize);
                rows.checked_mul(columns)?.checked_mul(inputs)?;
                (
                    vec![outputs, rows, columns, inputs],
                    runs([rows, columns], dilation, inputs),
                )
            }
        };
        let found = Weights {
            layout: id.layout,
            canonical,
            runs,
            dtype: weights.dtype,
            is_float: dtype == DType::F32,
        };
        (groups == 1 && found.is_length(&weights)).then_some(found)
    }

    /// Outputs and depth.
    fn extents(&self) -> [usize; 2] {
        [self.canonical[0], self.runs[0] * self.runs[1]]
    }

    /// Whether the tensor is as long as such weights are.
    fn is_length(&self, tensor: &TensorInfo<'_>) -> bool {
        let [outputs, depth] = self.extents();
        let elements = match (self.is_float, self.layout) {
            (_, CANONICAL) => outputs.checked_mul(depth),
            (true, BLOCKED) => f32_len(outputs, depth),
            (false, BLOCKED) => i8_len(outputs, depth),
            (false, PAIRS) => pairs_len(outputs, self.runs),
            _ => None,
        };
        elements == Some(tensor.elements())
    }

    /// Extents and bytes where int8 weights are in `layout`; `None` where they lie so already.
    pub(crate) fn in_layout(&self, bytes: &[u8], layout: Layout) -> Option<(Vec<usize>, Vec<u8>)> {
        let layout = of_sums(self.is_float, layout);
        if layout as u8 == self.layout {
            return None;
        }
        let [outputs, depth] = self.extents();
        let blocks = outputs.div_ceil(CHANNELS);
        let extents = match layout {
            Layout::Canonical => self.canonical.clone(),
            Layout::Blocked if self.is_float => vec![blocks, depth, CHANNELS],
            Layout::Blocked => vec![blocks, depth.div_ceil(LANE), CHANNELS, LANE],
            Layout::BlockedPairs => {
                let [runs, length] = self.runs;
                vec![blocks, runs, length.div_ceil(PAIR), CHANNELS, PAIR]
            }
        };
        let bytes = match (self.is_float, self.dtype) {
            (false, _) => self.integers(bytes, layout)?,
            (true, DType::F16) => self.floats::<f16>(bytes, layout)?,
            (true, DType::I8) => self.floats::<i8>(bytes, layout)?,
            (true, _) => self.floats::<f32>(bytes, layout)?,
        };
        Some((extents, bytes))
    }

    fn floats<W: Pod + Widen>(&self, bytes: &[u8], layout: Layout) -> Option<Vec<u8>> {
        let [outputs, depth] = self.extents();
        let mut canonical = rows::<W>(bytes);
        if self.layout != CANONICAL {
            let packed = core::mem::replace(&mut canonical, vec![W::default(); outputs * depth]);
            unpack_f32(&packed, outputs, depth, &mut canonical).ok()?;
        }
        if layout != Layout::Canonical {
            let mut packed = vec![W::default(); f32_len(outputs, depth)?];
            pack_f32(&canonical, outputs, depth, &mut packed).ok()?;
            canonical = packed;
        }
        Some(cast_slice(&canonical).to_vec())
    }

    fn integers(&self, bytes: &[u8], layout: Layout) -> Option<Vec<u8>> {
        let ([outputs, depth], bytes) = (self.extents(), cast_slice(bytes));
        let mut canonical = vec![0i8; outputs * depth];
        match self.layout {
            CANONICAL => canonical.copy_from_slice(bytes),
            BLOCKED => unpack_i8(bytes, outputs, depth, &mut canonical).ok()?,
            _ => unpack_pairs(bytes, outputs, self.runs, &mut canonical).ok()?,
        }
        let mut packed = match layout {
            Layout::Canonical => return Some(cast_slice(&canonical).to_vec()),
            Layout::Blocked => vec![0; i8_len(outputs, depth)?],
            Layout::BlockedPairs => vec![0; pairs_len(outputs, self.runs)?],
        };
        match layout {
            Layout::BlockedPairs => pack_pairs(&canonical, outputs, self.runs, &mut packed),
            _ => pack_i8(&canonical, outputs, depth, &mut packed),
        }
        .ok()?;
        Some(cast_slice(&packed).to_vec())
    }
}

const CANONICAL: u8 = Layout::Canonical as u8;
const BLOCKED: u8 = Layout::Blocked as u8;
const PAIRS: u8 = Layout::BlockedPairs as u8;

/// Whether a kernel in blocks takes weights of this type.
fn is_stored_so(opcode: Opcode, dtype: DType, weights: DType) -> bool {
    match (opcode, dtype) {
        (
            Opcode::Conv2d | Opcode::Conv2dAdd | Opcode::FullyConnected | Opcode::FullyConnectedAdd,
            DType::F32 | DType::I8,
        ) => weights == dtype,
        (Opcode::Conv2dCompressed | Opcode::FullyConnectedCompressed, DType::F32) => {
            matches!(weights, DType::F16 | DType::I8)
        }
        _ => false,
    }
}

fn of<P: Pod>(params: &[u8]) -> Option<P> {
    (params.len() == size_of::<P>()).then(|| pod_read_unaligned(params))
}

/// The elements of a table, wherever it lies.
pub(crate) fn rows<T: Pod>(bytes: &[u8]) -> Vec<T> {
    let rows = bytes.chunks_exact(size_of::<T>());
    rows.map(pod_read_unaligned).collect()
}
