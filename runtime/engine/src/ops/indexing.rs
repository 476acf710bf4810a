//! Steps whose operands say where elements lie.

use bytemuck::Pod;
use cadet_format::{
    Error, Gather, GatherElements, OneHot, Reduction, ScatterElements, ScatterNd, TensorScatter,
};
use cadet_kernels::{
    Number, gather as gathering, gather_elements as picking, one_hot as encoding,
    scatter_elements as placing, scatter_nd as scattering, tensor_scatter as caching,
};

use super::convert::{axis, contract, indices, product, same_type};
use crate::Context;

pub(crate) fn gather<T: Pod + Default>(context: &Context<'_>) -> Result<(), Error> {
    let params: Gather = context.params()?;
    let (data, output) = (context.input(0)?, context.output(0)?);
    same_type(&data, &output)?;
    let shape = data.extents()?;
    let parted = shape.split_at_checked(params.batch as usize);
    let (batch, rest) = parted.ok_or(Error::KernelContract)?;
    let parted = rest.split_at_checked(params.depth as usize);
    let (indexed, slice) = parted.ok_or(Error::KernelContract)?;
    gathering::copy::<T>(&gathering::Gather {
        batch: product(batch),
        shared: params.shared != 0,
        indexed,
        slice: product(slice),
        data: data.raw_source()?,
        indices: indices(&context.input(1)?)?,
        output: output.raw_cells()?,
    })
    .map_err(contract)
}

pub(crate) fn gather_elements<T: Pod + Default>(context: &Context<'_>) -> Result<(), Error> {
    let params: GatherElements = context.params()?;
    let (data, places, output) = (context.input(0)?, context.input(1)?, context.output(0)?);
    same_type(&data, &output)?;
    picking::copy::<T>(&picking::GatherElements {
        axis: params.axis as usize,
        data_shape: &data.extents()?,
        shape: &places.extents()?,
        data: data.raw_source()?,
        indices: indices(&places)?,
        output: output.raw_cells()?,
    })
    .map_err(contract)
}

pub(crate) fn scatter_elements<T: Number + Pod>(context: &Context<'_>) -> Result<(), Error> {
    let params: ScatterElements = context.params()?;
    let (data, places, output) = (context.input(0)?, context.input(1)?, context.output(0)?);
    let updates = context.input(2)?;
    same_type(&data, &output)?;
    same_type(&data, &updates)?;
    let op = placing::ScatterElements::<T> {
        axis: params.axis as usize,
        data_shape: &data.extents()?,
        shape: &places.extents()?,
        data: data.raw_source()?,
        indices: indices(&places)?,
        updates: updates.raw_source()?,
        output: output.raw_cells()?,
    };
    placing::write(&op, combination(params.reduction)?).map_err(contract)
}

pub(crate) fn scatter_nd<T: Number + Pod>(context: &Context<'_>) -> Result<(), Error> {
    let params: ScatterNd = context.params()?;
    let (data, places, output) = (context.input(0)?, context.input(1)?, context.output(0)?);
    let updates = context.input(2)?;
    same_type(&data, &output)?;
    same_type(&data, &updates)?;
    let (shape, places_shape) = (data.extents()?, places.extents()?);
    let depth = *places_shape.last().ok_or(Error::KernelContract)?;
    let parted = shape.split_at_checked(depth);
    let (indexed, slice) = parted.ok_or(Error::KernelContract)?;
    let op = scattering::ScatterNd::<T> {
        indexed,
        slice: product(slice),
        data: data.raw_source()?,
        indices: indices(&places)?,
        updates: updates.raw_source()?,
        output: output.raw_cells()?,
    };
    scattering::write(&op, combination(params.reduction)?).map_err(contract)
}

fn combination<T: Number>(reduction: u32) -> Result<fn(T, T) -> T, Error> {
    Ok(
        match Reduction::from_u32(reduction).ok_or(Error::KernelContract)? {
            Reduction::None => |_, update| update,
            Reduction::Add => T::add,
            Reduction::Mul => T::mul,
            Reduction::Min => T::min,
            Reduction::Max => T::max,
        },
    )
}

pub(crate) fn tensor_scatter<T: Pod + Default>(context: &Context<'_>) -> Result<(), Error> {
    let params: TensorScatter = context.params()?;
    let (cache, update, output) = (context.input(0)?, context.input(1)?, context.output(0)?);
    same_type(&cache, &output)?;
    same_type(&cache, &update)?;
    let starts = context.optional_input(2)?;
    caching::copy::<T>(&caching::TensorScatter {
        batch: *cache.extents()?.first().ok_or(Error::KernelContract)?,
        axis: axis(&output, params.axis)?,
        circular: params.circular != 0,
        cache: cache.raw_source()?,
        update: update.raw_source()?,
        starts: starts.map(|starts| indices(&starts)).transpose()?,
        output: output.raw_cells()?,
    })
    .map_err(contract)
}

pub(crate) fn one_hot<T: Pod + Default>(context: &Context<'_>) -> Result<(), Error> {
    let params: OneHot = context.params()?;
    let (values, output) = (context.input(0)?, context.output(0)?);
    same_type(&values, &output)?;
    encoding::write::<T>(&encoding::OneHot {
        axis: axis(&output, params.axis)?,
        indices: indices(&context.input(1)?)?,
        values: values.raw_source()?,
        output: output.raw_cells()?,
    })
    .map_err(contract)
}
