use std::collections::HashMap;

use bytemuck::Pod;
use cadet_format::{
    AddF32, AddI8, Conv2dAddF32, Conv2dAddI8, Conv2dF32, Conv2dI8, DType, FullyConnectedAddF32,
    FullyConnectedAddI8, FullyConnectedF32, FullyConnectedI8, KernelId, Linear, NO_TENSOR,
    Numerics, Opcode, SUMMAND,
};

use super::emitter::{Lowered, LoweredStep, LoweredTensor, block};
use super::in_place::drop_unused_kernels;
use super::storage::{Demand, Home};
use super::strips;
use crate::error::CompileError;
use crate::options::{Options, Strips};

/// Cuts layers into strips where that is asked for, and folds sums. Strips keep their sums apart: where they are to save
/// memory and sums alone save as much, there are none.
///
/// # Errors
/// Those of [`strips::cut`].
pub(super) fn cut_and_fold(
    lowered: &mut Lowered,
    homes: &mut Vec<Option<Home>>,
    options: &Options,
) -> Result<(), CompileError> {
    let without_strips = (options.strips == Strips::Whole).then(|| {
        let (mut lowered, mut homes) = (lowered.clone(), homes.clone());
        fold_sums(&mut lowered, &mut homes, options);
        (lowered, homes)
    });
    strips::cut(lowered, homes, options)?;
    fold_sums(lowered, homes, options);
    let bound = |lowered: &Lowered, homes: &[_]| Demand::of(lowered, homes, options).lower_bound();
    if let Some((whole, whole_homes)) = without_strips
        && bound(&whole, &whole_homes) <= bound(lowered, homes)
    {
        (*lowered, *homes) = (whole, whole_homes);
    }
    Ok(())
}

/// Makes sums part of the layers whose results they add (residual connections): a layer adds what lies where its output
/// goes, so that neither its own result is ever in memory nor the sum a step. What is added has to be read for the last
/// time there.
fn fold_sums(lowered: &mut Lowered, homes: &mut Vec<Option<Home>>, options: &Options) {
    if !(options.fuse && options.overlap) {
        return;
    }
    let kept = match options.keep_inputs {
        true => [&lowered.inputs[..], &lowered.outputs].concat(),
        false => lowered.outputs.clone(),
    };
    let mut number = 0;
    while number < lowered.steps.len() {
        match Fold::find(lowered, homes, &kept, number) {
            // The steps behind move up.
            Some(fold) => fold.write(lowered, homes),
            None => number += 1,
        }
    }
    drop_unused_kernels(lowered);
    strips::drop_unused(lowered, homes);
}

/// A sum and the layer that takes it in.
struct Fold {
    layer: usize,
    sum: usize,
    /// Row of what is added to the layer's result.
    summand: u16,
    kernel: KernelId,
    params: Vec<u8>,
}

/// Where a buffer is written and read.
#[derive(Default)]
struct Use {
    writers: Vec<usize>,
    readers: Vec<usize>,
    /// Whether only a part of it is, somewhere.
    is_cut: bool,
}

impl Fold {
    /// The layer for the sum that step `sum` is; `None` where it is none or there is none. Rows that are `kept` are read
    /// after the last step.
    fn find(lowered: &Lowered, homes: &[Option<Home>], kept: &[u16], sum: usize) -> Option<Fold> {
        let step = &lowered.steps[sum];
        let kernel = lowered.kernels[usize::from(step.kernel)];
        let ([a, b], [output]) = (&step.inputs[..], &step.outputs[..]) else {
            return None;
        };
        if kernel.opcode != Opcode::Add as u16 {
            return None;
        }
        let home = |row: u16| homes.get(usize::from(row)).copied().flatten();
        let buffers = [*a, *b, *output].map(|row| home(row).map(|home| home.buffer));
        let [Some(of_a), Some(of_b), Some(of_output)] = buffers else {
            return None;
        };
        let tensor = |row: u16| &lowered.tensors[usize::from(row)];
        let is_broadcast = [a, b]
            .iter()
            .any(|&&it| tensor(it).len() != tensor(*output).len());
        let uses = uses(lowered, homes);
        let of = |buffer: usize| uses.get(&buffer).filter(|it| !it.is_cut);
        let (use_a, use_b, use_output) = (of(of_a)?, of(of_b)?, of(of_output)?);
        if is_broadcast || of_a == of_b || use_output.writers != [sum] {
            return None;
        }
        // The one that is made last: the other is there by then.
        let written = |it: &Use| it.writers.iter().max().copied();
        let is_a = written(use_a) > written(use_b);
        let (made, held) = if is_a { (use_a, use_b) } else { (use_b, use_a) };
        let (made_buffer, held_buffer) = if is_a { (of_a, of_b) } else { (of_b, of_a) };
        let [layer] = made.writers[..] else {
            return None;
        };
        let is_kept = |buffer: usize| {
            let mut kept = kept.iter();
            kept.any(|&row| home(row).is_some_and(|home| home.buffer == buffer))
        };
        let is_last_read = held.readers.iter().all(|&it| it < layer || it == sum);
        let reads_held = lowered.steps[layer].inputs.iter();
        let mut reads_held = reads_held.filter_map(|&row| home(row));
        if made.readers != [sum]
            || !is_last_read
            || reads_held.any(|home| home.buffer == held_buffer)
            || is_kept(made_buffer)
            || is_kept(held_buffer)
        {
            return None;
        }
        let (kernel, params) = joined(lowered, layer, sum, !is_a)?;
        Some(Fold {
            layer,
            sum,
            summand: if is_a { *b } else { *a },
            kernel,
            params,
        })
    }

    fn write(self, lowered: &mut Lowered, homes: &mut Vec<Option<Home>>) {
        let sum = lowered.steps.remove(self.sum);
        let result = usize::from(lowered.steps[self.layer].outputs[0]);
        let total = usize::from(sum.outputs[0]);
        // The sum, with the extents that the layer gives its result.
        let tensor = LoweredTensor {
            dims: lowered.tensors[result].dims.clone(),
            ..lowered.tensors[total].clone()
        };
        let row = if tensor == lowered.tensors[total] {
            sum.outputs[0]
        } else {
            lowered.tensors.push(tensor);
            homes.push(homes[total]);
            (lowered.tensors.len() - 1) as u16
        };
        let held = homes[usize::from(self.summand)];
        let buffer = |home: Option<Home>| home.map(|home| home.buffer);
        let (from, result_buffer) = (buffer(homes[total]), buffer(homes[result]));
        for home in homes.iter_mut().filter(|home| buffer(**home) == from) {
            *home = held;
        }
        lowered
            .activations
            .retain(|&(_, row, _)| result_buffer != buffer(homes[usize::from(row)]));
        for (_, _, step) in &mut lowered.activations {
            *step = step.map(|step| match step {
                it if it == self.sum => self.layer,
                it if it > self.sum => it - 1,
                it => it,
            });
        }
        let known = lowered.kernels.iter().position(|it| *it == self.kernel);
        let kernel = known.unwrap_or_else(|| {
            lowered.kernels.push(self.kernel);
            lowered.kernels.len() - 1
        });
        let step = &mut lowered.steps[self.layer];
        step.op = match step.op {
            "Conv" => "Conv+Add",
            _ => "Gemm+Add",
        };
        step.kernel = kernel as u16;
        step.params = self.params;
        step.inputs.resize(SUMMAND, NO_TENSOR);
        step.inputs.push(self.summand);
        // Scratch memory behind the result stays.
        step.outputs[0] = row;
    }
}

/// Where each buffer is written and read; inputs of the model are written before all steps, by none.
fn uses(lowered: &Lowered, homes: &[Option<Home>]) -> HashMap<usize, Use> {
    let mut uses: HashMap<usize, Use> = HashMap::new();
    let mut add = |row: u16, note: &dyn Fn(&mut Use)| {
        let Some(home) = homes.get(usize::from(row)).copied().flatten() else {
            return;
        };
        let found = uses.entry(home.buffer).or_default();
        found.is_cut |= home.offset != 0 || lowered.tensors[usize::from(row)].is_part;
        note(found);
    };
    for (number, step) in lowered.steps.iter().enumerate() {
        for &row in &step.inputs {
            add(row, &|it| it.readers.push(number));
        }
        for &row in &step.outputs {
            add(row, &|it| it.writers.push(number));
        }
    }
    uses
}

/// The kernel of a layer with a sum, and its parameters; `is_second` says that the layer's result is the sum's second
/// operand.
fn joined(
    lowered: &Lowered,
    layer: usize,
    sum: usize,
    is_second: bool,
) -> Option<(KernelId, Vec<u8>)> {
    let kernel = |step: &LoweredStep| lowered.kernels[usize::from(step.kernel)];
    let (layer, sum) = (&lowered.steps[layer], &lowered.steps[sum]);
    let (id, of_sum) = (kernel(layer), kernel(sum));
    // Single rounding is that of layers only.
    let numerics = match Numerics::from_u8(id.numerics)? {
        Numerics::TfliteSingle => Numerics::Tflite,
        numerics => numerics,
    };
    if id.dtype != of_sum.dtype || numerics as u8 != of_sum.numerics {
        return None;
    }
    let is_float = DType::from_u8(id.dtype)? == DType::F32;
    let (opcode, params) = match (Opcode::from_u16(id.opcode)?, is_float) {
        (Opcode::Conv2d, true) => {
            let (layer, sum) = (of::<Conv2dF32>(layer)?, of::<AddF32>(sum)?);
            (Opcode::Conv2dAdd, block(Conv2dAddF32 { layer, sum }))
        }
        (Opcode::Conv2d, false) => {
            let (layer, sum) = (of::<Conv2dI8>(layer)?, of_layer_first(sum, is_second)?);
            (Opcode::Conv2dAdd, block(Conv2dAddI8 { layer, sum }))
        }
        (Opcode::FullyConnected, true) => {
            let (layer, sum) = (of::<FullyConnectedF32>(layer)?, of::<AddF32>(sum)?);
            let params = block(FullyConnectedAddF32 { layer, sum });
            (Opcode::FullyConnectedAdd, params)
        }
        (Opcode::FullyConnected, false) => {
            let (layer, sum) = (
                of::<FullyConnectedI8>(layer)?,
                of_layer_first(sum, is_second)?,
            );
            let params = block(FullyConnectedAddI8 { layer, sum });
            (Opcode::FullyConnectedAdd, params)
        }
        (Opcode::Linear, true) => {
            let (layer, sum) = (of::<Linear>(layer)?, of::<AddF32>(sum)?);
            let clamp = [sum.clamp.min, sum.clamp.max];
            if clamp != [f32::NEG_INFINITY, f32::INFINITY] {
                return None;
            }
            (Opcode::Linear, block(Linear { adds: 1, ..layer }))
        }
        _ => return None,
    };
    let opcode = opcode as u16;
    Some((KernelId { opcode, ..id }, params))
}

/// The parameters of a sum whose first operand is the layer's result; the order of two summands does not matter.
fn of_layer_first(sum: &LoweredStep, is_second: bool) -> Option<AddI8> {
    let mut params: AddI8 = of(sum)?;
    if is_second {
        core::mem::swap(&mut params.a, &mut params.b);
        core::mem::swap(&mut params.quant.input_zero_point, &mut params.b_zero_point);
    }
    Some(params)
}

fn of<P: Pod>(step: &LoweredStep) -> Option<P> {
    bytemuck::try_pod_read_unaligned(&step.params).ok()
}
