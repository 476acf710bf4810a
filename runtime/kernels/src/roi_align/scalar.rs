use super::RoiAlign;
use crate::math::ceil;
use crate::{load, store};

pub(super) fn f32(op: &RoiAlign<'_>) {
    let ([batch, height, width, channels], [regions, rows, columns]) =
        (op.input_shape, op.output_shape);
    let shift = if op.half_pixel { 0.5 } else { 0.0 };
    let mut to = 0;
    for region in 0..regions {
        let corner = |i: usize| op.regions.get(region * 4 + i) * op.spatial_scale - shift;
        let y = Bins::new(op, [corner(1), corner(3)], rows, height);
        let x = Bins::new(op, [corner(0), corner(2)], columns, width);
        let image = usize::try_from(op.images.get(region)).ok();
        let image = image.filter(|&image| image < batch);
        for row in 0..rows {
            for column in 0..columns {
                for channel in 0..channels {
                    let value = |y: usize, x: usize| {
                        let pixel = image.map(|image| (image * height + y) * width + x);
                        pixel.map_or(0.0, |pixel| load(op.input, pixel * channels + channel))
                    };
                    store(op.output, to, pool(op, &y, row, &x, column, value));
                    to += 1;
                }
            }
        }
    }
}

/// One bin of one channel.
fn pool(
    op: &RoiAlign<'_>,
    rows: &Bins,
    row: usize,
    columns: &Bins,
    column: usize,
    value: impl Fn(usize, usize) -> f32,
) -> f32 {
    let (mut sum, mut greatest) = (0.0, None);
    for sample_y in 0..rows.samples {
        let y = rows.point(row, sample_y);
        for sample_x in 0..columns.samples {
            let corners = match (y, columns.point(column, sample_x)) {
                (Some(y), Some(x)) => [
                    y.below * x.below * value(y.low, x.low),
                    y.below * x.above * value(y.low, x.high),
                    y.above * x.below * value(y.high, x.low),
                    y.above * x.above * value(y.high, x.high),
                ],
                _ => [0.0; 4],
            };
            for corner in corners {
                sum += corner;
                greatest = Some(greatest.map_or(corner, |g| crate::Number::max(g, corner)));
            }
        }
    }
    if op.max {
        greatest.unwrap_or(0.0)
    } else {
        sum / (rows.samples * columns.samples).max(1) as f32
    }
}

/// The bins of a region along one axis.
struct Bins {
    start: f32,
    size: f32,
    samples: usize,
    extent: usize,
}

/// A point between two neighbours, and how much each counts.
#[derive(Clone, Copy)]
struct Point {
    low: usize,
    high: usize,
    below: f32,
    above: f32,
}

impl Bins {
    fn new(op: &RoiAlign<'_>, [start, end]: [f32; 2], bins: usize, extent: usize) -> Bins {
        let length = end - start;
        // Without the half pixel, regions are at least one pixel long.
        let length = if op.half_pixel || length >= 1.0 {
            length
        } else {
            1.0
        };
        let size = length / bins as f32;
        let samples = match op.samples {
            0 => (ceil(size) as usize).min(extent),
            samples => samples,
        };
        Bins {
            start,
            size,
            samples,
            extent,
        }
    }

    /// The point number `sample` of a bin; `None` where it is too far outside.
    fn point(&self, bin: usize, sample: usize) -> Option<Point> {
        let step = (sample as f32 + 0.5) * self.size / self.samples as f32;
        let at = self.start + bin as f32 * self.size + step;
        let (extent, last) = (self.extent as f32, self.extent - 1);
        if at < -1.0 || at > extent {
            return None;
        }
        let at = if at < 0.0 { 0.0 } else { at };
        let low = (at as usize).min(last);
        let above = if low == last { 0.0 } else { at - low as f32 };
        Some(Point {
            low,
            high: (low + 1).min(last),
            below: 1.0 - above,
            above,
        })
    }
}
