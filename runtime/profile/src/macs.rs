use bytemuck::{Pod, pod_read_unaligned};
use cadet_format::{
    Conv2dAddF32, Conv2dAddI8, Conv2dF32, Conv2dI8, DepthwiseConv2dF32, DepthwiseConv2dI8,
    KernelId, MatMul, MatMulI8, Numerics, Opcode, Package, Step, TensorInfo, Window,
};

/// Multiplications with weights (of two activations in a matrix product) that a step makes, padding included; 0 for
/// kernels that make none.
pub fn macs(package: &Package<'_>, step: &Step) -> u64 {
    products(package, step).unwrap_or(0)
}

fn products(package: &Package<'_>, step: &Step) -> Option<u64> {
    let id = package.kernels().get(usize::from(step.kernel))?;
    let input = |index: usize| package.tensor(*package.step_inputs(step).get(index)?);
    let output = package.tensor(*package.step_outputs(step).first()?)?;
    let params = package.params_of(step)?;
    let is_quantised = id.numerics != Numerics::None as u8;
    let elements = output.elements() as u64;
    Some(match Opcode::from_u16(id.opcode)? {
        Opcode::Conv2d | Opcode::Conv2dCompressed => {
            let (window, groups) = match is_quantised {
                false => of::<Conv2dF32>(params).map(|it| (it.window, it.groups)),
                true => of::<Conv2dI8>(params).map(|it| (it.window, it.groups)),
            }?;
            elements * taps(&window) * last(&input(0)?).checked_div(groups.into())?
        }
        Opcode::Conv2dAdd => {
            let (window, groups) = match is_quantised {
                false => of::<Conv2dAddF32>(params).map(|it| (it.layer.window, it.layer.groups)),
                true => of::<Conv2dAddI8>(params).map(|it| (it.layer.window, it.layer.groups)),
            }?;
            elements * taps(&window) * last(&input(0)?).checked_div(groups.into())?
        }
        Opcode::DepthwiseConv2d | Opcode::DepthwiseConv2dCompressed => {
            let window = match is_quantised {
                false => of::<DepthwiseConv2dF32>(params)?.window,
                true => of::<DepthwiseConv2dI8>(params)?.window,
            };
            elements * taps(&window)
        }
        Opcode::FullyConnected
        | Opcode::FullyConnectedAdd
        | Opcode::FullyConnectedCompressed
        | Opcode::Linear => elements * last(&input(0)?),
        Opcode::Conv | Opcode::ConvInteger => per_pixel(&output, &input(1)?)?,
        Opcode::ConvTranspose => per_pixel(&input(0)?, &input(1)?)?,
        Opcode::MatMul => elements * depth(id, params, &input(0)?)?,
        Opcode::Lstm | Opcode::Gru | Opcode::Rnn => {
            let vectors = (input(0)?.elements() as u64).checked_div(last(&input(0)?))?;
            vectors * (input(1)?.elements() + input(2)?.elements()) as u64
        }
        _ => 0,
    })
}

fn of<P: Pod>(params: &[u8]) -> Option<P> {
    (params.len() == size_of::<P>()).then(|| pod_read_unaligned(params))
}

fn taps(window: &Window) -> u64 {
    window.kernel.iter().map(|&it| u64::from(it)).product()
}

fn last(tensor: &TensorInfo<'_>) -> u64 {
    tensor.dims.last().map_or(1, |&it| it.into())
}

/// Summands of each element of a matrix product.
fn depth(id: &KernelId, params: &[u8], a: &TensorInfo<'_>) -> Option<u64> {
    let is_quantised = id.numerics != Numerics::None as u8;
    let matmul = match is_quantised {
        false => of::<MatMul>(params)?,
        true => of::<MatMulI8>(params)?.matmul,
    };
    let axis = usize::from(matmul.transpose_a != 0);
    let extent = a.dims.iter().rev().nth(axis);
    Some(extent.map_or(1, |&it| it.into()))
}

/// Where every pixel meets every weight.
fn per_pixel(pixels: &TensorInfo<'_>, weights: &TensorInfo<'_>) -> Option<u64> {
    (pixels.elements() as u64 * weights.elements() as u64).checked_div(last(pixels))
}
