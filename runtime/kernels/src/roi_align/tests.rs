use super::*;
use crate::testing::{cells, values};

fn pooled(region: [f32; 4], samples: usize, half_pixel: bool, max: bool) -> std::vec::Vec<f32> {
    // A plane that grows by 1 to the right and by 10 downwards.
    let plane: std::vec::Vec<f32> = (0..25).map(|i| (i % 5 + i / 5 * 10) as f32).collect();
    let (input, output) = (cells(&plane), cells(&[0.0f32; 4]));
    f32(&RoiAlign {
        input_shape: [1, 5, 5, 1],
        output_shape: [1, 2, 2],
        spatial_scale: 0.5,
        samples,
        half_pixel,
        max,
        input: &input,
        regions: Source::Constant(&region),
        images: Indices::I64(Source::Constant(&[0])),
        output: &output,
    })
    .unwrap();
    values(&output)
}

#[test]
fn means_of_a_plane_are_its_values_at_the_centres() {
    // The region is 1..5 by 1..3 pixels: bins of 2 by 1 with centres at x 2, 4 and y 1.5, 2.5.
    let region = [2.0, 2.0, 10.0, 6.0];
    assert_eq!(pooled(region, 2, false, false)[0], 17.0);
    assert_eq!(pooled(region, 0, false, false)[..3], [17.0, 18.75, 27.0]);
    assert_eq!(pooled(region, 2, true, false)[0], 11.5);
}

#[test]
fn the_maximum_is_of_weighted_neighbours() {
    // One point a bin, at (1.5, 1.25): the lower left of its neighbours weighs 3/8 of 11, the upper 1/8 of 21.
    let region = [2.0, 2.0, 6.0, 4.0];
    let greatest = pooled(region, 1, false, true);
    assert_eq!(greatest[0], 0.5 * 0.75 * 12.0);
}

#[test]
fn far_outside_is_zero_and_endless_regions_end() {
    assert_eq!(
        pooled([99.0, 99.0, 104.0, 104.0], 2, false, false),
        [0.0; 4]
    );
    assert_eq!(
        pooled([f32::MIN, f32::MIN, f32::MAX, f32::MAX], 0, true, false).len(),
        4
    );
    assert_eq!(pooled([3.0, 3.0, 1.0, 1.0], 0, true, false), [0.0; 4]);
}

#[test]
fn images_outside_the_batch_are_zero() {
    let (input, output) = (cells(&[1.0f32; 4]), cells(&[9.0f32; 3]));
    let op = RoiAlign {
        input_shape: [1, 2, 2, 1],
        output_shape: [3, 1, 1],
        spatial_scale: 1.0,
        samples: 1,
        half_pixel: false,
        max: false,
        input: &input,
        regions: Source::Constant(&[0.0; 12]),
        images: Indices::I64(Source::Constant(&[-1, 0, 1])),
        output: &output,
    };
    f32(&op).unwrap();
    assert_eq!(values(&output), [0.0, 1.0, 0.0]);
    assert!(f32(&RoiAlign { samples: 17, ..op }).is_err());
}
