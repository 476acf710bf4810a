use super::{GridSample, Mode, Padding};
use crate::math::floor;
use crate::taps::blend;
use crate::{load, round_ties_even, store};

pub(super) fn f32(op: &GridSample<'_>) {
    if op.output.is_empty() {
        return;
    }
    let [depth, height, width] = op.extents;
    let mut to = 0;
    for batch in 0..op.batch {
        for point in 0..op.points {
            let place = (batch * op.points + point) * op.axes;
            // The innermost axis has the first coordinate.
            let coordinate = |axis: usize| match axis < op.axes {
                true => Some(op.grid.get(place + axis)),
                false => None,
            };
            let x = Taps::new(op, width, coordinate(0));
            let y = Taps::new(op, height, coordinate(1));
            let z = Taps::new(op, depth, coordinate(2));
            let weights = [z.weights(), y.weights(), x.weights()];
            for channel in 0..op.channels {
                let value = blend(weights, |[dz, dy, dx]| {
                    let (Some(z), Some(y), Some(x)) = (z.index(dz), y.index(dy), x.index(dx))
                    else {
                        return 0.0;
                    };
                    let pixel = ((batch * depth + z) * height + y) * width + x;
                    load(op.input, pixel * op.channels + channel)
                });
                store(op.output, to, value);
                to += 1;
            }
        }
    }
}

/// The neighbours of a place along one axis.
struct Taps {
    count: usize,
    indices: [Option<usize>; 4],
    weights: [f32; 4],
}

impl Taps {
    /// An axis without coordinate has one element.
    fn new(op: &GridSample<'_>, extent: usize, coordinate: Option<f32>) -> Taps {
        let Some(coordinate) = coordinate else {
            return Taps {
                count: 1,
                indices: [Some(0); 4],
                weights: [1.0; 4],
            };
        };
        let length = extent as f32;
        let (low, high) = match op.align_corners {
            true => (0.0, length - 1.0),
            false => (-0.5, length - 0.5),
        };
        let mut x = match op.align_corners {
            true => (coordinate + 1.0) / 2.0 * (length - 1.0),
            false => ((coordinate + 1.0) * length - 1.0) / 2.0,
        };
        if op.mode == Mode::Nearest {
            x = round_ties_even(x);
        }
        if x < low || x > high {
            x = match op.padding {
                Padding::Zeros => x,
                Padding::Border => x.max(0.0).min(length - 1.0),
                Padding::Reflection => reflect(x, low, high),
            };
        }
        let below = floor(x);
        // Not a number where the coordinate is none, which the weights then are.
        let ratio = if x.is_nan() { x } else { x - below };
        let (first, count, weights) = match op.mode {
            Mode::Nearest => (0, 1, [1.0 + ratio * 0.0, 0.0, 0.0, 0.0]),
            Mode::Linear => (0, 2, [1.0 - ratio, ratio, 0.0, 0.0]),
            Mode::Cubic => (-1, 4, cubic(ratio)),
        };
        let start = (below as i64).saturating_add(first);
        let index = |tap: usize| pixel(op, extent as i64, start.saturating_add(tap as i64));
        Taps {
            count,
            indices: core::array::from_fn(index),
            weights,
        }
    }

    fn weights(&self) -> &[f32] {
        self.weights.get(..self.count).unwrap_or_default()
    }

    #[inline(always)]
    fn index(&self, tap: usize) -> Option<usize> {
        self.indices.get(tap).copied().flatten()
    }
}

/// The element that stands for position `index`; `None` for zero.
fn pixel(op: &GridSample<'_>, extent: i64, index: i64) -> Option<usize> {
    let last = extent - 1;
    let index = match op.padding {
        _ if (0..extent).contains(&index) => index,
        Padding::Zeros => return None,
        Padding::Border => index.min(last).max(0),
        // Mirrored at the centre of the last element, which does not repeat, or at its edge, where it does.
        Padding::Reflection => {
            let turn = if op.align_corners {
                2 * last
            } else {
                last + extent
            };
            let period = if op.align_corners { turn } else { turn + 1 };
            let index = index.checked_rem_euclid(period).unwrap_or(0);
            index.min(turn - index)
        }
    };
    usize::try_from(index).ok()
}

/// `x` mirrored at `low` and `high` until it lies between them.
fn reflect(x: f32, low: f32, high: f32) -> f32 {
    let range = high - low;
    let beyond = if x < low { low - x } else { x - high };
    let turns = floor(beyond / range);
    let rest = beyond - turns * range;
    let is_even = turns == 2.0 * floor(turns / 2.0);
    if range <= 0.0 {
        low
    } else if (x < low) == is_even {
        low + rest
    } else {
        high - rest
    }
}

/// Keys' weights at distances `1 + x`, `x`, `1 - x` and `2 - x`.
fn cubic(x: f32) -> [f32; 4] {
    const A: f32 = -0.75;
    let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    [far(x + 1.0), near(x), near(1.0 - x), far(2.0 - x)]
}
