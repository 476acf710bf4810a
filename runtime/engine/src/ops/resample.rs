//! Steps that interpolate between elements.

use cadet_format::{
    AffineGrid, BlockAxis, Col2Im, Error, GridSample, ResampleF32, ResampleI8, RoiAlign,
};
use cadet_kernels::{
    affine_grid as placing, col2im as folding, grid_sample as sampling, resample as resampling,
    roi_align as pooling,
};

use super::convert::{contract, indices, product};
use crate::{Context, Element};

pub(crate) fn resample_f32(context: &Context<'_>) -> Result<(), Error> {
    let params: ResampleF32 = context.params()?;
    let op = resample(context, params.axis, params.axes, params.outside)?;
    resampling::f32(&op).map_err(contract)
}

pub(crate) fn resample_i8(context: &Context<'_>) -> Result<(), Error> {
    let params: ResampleI8 = context.params()?;
    let outside = i8::try_from(params.outside).map_err(|_| Error::KernelContract)?;
    let op = resample(context, params.axis, params.axes, outside)?;
    resampling::i8(&op, params.zero_point).map_err(contract)
}

fn resample<'a, T: Element>(
    context: &Context<'a>,
    axis: u32,
    axes: u32,
    outside: T,
) -> Result<resampling::Resample<'a, T>, Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    let (input_shape, output_shape) = (input.extents()?, output.extents()?);
    let (outer, input_extents, inner) = parted(&input_shape, axis, axes)?;
    let (output_outer, output_extents, output_inner) = parted(&output_shape, axis, axes)?;
    if outer != output_outer || inner != output_inner {
        return Err(Error::KernelContract);
    }
    let mut tables = [None; 3];
    let behind = tables.iter_mut().rev().take(axes as usize).rev();
    for (axis, slot) in behind.enumerate() {
        let first = context.optional_input(1 + 2 * axis)?;
        let weights = context.optional_input(2 + 2 * axis)?;
        if let (Some(first), Some(weights)) = (first, weights) {
            *slot = Some(resampling::Table {
                first: first.constant()?,
                weights: weights.constant()?,
            });
        }
    }
    Ok(resampling::Resample {
        outer,
        input_extents,
        output_extents,
        inner,
        tables,
        outside,
        input: input.cells()?,
        output: output.cells()?,
    })
}

/// Elements before `axes` axes from `axis`, depth, height and width of those, and elements behind.
fn parted(shape: &[usize], axis: u32, axes: u32) -> Result<(usize, [usize; 3], usize), Error> {
    let parted = shape.split_at_checked(axis as usize);
    let (before, rest) = parted.ok_or(Error::KernelContract)?;
    let parted = rest.split_at_checked(axes as usize);
    let (changed, behind) = parted.ok_or(Error::KernelContract)?;
    Ok((product(before), spatial(changed)?, product(behind)))
}

/// Depth, height and width of up to three axes; those that are not there have one element.
fn spatial(extents: &[usize]) -> Result<[usize; 3], Error> {
    match *extents {
        [width] => Ok([1, 1, width]),
        [height, width] => Ok([1, height, width]),
        [depth, height, width] => Ok([depth, height, width]),
        _ => Err(Error::KernelContract),
    }
}

pub(crate) fn grid_sample(context: &Context<'_>) -> Result<(), Error> {
    let params: GridSample = context.params()?;
    let (input, grid, output) = (context.input(0)?, context.input(1)?, context.output(0)?);
    let (shape, grid_shape) = (input.extents()?, grid.extents()?);
    let &[batch, ref extents @ .., channels] = &shape[..] else {
        return Err(Error::KernelContract);
    };
    let &[_, ref points @ .., axes] = &grid_shape[..] else {
        return Err(Error::KernelContract);
    };
    sampling::f32(&sampling::GridSample {
        batch,
        extents: spatial(extents)?,
        channels,
        points: product(points),
        axes,
        mode: match params.mode {
            0 => sampling::Mode::Nearest,
            1 => sampling::Mode::Linear,
            2 => sampling::Mode::Cubic,
            _ => return Err(Error::KernelContract),
        },
        padding: match params.padding {
            0 => sampling::Padding::Zeros,
            1 => sampling::Padding::Border,
            2 => sampling::Padding::Reflection,
            _ => return Err(Error::KernelContract),
        },
        align_corners: params.align_corners != 0,
        input: input.cells()?,
        grid: grid.source()?,
        output: output.cells()?,
    })
    .map_err(contract)
}

pub(crate) fn affine_grid(context: &Context<'_>) -> Result<(), Error> {
    let params: AffineGrid = context.params()?;
    let (theta, output) = (context.input(0)?, context.output(0)?);
    let shape = output.extents()?;
    let &[batch, ref extents @ .., axes] = &shape[..] else {
        return Err(Error::KernelContract);
    };
    placing::f32(&placing::AffineGrid {
        batch,
        extents: spatial(extents)?,
        axes,
        align_corners: params.align_corners != 0,
        theta: theta.source()?,
        output: output.cells()?,
    })
    .map_err(contract)
}

pub(crate) fn roi_align(context: &Context<'_>) -> Result<(), Error> {
    let params: RoiAlign = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let (input_shape, output_shape) = (input.extents()?, output.extents()?);
    let (&[n, h, w, c], &[regions, rows, columns, channels]) =
        (&input_shape[..], &output_shape[..])
    else {
        return Err(Error::KernelContract);
    };
    if c != channels {
        return Err(Error::KernelContract);
    }
    pooling::f32(&pooling::RoiAlign {
        input_shape: [n, h, w, c],
        output_shape: [regions, rows, columns],
        spatial_scale: params.spatial_scale,
        samples: params.samples as usize,
        half_pixel: params.half_pixel != 0,
        max: params.max != 0,
        input: input.cells()?,
        regions: context.input(1)?.source()?,
        images: indices(&context.input(2)?)?,
        output: output.cells()?,
    })
    .map_err(contract)
}

pub(crate) fn col2im(context: &Context<'_>) -> Result<(), Error> {
    let params: Col2Im = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let shape = output.extents()?;
    let &[batch, channels, ref extents @ ..] = &shape[..] else {
        return Err(Error::KernelContract);
    };
    let [depth, height, width] = spatial(extents)?;
    let [d, h, w] = params.axes;
    folding::f32(&folding::Col2Im {
        planes: product(&[batch, channels]),
        axes: [blocks(depth, d), blocks(height, h), blocks(width, w)],
        input: input.cells()?,
        output: output.cells()?,
    })
    .map_err(contract)
}

fn blocks(image: usize, axis: BlockAxis) -> folding::BlockAxis {
    folding::BlockAxis {
        image,
        block: axis.block as usize,
        columns: axis.columns as usize,
        stride: axis.stride as usize,
        dilation: axis.dilation as usize,
        pad: axis.pad as usize,
    }
}
