//! What the output positions of a resized axis read, after ONNX `Resize`, opset 19.

use crate::ir::Table;

/// One axis of a resizing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) input: usize,
    pub(super) output: usize,
    /// Output positions for one input position; the output's extent over the input's only where sizes
    /// are given.
    pub(super) scale: f64,
    /// Start and end of the crop, from 0 to 1.
    pub(super) crop: [f64; 2],
}

/// Where output positions lie in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coordinates {
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    AlignCorners,
    Asymmetric,
    CropAndResize,
}

/// Which of two neighbours is the nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nearest {
    RoundPreferFloor,
    RoundPreferCeil,
    Floor,
    Ceil,
}

/// How neighbours are weighed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Filter {
    Nearest(Nearest),
    Linear { antialias: bool },
    Cubic { a: f64, antialias: bool },
}

impl Line {
    pub(super) fn unchanged(extent: usize) -> Line {
        Line {
            input: extent,
            output: extent,
            scale: 1.0,
            crop: [0.0, 1.0],
        }
    }

    pub(super) fn is_unchanged(&self, coordinates: Coordinates) -> bool {
        let is_whole = self.crop == [0.0, 1.0] || coordinates != Coordinates::CropAndResize;
        self.input == self.output && self.scale == 1.0 && is_whole
    }

    /// Where an output position lies in the input; `None` outside a crop's input.
    fn place(&self, coordinates: Coordinates, position: usize) -> Option<f64> {
        let (x, input) = (position as f64, self.input as f64);
        // The output's extent before it was rounded down.
        let output = self.scale * input;
        let half_pixel = (x + 0.5) / self.scale - 0.5;
        Some(match coordinates {
            Coordinates::HalfPixel => half_pixel,
            Coordinates::HalfPixelSymmetric => {
                input / 2.0 * (1.0 - self.output as f64 / output) + half_pixel
            }
            Coordinates::PytorchHalfPixel if self.output == 1 => 0.0,
            Coordinates::PytorchHalfPixel => half_pixel,
            Coordinates::AlignCorners if output == 1.0 => 0.0,
            Coordinates::AlignCorners => x * (input - 1.0) / (output - 1.0),
            Coordinates::Asymmetric => x / self.scale,
            Coordinates::CropAndResize => {
                let [start, end] = self.crop;
                let span = (end - start) * (input - 1.0);
                let offset = if output == 1.0 {
                    span / 2.0
                } else {
                    x * span / (output - 1.0)
                };
                let place = start * (input - 1.0) + offset;
                return (0.0..=input - 1.0).contains(&place).then_some(place);
            }
        })
    }
}

/// The input position of each output position; `None` where one lies outside a crop.
pub(super) fn nearest_positions(
    line: &Line,
    coordinates: Coordinates,
    nearest: Nearest,
) -> Option<Vec<usize>> {
    let positions = 0..line.output;
    let position = |o| Some(nearest.position(line.place(coordinates, o)?, line.input));
    positions.map(position).collect()
}

impl Nearest {
    fn position(self, place: f64, extent: usize) -> usize {
        let position = match self {
            Nearest::RoundPreferFloor => (place - 0.5).ceil(),
            Nearest::RoundPreferCeil => (place + 0.5).floor(),
            Nearest::Floor => place.floor(),
            Nearest::Ceil => place.ceil(),
        };
        position.clamp(0.0, extent as f64 - 1.0) as usize
    }
}

/// First input positions and weights of all output positions of an axis. Positions beyond the border
/// count as the border's, or not at all where they are excluded.
pub(super) fn filter_table(
    line: &Line,
    coordinates: Coordinates,
    filter: Filter,
    exclude_outside: bool,
) -> Table {
    let last = line.input as i64 - 1;
    let rows: Vec<Option<Vec<(usize, f64)>>> = (0..line.output)
        .map(|position| {
            let place = line.place(coordinates, position)?;
            let mut taps = filter.taps(place, line);
            if exclude_outside {
                taps.retain(|(position, _)| (0..=last).contains(position));
                let sum: f64 = taps.iter().map(|(_, weight)| weight).sum();
                if sum != 0.0 {
                    taps.iter_mut().for_each(|(_, weight)| *weight /= sum);
                }
            }
            Some(inside(&taps, last))
        })
        .collect();
    let span = |row: &Vec<(usize, f64)>| row.last().map_or(1, |last| last.0 - row[0].0 + 1);
    let taps = rows.iter().flatten().map(span).max().unwrap_or(1);
    let mut table = Table {
        first: Vec::with_capacity(rows.len()),
        weights: vec![0.0; rows.len() * taps],
    };
    for (row, weights) in rows.iter().zip(table.weights.chunks_mut(taps)) {
        let Some(row) = row else {
            table.first.push(-1);
            continue;
        };
        // All taps of a row lie in the input.
        let first = row.first().map_or(0, |tap| tap.0).min(line.input - taps);
        table.first.push(first as i32);
        for &(position, weight) in row {
            weights[position - first] += weight as f32;
        }
    }
    table
}

/// Positions in ascending order with their weights, those beyond the borders moved to them, without
/// those that weigh nothing.
fn inside(taps: &[(i64, f64)], last: i64) -> Vec<(usize, f64)> {
    let mut row: Vec<(usize, f64)> = Vec::new();
    for &(position, weight) in taps {
        let position = position.clamp(0, last) as usize;
        match row.last_mut() {
            Some(tap) if tap.0 == position => tap.1 += weight,
            _ => row.push((position, weight)),
        }
    }
    row.retain(|&(_, weight)| weight != 0.0);
    row
}

impl Filter {
    /// Input positions around a place in ascending order, borders not minded, and their weights.
    fn taps(self, place: f64, line: &Line) -> Vec<(i64, f64)> {
        let (reach, antialias) = match self {
            Filter::Nearest(nearest) => {
                return vec![(nearest.position(place, line.input) as i64, 1.0)];
            }
            Filter::Linear { antialias } => (1.0, antialias),
            Filter::Cubic { antialias, .. } => (2.0, antialias),
        };
        // To scale down, the filter is stretched over all positions that one output position covers.
        let scale = if antialias { line.scale.min(1.0) } else { 1.0 };
        let below = (place.floor() - (reach / scale).ceil()) as i64;
        let above = (place.floor() + (reach / scale).ceil()) as i64;
        let tap = |position: i64| (position, self.weight((position as f64 - place) * scale));
        let mut taps: Vec<(i64, f64)> = (below..=above + 1).map(tap).collect();
        if antialias {
            let sum: f64 = taps.iter().map(|(_, weight)| weight).sum();
            taps.iter_mut().for_each(|(_, weight)| *weight /= sum);
        }
        taps
    }

    fn weight(self, distance: f64) -> f64 {
        let x = distance.abs();
        match self {
            Filter::Cubic { a, .. } if x <= 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
            Filter::Cubic { a, .. } if x < 2.0 => ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a,
            Filter::Cubic { .. } => 0.0,
            Filter::Linear { .. } | Filter::Nearest(_) => (1.0 - x).max(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(input: usize, output: usize) -> Line {
        Line {
            output,
            scale: output as f64 / input as f64,
            ..Line::unchanged(input)
        }
    }

    #[test]
    fn doubling_repeats_or_interpolates() {
        let double = line(2, 4);
        let positions = |nearest| nearest_positions(&double, Coordinates::HalfPixel, nearest);
        assert_eq!(positions(Nearest::RoundPreferFloor).unwrap(), [0, 0, 1, 1]);
        assert_eq!(positions(Nearest::Ceil).unwrap(), [0, 1, 1, 1]);
        let linear = Filter::Linear { antialias: false };
        let table = filter_table(&double, Coordinates::HalfPixel, linear, false);
        assert_eq!(table.first, [0, 0, 0, 0]);
        assert_eq!(table.weights, [1.0, 0.0, 0.75, 0.25, 0.25, 0.75, 0.0, 1.0]);
    }

    #[test]
    fn weights_sum_to_one_and_stay_inside() {
        let filters = [
            Filter::Linear { antialias: true },
            Filter::Linear { antialias: false },
            Filter::Cubic {
                a: -0.5,
                antialias: true,
            },
            Filter::Cubic {
                a: -0.75,
                antialias: false,
            },
        ];
        for filter in filters {
            for (input, output) in [(1, 3), (5, 1), (7, 3), (3, 8)] {
                for coordinates in [Coordinates::HalfPixel, Coordinates::AlignCorners] {
                    for exclude in [false, true] {
                        let line = line(input, output);
                        let table = filter_table(&line, coordinates, filter, exclude);
                        let taps = table.weights.len() / output;
                        for (row, &first) in table.weights.chunks(taps).zip(&table.first) {
                            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
                            assert!(first >= 0 && first as usize + taps <= input);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn crops_know_what_lies_outside() {
        let cropped = Line {
            crop: [0.5, 1.5],
            ..line(4, 3)
        };
        let linear = Filter::Linear { antialias: false };
        let table = filter_table(&cropped, Coordinates::CropAndResize, linear, false);
        assert_eq!(table.first, [1, 2, -1]);
        let nearest = Nearest::Floor;
        let positions = nearest_positions(&cropped, Coordinates::CropAndResize, nearest);
        assert_eq!(positions, None);
    }
}
