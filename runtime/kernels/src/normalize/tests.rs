use super::*;
use crate::testing::{cells, values};
use proptest::prelude::*;
use std::vec::Vec;

fn layer<'a>(extents: &'a [usize], axes: u32, x: &'a [Cell<f32>], y: &'a [Cell<f32>]) -> F32<'a> {
    F32 {
        extents,
        axes,
        kind: Kind::Standard,
        epsilon: 1e-5,
        input: x,
        scale: None,
        bias: None,
        output: y,
        mean: None,
        inverse_deviation: None,
    }
}

fn exact(kind: Kind, epsilon: f64, x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let square = |mean: f64| x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
    match kind {
        Kind::Standard => {
            let mean = x.iter().sum::<f64>() / n;
            (mean, (square(mean) / n + epsilon).sqrt())
        }
        Kind::RootMeanSquare => (0.0, (square(0.0) / n + epsilon).sqrt()),
        Kind::L1 => (0.0, x.iter().map(|x| x.abs()).sum()),
        Kind::L2 => (0.0, square(0.0).sqrt()),
    }
}

proptest! {
    #[test]
    fn rows_are_close_to_the_exact_ones(x in prop::collection::vec(-4.0f32..4.0, 2..40)) {
        let both: Vec<f32> = x.iter().copied().chain(x.iter().map(|x| x * 0.5 + 3.0)).collect();
        let extents = [2, x.len()];
        let scale: Vec<f32> = (0..x.len()).map(|i| 1.0 + i as f32 / 8.0).collect();
        for kind in [Kind::Standard, Kind::RootMeanSquare, Kind::L1, Kind::L2] {
            let y = cells(&both);
            let (mean, inverse) = (cells(&[0.0f32; 2]), cells(&[0.0f32; 2]));
            f32(&F32 {
                kind,
                scale: Some(Broadcast { extents: &extents[1..], elements: Source::Constant(&scale) }),
                bias: Some(Broadcast { extents: &[2, 1], elements: Source::Constant(&[0.5, -0.5]) }),
                mean: Some(&mean),
                inverse_deviation: Some(&inverse),
                ..layer(&extents, 0b10, &y, &y)
            }).unwrap();
            for (row, x) in both.chunks(x.len()).enumerate() {
                let x: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
                let (m, d) = exact(kind, f64::from(1e-5f32), &x);
                prop_assume!(d > 1e-2);
                prop_assert!((f64::from(values(&mean)[row]) - m).abs() < 1e-5);
                prop_assert!((f64::from(values(&inverse)[row]) * d - 1.0).abs() < 1e-3);
                for (i, x) in x.iter().enumerate() {
                    let wanted = (x - m) / d * f64::from(scale[i]) + 0.5 - row as f64;
                    let got = f64::from(values(&y)[row * extents[1] + i]);
                    prop_assert!((got - wanted).abs() <= 2e-3 * (1.0 + wanted.abs()), "{kind:?}: {got} for {wanted}");
                }
            }
        }
    }
}

#[test]
fn groups_need_not_be_contiguous() {
    // Two channels, last: [1, 3] and [10, 30].
    let x = cells(&[1.0f32, 10.0, 3.0, 30.0]);
    let y = cells(&[0.0f32; 4]);
    let op = F32 {
        epsilon: 0.0,
        ..layer(&[2, 2], 0b01, &x, &y)
    };
    f32(&op).unwrap();
    assert_eq!(values(&y), [-1.0, -1.0, 1.0, 1.0]);
}

#[test]
fn norms_of_nothing_give_zeros() {
    for kind in [Kind::L1, Kind::L2] {
        let x = cells(&[0.0f32, 0.0, 3.0, -4.0]);
        f32(&F32 {
            kind,
            ..layer(&[2, 2], 0b10, &x, &x)
        })
        .unwrap();
        let y = values(&x);
        assert_eq!(&y[..2], [0.0, 0.0]);
        assert!(y[2] > 0.4 && y[3] < -0.5, "{kind:?}");
    }
}

#[test]
fn refuses_operands_that_do_not_fit() {
    let (x, y) = (cells(&[0.0f32; 6]), cells(&[0.0f32; 6]));
    let op = layer(&[2, 3], 0b10, &x, &y);
    let two = Source::Constant(&[1.0f32; 2][..]);
    let wrong = Some(Broadcast {
        extents: &[2],
        elements: two,
    });
    let short = Some(Broadcast {
        extents: &[3],
        elements: two,
    });
    assert!(f32(&op).is_ok());
    assert!(f32(&F32 { scale: wrong, ..op }).is_err());
    assert!(f32(&F32 { bias: short, ..op }).is_err());
    assert!(
        f32(&F32 {
            mean: Some(&x),
            ..op
        })
        .is_err()
    );
    assert!(f32(&F32 { axes: 0b100, ..op }).is_err());
}
