//! Operators that interpolate at places known at run time, and sums of blocks.

use cadet_format::BlockAxis;
use cadet_kernels::grid_sample::{Mode, Padding};
use cadet_kernels::roi_align::MAX_SAMPLES;

use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::window;
use crate::ir::{ElementType, Op, Sampling};

/// Most spatial axes.
const MAX_AXES: usize = 3;

/// `GridSample` over up to three spatial axes.
pub(super) fn grid_sample(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["align_corners", "mode", "padding_mode"])?;
    let input = importer.float_input(node, 0)?;
    let grid = importer.float_input(node, 1)?;
    let shape = importer.graph.shape(input).to_vec();
    let grid_shape = importer.graph.shape(grid).to_vec();
    let mode = match node.string("mode") {
        "" | "linear" | "bilinear" => Mode::Linear,
        "nearest" => Mode::Nearest,
        "cubic" | "bicubic" => Mode::Cubic,
        mode => return Err(Refusal::malformed(format!("mode {mode}"))),
    };
    let padding = match node.string("padding_mode") {
        "" | "zeros" => Padding::Zeros,
        "border" => Padding::Border,
        "reflection" => Padding::Reflection,
        mode => return Err(Refusal::malformed(format!("padding mode {mode}"))),
    };
    let (&[batch, channels, ref extents @ ..], &[_, ref points @ .., axes]) =
        (&shape[..], &grid_shape[..])
    else {
        return Err(Refusal::malformed(format!(
            "a grid {grid_shape:?} over {shape:?}"
        )));
    };
    if extents.len() != axes || points.len() != axes || !(1..=MAX_AXES).contains(&axes) {
        return Err(Refusal::malformed(format!(
            "a grid {grid_shape:?} over {shape:?}"
        )));
    }
    let output_shape = [&[batch, channels], points].concat();
    let output = importer.output(node, 0, ElementType::F32, &output_shape)?;
    let op = Op::Sampling(Sampling::GridSample {
        mode,
        padding,
        align_corners: node.int("align_corners", 0) != 0,
    });
    let grid = if importer.graph.is_constant(grid) {
        grid
    } else {
        // Channels lie last, so the coordinates stay where they are.
        let perm = std::iter::once(grid_shape.len() - 1).chain(1..grid_shape.len() - 1);
        let perm: Vec<usize> = std::iter::once(0).chain(perm).collect();
        let shape = perm.iter().map(|&from| grid_shape[from]).collect();
        let op = Op::Transpose { perm };
        importer.part(node, "grid", op, vec![grid], (ElementType::F32, shape))
    };
    importer.push(node, op, vec![input, grid], vec![output]);
    Ok(())
}

/// `AffineGrid` of a constant size.
pub(super) fn affine_grid(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["align_corners"])?;
    let theta = importer.float_input(node, 0)?;
    let size = importer.sizes(node, 1)?;
    let &[batch, _, ref extents @ ..] = &size[..] else {
        return Err(Refusal::malformed(format!("a size {size:?}")));
    };
    let shape = [&[batch], extents, &[extents.len()]].concat();
    let output = importer.output(node, 0, ElementType::F32, &shape)?;
    let align_corners = node.int("align_corners", 0) != 0;
    let op = Op::Sampling(Sampling::AffineGrid { align_corners });
    importer.push(node, op, vec![theta], vec![output]);
    Ok(())
}

/// `RoiAlign`.
pub(super) fn roi_align(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[
        "coordinate_transformation_mode",
        "mode",
        "output_height",
        "output_width",
        "sampling_ratio",
        "spatial_scale",
    ])?;
    let input = importer.float_input(node, 0)?;
    let regions = importer.float_input(node, 1)?;
    let images = importer.input_of(node, 2, &[ElementType::I64, ElementType::I32])?;
    let channels = importer.graph.shape(input).get(1).copied().unwrap_or(0);
    let count = importer.graph.tensor(images).len();
    let positive = |name| window::sizes(&[node.int(name, 1)]).map_or(0, |sizes| sizes[0]);
    let (height, width) = (positive("output_height"), positive("output_width"));
    let samples = window::sizes(&[node.int("sampling_ratio", 0)]);
    let samples = samples.map_or(usize::MAX, |samples| samples[0]);
    if height == 0 || width == 0 || samples > MAX_SAMPLES {
        return Err(Refusal::malformed(format!(
            "{samples} samples of {height} x {width} bins"
        )));
    }
    let half_pixel = match node.string("coordinate_transformation_mode") {
        // Version 10 knew no other.
        "" => node.opset >= 16,
        "half_pixel" => true,
        "output_half_pixel" => false,
        mode => return Err(Refusal::malformed(format!("coordinates {mode}"))),
    };
    let max = match node.string("mode") {
        "" | "avg" => false,
        "max" => true,
        mode => return Err(Refusal::malformed(format!("mode {mode}"))),
    };
    let shape = [count, channels, height, width];
    let output = importer.output(node, 0, ElementType::F32, &shape)?;
    let op = Sampling::RoiAlign(cadet_format::RoiAlign {
        spatial_scale: node.float("spatial_scale", 1.0),
        samples: samples as u32,
        half_pixel: u32::from(half_pixel),
        max: u32::from(max),
    });
    let inputs = vec![input, regions, images];
    importer.push(node, Op::Sampling(op), inputs, vec![output]);
    Ok(())
}

/// `Col2Im` over up to three spatial axes.
pub(super) fn col2im(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["dilations", "pads", "strides"])?;
    let input = importer.float_input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let (image, block) = (importer.sizes(node, 1)?, importer.sizes(node, 2)?);
    let rank = image.len();
    let list = |name: &str, count: usize, default: usize| match node.ints(name) {
        Some(values) => window::sizes(values).filter(|values| values.len() == count),
        None => Some(vec![default; count]),
    };
    let (strides, dilations) = (list("strides", rank, 1), list("dilations", rank, 1));
    let (Some(strides), Some(dilations), Some(pads)) =
        (strides, dilations, list("pads", 2 * rank, 0))
    else {
        return Err(Refusal::malformed("a stride, dilation or pad"));
    };
    let mut axes = [BlockAxis {
        block: 1,
        columns: 1,
        stride: 1,
        dilation: 1,
        pad: 0,
    }; MAX_AXES];
    let fits = (1..=MAX_AXES).contains(&rank) && block.len() == rank && shape.len() == 3;
    if !fits || strides.contains(&0) || block.contains(&0) {
        return Err(Refusal::malformed(format!("blocks {block:?} of {image:?}")));
    }
    for axis in 0..rank {
        let span = dilations[axis] * (block[axis] - 1) + 1;
        let padded = image[axis] + pads[axis] + pads[rank + axis];
        let room = padded.checked_sub(span);
        axes[MAX_AXES - rank + axis] = BlockAxis {
            block: block[axis] as u32,
            columns: room.map_or(0, |room| room / strides[axis] + 1) as u32,
            stride: strides[axis] as u32,
            dilation: dilations[axis] as u32,
            pad: pads[axis] as u32,
        };
    }
    let taps: usize = block.iter().product();
    let columns = axes.iter().map(|axis| axis.columns as usize);
    if !shape[1].is_multiple_of(taps) || columns.product::<usize>() != shape[2] {
        return Err(Refusal::malformed(format!("blocks {block:?} in {shape:?}")));
    }
    let output_shape = [&[shape[0], shape[1] / taps], &image[..]].concat();
    let output = importer.output(node, 0, ElementType::F32, &output_shape)?;
    let op = Sampling::Col2Im(cadet_format::Col2Im { axes });
    importer.push(node, Op::Sampling(op), vec![input], vec![output]);
    Ok(())
}
