use super::*;
use crate::testing::{cells, values};
use proptest::prelude::*;

/// Samples the line 10, 20, 30 at one coordinate.
fn at(coordinate: f32, mode: Mode, padding: Padding, align_corners: bool) -> f32 {
    let (input, output) = (cells(&[10.0f32, 20.0, 30.0]), cells(&[0.0f32]));
    f32(&GridSample {
        batch: 1,
        extents: [1, 1, 3],
        channels: 1,
        points: 1,
        axes: 1,
        mode,
        padding,
        align_corners,
        input: &input,
        grid: Source::Constant(&[coordinate]),
        output: &output,
    })
    .unwrap();
    values(&output)[0]
}

#[test]
fn corners_are_centres_or_edges() {
    for (coordinate, aligned, edges) in [(-1.0, 10.0, 5.0), (0.0, 20.0, 20.0), (0.5, 25.0, 27.5)] {
        let linear = |align| at(coordinate, Mode::Linear, Padding::Zeros, align);
        assert_eq!((linear(true), linear(false)), (aligned, edges));
    }
}

#[test]
fn nearest_takes_half_to_even() {
    assert_eq!(at(-0.5, Mode::Nearest, Padding::Zeros, true), 10.0);
    assert_eq!(at(0.5, Mode::Nearest, Padding::Zeros, true), 30.0);
}

#[test]
fn padding_stands_in_for_what_is_outside() {
    // Four elements to the right of the centre: position 5 of the line.
    for (padding, aligned) in [
        (Padding::Zeros, 0.0),
        (Padding::Border, 30.0),
        (Padding::Reflection, 20.0),
    ] {
        assert_eq!(at(4.0, Mode::Nearest, padding, true), aligned);
        assert_eq!(at(4.0, Mode::Linear, padding, true), aligned);
    }
    // Position 4, mirrored at the edge behind element 2, is element 1.
    assert_eq!(at(2.0, Mode::Nearest, Padding::Reflection, false), 20.0);
    assert_eq!(at(-2.0, Mode::Nearest, Padding::Reflection, false), 20.0);
}

#[test]
fn cubic_weights_sum_to_one() {
    let flat = at(0.3, Mode::Cubic, Padding::Reflection, false);
    assert!((20.0..30.0).contains(&flat));
    assert_eq!(at(0.0, Mode::Cubic, Padding::Border, true), 20.0);
}

#[test]
fn planes_take_the_innermost_coordinate_first() {
    let (input, output) = (
        cells(&[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]),
        cells(&[0.0f32; 2]),
    );
    let op = GridSample {
        batch: 1,
        extents: [1, 3, 1],
        channels: 2,
        points: 1,
        axes: 2,
        mode: Mode::Linear,
        padding: Padding::Zeros,
        align_corners: true,
        input: &input,
        grid: Source::Constant(&[0.0, 0.5]),
        output: &output,
    };
    f32(&op).unwrap();
    assert_eq!(values(&output), [4.0, 5.0]);
    let line = GridSample {
        axes: 1,
        grid: Source::Constant(&[0.0]),
        ..op
    };
    assert!(f32(&line).is_err(), "no coordinate for the height");
}

proptest! {
    #[test]
    fn results_of_linear_sampling_lie_between_the_elements(
        coordinate in any::<f32>(),
        align in any::<bool>(),
        padding in prop::sample::select(std::vec![Padding::Border, Padding::Reflection]),
    ) {
        for mode in [Mode::Nearest, Mode::Linear] {
            let y = at(coordinate, mode, padding, align);
            if coordinate.is_nan() {
                prop_assert!(y.is_nan());
            } else if coordinate.abs() < 1e6 {
                prop_assert!((9.99..=30.01).contains(&y), "{coordinate} gives {y}");
            }
        }
    }
}
