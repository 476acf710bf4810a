//! `Resize` and `Upsample`: attributes and shapes; what positions read is in [`super::taps`].

use super::axes::in_order;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::strided;
use super::taps::{Coordinates, Filter, Line, Nearest, filter_table, nearest_positions};
use crate::ir::{ElementType, Movement, Op, Resampling, Sampling, Strides, Table, TensorId};

/// `Resize` to constant sizes or by constant scales.
pub(super) fn resize(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[
        "antialias",
        "axes",
        "coordinate_transformation_mode",
        "cubic_coeff_a",
        "exclude_outside",
        "extrapolation_value",
        "keep_aspect_ratio_policy",
        "mode",
        "nearest_mode",
    ])?;
    let input = importer.input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let axes = match node.ints("axes") {
        Some(axes) => in_order(axes, shape.len())?,
        None => (0..shape.len()).collect(),
    };
    let coordinates = match node.string("coordinate_transformation_mode") {
        // Version 10 knew no other.
        _ if node.opset < 11 => Coordinates::Asymmetric,
        "" | "half_pixel" => Coordinates::HalfPixel,
        "half_pixel_symmetric" => Coordinates::HalfPixelSymmetric,
        "pytorch_half_pixel" => Coordinates::PytorchHalfPixel,
        "align_corners" => Coordinates::AlignCorners,
        "asymmetric" => Coordinates::Asymmetric,
        "tf_crop_and_resize" => Coordinates::CropAndResize,
        mode => return Err(Refusal::malformed(format!("coordinates {mode}"))),
    };
    let scales = if node.opset < 11 { 1 } else { 2 };
    let sizes = match node.input(3) {
        Some(_) => Some(importer.sizes(node, 3)?).filter(|sizes| !sizes.is_empty()),
        None => None,
    };
    let scales = match (&sizes, node.input(scales)) {
        (None, Some(_)) => importer.floats(node, scales)?,
        _ => Vec::new(),
    };
    let mut lines = lines(node, &shape, &axes, sizes.as_deref(), &scales)?;
    if coordinates == Coordinates::CropAndResize {
        let roi = importer.floats(node, 1)?;
        if roi.len() != 2 * axes.len() {
            return Err(Refusal::malformed(format!("{} values of a roi", roi.len())));
        }
        for (index, &axis) in axes.iter().enumerate() {
            lines[axis].crop = [roi[index], roi[axes.len() + index]].map(f64::from);
        }
    }
    let resize = Resize {
        coordinates,
        lines,
        exclude_outside: node.int("exclude_outside", 0) != 0,
        outside: node.float("extrapolation_value", 0.0),
    };
    let antialias = node.int("antialias", 0) != 0;
    match node.string("mode") {
        "" | "nearest" => {
            let nearest = match node.string("nearest_mode") {
                _ if node.opset < 11 => Nearest::Floor,
                "" | "round_prefer_floor" => Nearest::RoundPreferFloor,
                "round_prefer_ceil" => Nearest::RoundPreferCeil,
                "floor" => Nearest::Floor,
                "ceil" => Nearest::Ceil,
                mode => return Err(Refusal::malformed(format!("nearest mode {mode}"))),
            };
            resize.nearest(importer, node, input, nearest)
        }
        "linear" => resize.filtered(importer, node, Filter::Linear { antialias }),
        "cubic" => {
            let a = f64::from(node.float("cubic_coeff_a", -0.75));
            resize.filtered(importer, node, Filter::Cubic { a, antialias })
        }
        mode => Err(Refusal::malformed(format!("mode {mode}"))),
    }
}

/// `Upsample` by constant scales, of which `Resize` made a mode.
pub(super) fn upsample(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["mode"])?;
    let input = importer.input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let axes: Vec<usize> = (0..shape.len()).collect();
    let scales = importer.floats(node, 1)?;
    let resize = Resize {
        coordinates: Coordinates::Asymmetric,
        lines: lines(node, &shape, &axes, None, &scales)?,
        exclude_outside: false,
        outside: 0.0,
    };
    match node.string("mode") {
        "" | "nearest" => resize.nearest(importer, node, input, Nearest::Floor),
        "linear" => {
            let filter = Filter::Linear { antialias: false };
            resize.filtered(importer, node, filter)
        }
        mode => Err(Refusal::malformed(format!("mode {mode}"))),
    }
}

/// Extents and scale of every axis, from the sizes or scales of `axes`.
fn lines(
    node: &OnnxNode<'_>,
    shape: &[usize],
    axes: &[usize],
    sizes: Option<&[usize]>,
    scales: &[f32],
) -> Result<Vec<Line>, Refusal> {
    let mut lines: Vec<Line> = shape
        .iter()
        .map(|&extent| Line::unchanged(extent))
        .collect();
    let count = sizes.map_or(scales.len(), <[usize]>::len);
    if count != axes.len() || shape.contains(&0) {
        return Err(Refusal::malformed(format!(
            "{count} sizes of {} axes",
            axes.len()
        )));
    }
    let Some(sizes) = sizes else {
        for (&axis, &scale) in axes.iter().zip(scales) {
            // The product in f32, as ONNX Runtime has it.
            let output = (shape[axis] as f32 * scale).floor();
            if !(1.0..1e9).contains(&output) {
                return Err(Refusal::malformed(format!("a scale of {scale}")));
            }
            lines[axis].output = output as usize;
            lines[axis].scale = f64::from(scale);
        }
        return Ok(lines);
    };
    let ratio = |(&axis, &size): (&usize, &usize)| size as f64 / shape[axis] as f64;
    let ratios = axes.iter().zip(sizes).map(ratio);
    let common = match node.string("keep_aspect_ratio_policy") {
        "" | "stretch" => None,
        "not_larger" => ratios.reduce(f64::min),
        "not_smaller" => ratios.reduce(f64::max),
        policy => return Err(Refusal::malformed(format!("policy {policy}"))),
    };
    for (&axis, &size) in axes.iter().zip(sizes) {
        let input = shape[axis] as f64;
        lines[axis].scale = common.unwrap_or(size as f64 / input);
        lines[axis].output = match common {
            Some(scale) => (scale * input + 0.5).floor() as usize,
            None => size,
        };
        if lines[axis].output == 0 {
            return Err(Refusal::malformed("an output without elements"));
        }
    }
    Ok(lines)
}

struct Resize {
    coordinates: Coordinates,
    /// Every axis of the input.
    lines: Vec<Line>,
    exclude_outside: bool,
    /// Result of positions that a crop puts outside.
    outside: f32,
}

impl Resize {
    fn output_shape(&self) -> Vec<usize> {
        self.lines.iter().map(|line| line.output).collect()
    }

    /// Axes where anything changes.
    fn changed(&self) -> impl Iterator<Item = (usize, &Line)> {
        let lines = self.lines.iter().enumerate();
        lines.filter(|(_, line)| !line.is_unchanged(self.coordinates))
    }

    /// Copies elements: in steps along the axes where that is possible, by indices along the others.
    fn nearest(
        &self,
        importer: &mut Importer,
        node: &OnnxNode<'_>,
        input: TensorId,
        nearest: Nearest,
    ) -> Result<(), Refusal> {
        let tensor = importer.graph.tensor(input);
        let element = tensor.element;
        let mut strides = Strides::identity(&tensor.shape);
        let mut gathers = Vec::new();
        for (axis, line) in self.changed() {
            let Some(positions) = nearest_positions(line, self.coordinates, nearest) else {
                // Positions outside have a value, not an element.
                return self.filtered(importer, node, Filter::Nearest(nearest));
            };
            if strides.select(axis, &positions).is_none() {
                gathers.push((axis, positions));
            }
        }
        let output = importer.output(node, 0, element, &self.output_shape())?;
        let mut shape = strides.shape();
        let mut parts = vec![(
            strided::copy(importer, input, strides)?,
            None,
            shape.clone(),
        )];
        for (axis, positions) in gathers {
            shape[axis] = positions.len();
            let indices = importer.indices(node, &positions);
            let gather = Op::Movement(Movement::Gather { axis });
            parts.push((gather, Some(indices), shape.clone()));
        }
        if parts.len() > 1 && parts[0].0 == Op::Reshape {
            parts.remove(0);
        }
        chain(importer, node, input, output, parts);
        Ok(())
    }

    /// Weighs neighbours: of all axes at once where they are neighbours, else axis by axis.
    fn filtered(
        &self,
        importer: &mut Importer,
        node: &OnnxNode<'_>,
        filter: Filter,
    ) -> Result<(), Refusal> {
        let input = importer.float_input(node, 0)?;
        let output = importer.output(node, 0, ElementType::F32, &self.output_shape())?;
        let mut tables: Vec<Option<Table>> = vec![None; self.lines.len()];
        for (axis, line) in self.changed() {
            let table = filter_table(line, self.coordinates, filter, self.exclude_outside);
            tables[axis] = Some(table);
        }
        let op = |tables| {
            Op::Sampling(Sampling::Resample(Resampling {
                tables,
                outside: self.outside,
            }))
        };
        let axes: Vec<usize> = self.changed().map(|(axis, _)| axis).collect();
        // Spatial axes are neighbours in every memory order.
        let are_neighbours = match axes[..] {
            [] => {
                importer.push(node, Op::Reshape, vec![input], vec![output]);
                return Ok(());
            }
            [first, .., last] => first >= 2 && last - first < 3,
            [_] => true,
        };
        if are_neighbours {
            importer.push(node, op(tables), vec![input], vec![output]);
            return Ok(());
        }
        let mut shape = importer.graph.shape(input).to_vec();
        let parts = axes.iter().map(|&axis| {
            let mut alone = vec![None; tables.len()];
            alone[axis] = tables[axis].take();
            shape[axis] = self.lines[axis].output;
            (op(alone), None, shape.clone())
        });
        let parts = parts.collect();
        chain(importer, node, input, output, parts);
        Ok(())
    }
}

/// Adds operators one behind the other; each may have a second input, and gives a shape.
fn chain(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    input: TensorId,
    output: TensorId,
    mut parts: Vec<(Op, Option<TensorId>, Vec<usize>)>,
) {
    let element = importer.graph.tensor(input).element;
    let last = parts.pop();
    let mut from = input;
    for (number, (op, second, shape)) in parts.into_iter().enumerate() {
        let inputs = std::iter::once(from).chain(second).collect();
        from = importer.part(
            node,
            &format!("part {number}"),
            op,
            inputs,
            (element, shape),
        );
    }
    if let Some((op, second, _)) = last {
        let inputs = std::iter::once(from).chain(second).collect();
        importer.push(node, op, inputs, vec![output]);
    }
}
