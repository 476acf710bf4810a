//! Sums of overlapping blocks (ONNX `Col2Im`, opset 18) in f32: the reverse of cutting an image into columns.
//!
//! Shapes: input `[planes, bd * bh * bw, cd * ch * cw]` of blocks of `bd x bh x bw` elements at `cd x ch x cw`
//! places, output `[planes, d, h, w]`. What lies in the padding is dropped. Sums in the order of the block's
//! elements. Input and output must not overlap.

use core::cell::Cell;

use crate::{Result, load, product, require, store};

/// One axis of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockAxis {
    /// Extent of the image.
    pub image: usize,
    /// Extent of a block.
    pub block: usize,
    /// Number of blocks.
    pub columns: usize,
    /// Distance of neighbouring blocks, at least 1.
    pub stride: usize,
    /// Distance of neighbours in a block, at least 1.
    pub dilation: usize,
    /// Elements of the first block in front of the image.
    pub pad: usize,
}

impl BlockAxis {
    /// The block whose element `tap` is the image's element `position`.
    #[inline(always)]
    fn column(&self, position: usize, tap: usize) -> Option<usize> {
        let offset = (position + self.pad).checked_sub(tap * self.dilation)?;
        let column = offset.checked_div(self.stride)?;
        (column * self.stride == offset && column < self.columns).then_some(column)
    }

    fn is_valid(&self) -> bool {
        let in_range = self.image.checked_add(self.pad).is_some()
            && self.block.checked_mul(self.dilation).is_some();
        in_range && self.stride > 0 && self.dilation > 0
    }
}

/// Operands of a sum of blocks.
#[derive(Clone, Copy)]
pub struct Col2Im<'a> {
    /// Product of batch and channels.
    pub planes: usize,
    /// Depth, height and width.
    pub axes: [BlockAxis; 3],
    /// `[planes, block, columns]`.
    pub input: &'a [Cell<f32>],
    /// `[planes, image]`.
    pub output: &'a [Cell<f32>],
}

/// Sums the blocks.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn f32(op: &Col2Im<'_>) -> Result {
    let elements = |extents: [usize; 3]| product(&extents);
    let image = elements(op.axes.map(|axis| axis.image));
    let (taps, columns) = (
        op.axes.map(|axis| axis.block),
        op.axes.map(|axis| axis.columns),
    );
    let column = elements(taps).zip(elements(columns));
    let input = column.and_then(|(taps, columns)| elements([op.planes, taps, columns]));
    let output = image.and_then(|image| image.checked_mul(op.planes));
    require(input == Some(op.input.len()) && output == Some(op.output.len()))?;
    require(op.axes.iter().all(BlockAxis::is_valid))?;
    if op.input.is_empty() || op.output.is_empty() {
        op.output.iter().for_each(|cell| cell.set(0.0));
        return Ok(());
    }
    let [depth, height, width] = op.axes;
    let mut to = 0;
    for plane in 0..op.planes {
        for z in 0..depth.image {
            for y in 0..height.image {
                for x in 0..width.image {
                    store(op.output, to, sum(op, plane, [z, y, x]));
                    to += 1;
                }
            }
        }
    }
    Ok(())
}

/// One element of the image.
fn sum(op: &Col2Im<'_>, plane: usize, [z, y, x]: [usize; 3]) -> f32 {
    let [depth, height, width] = op.axes;
    let mut sum = 0.0;
    for tap_z in 0..depth.block {
        let Some(column_z) = depth.column(z, tap_z) else {
            continue;
        };
        for tap_y in 0..height.block {
            let Some(column_y) = height.column(y, tap_y) else {
                continue;
            };
            for tap_x in 0..width.block {
                let Some(column_x) = width.column(x, tap_x) else {
                    continue;
                };
                let slice = (plane * depth.block + tap_z) * height.block + tap_y;
                let row = (slice * width.block + tap_x) * depth.columns + column_z;
                let element = (row * height.columns + column_y) * width.columns + column_x;
                sum += load(op.input, element);
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn overlapping_blocks_add_up() {
        let point = BlockAxis {
            image: 1,
            block: 1,
            columns: 1,
            stride: 1,
            dilation: 1,
            pad: 0,
        };
        let line = BlockAxis {
            image: 4,
            block: 3,
            columns: 2,
            stride: 2,
            pad: 1,
            ..point
        };
        let (input, output) = (
            cells(&[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]),
            cells(&[9.0f32; 4]),
        );
        let op = Col2Im {
            planes: 1,
            axes: [point, point, line],
            input: &input,
            output: &output,
        };
        f32(&op).unwrap();
        // Block 0 lies at -1..2, block 1 at 1..4; 1 is dropped.
        assert_eq!(values(&output), [3.0, 5.0 + 2.0, 4.0, 6.0]);
        let still = BlockAxis { stride: 0, ..line };
        let refused = Col2Im {
            axes: [point, point, still],
            ..op
        };
        assert!(f32(&refused).is_err());
    }

    proptest! {
        /// Against scattering each block, on small integers, whose sums are exact.
        #[test]
        fn as_scattering_each_block(
            axes in prop::array::uniform3((1usize..4, 1usize..3, 1usize..3, 1usize..3, 1usize..3, 0usize..3)),
            planes in 1usize..3,
        ) {
            let axes = axes.map(|(image, block, columns, stride, dilation, pad)| BlockAxis {
                image, block, columns, stride, dilation, pad,
            });
            let [d, h, w] = axes;
            let count = axes.iter().fold(planes, |n, axis| n * axis.block * axis.columns);
            let data: Vec<f32> = (0..count).map(|i| (i % 13) as f32).collect();
            let (input, output) = (cells(&data), cells(&std::vec![0.0f32; planes * d.image * h.image * w.image]));
            f32(&Col2Im { planes, axes, input: &input, output: &output }).unwrap();
            let mut wanted = std::vec![0.0f32; output.len()];
            for (element, value) in data.iter().enumerate() {
                let mut rest = element;
                let mut index = [0; 6];
                let extents = [d.block, h.block, w.block, d.columns, h.columns, w.columns];
                for (slot, extent) in index.iter_mut().zip(extents).rev() {
                    *slot = rest % extent;
                    rest /= extent;
                }
                let place = |axis: usize| {
                    let line: BlockAxis = axes[axis];
                    (index[3 + axis] * line.stride + index[axis] * line.dilation)
                        .checked_sub(line.pad)
                        .filter(|&position| position < line.image)
                };
                if let (Some(z), Some(y), Some(x)) = (place(0), place(1), place(2)) {
                    wanted[((rest * d.image + z) * h.image + y) * w.image + x] += value;
                }
            }
            prop_assert_eq!(values(&output), wanted);
        }
    }
}
