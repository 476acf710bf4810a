use super::*;
use crate::conv2d;
use crate::testing::{cells, reals, values};
use proptest::prelude::*;
use std::vec;

proptest! {
    /// Offsets of whole pixels move the taps, which a larger padding does as well.
    #[test]
    fn whole_offsets_are_padding((window, groups) in conv2d::tests::windows(), seed: u32) {
        let ([h, w, i], [oh, ow, o], [kh, kw]) = (window.input, window.output, window.kernel);
        let (x, weights) = (cells(&reals(h * w * i, seed)), reals(o * kh * kw * (i / groups), seed ^ 1));
        let (moved, plain) = (cells(&vec![0.0f32; oh * ow * o]), cells(&vec![0.0f32; oh * ow * o]));
        let offsets: std::vec::Vec<f32> = (0..oh * ow * groups * kh * kw).flat_map(|_| [-1.0, -2.0]).collect();
        let padded = Window { pad: [window.pad[0] + 1, window.pad[1] + 2], ..window };
        f32(&F32 {
            window, groups, offset_groups: groups, input: &x, weights: &weights,
            offsets: &cells(&offsets), mask: None, epilogue: Epilogue::NONE, output: &moved,
        }).unwrap();
        conv2d::f32(&conv2d::F32 { sum: None,
            window: padded, groups, input: &x, weights: &weights[..], epilogue: Epilogue::NONE, output: &plain,
        }).unwrap();
        prop_assert_eq!(values(&moved), values(&plain));
    }
}

fn point() -> Window {
    Window {
        input: [2, 2, 1],
        output: [1, 1, 1],
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0],
    }
}

#[test]
fn fractions_read_between_pixels() {
    let input = cells(&[1.0f32, 2.0, 3.0, 4.0]);
    for (offset, expected) in [
        ([0.5, 0.5], 2.5),
        ([0.25, 0.0], 1.5),
        ([-0.5, 0.0], 0.5),
        ([1.5, 1.0], 2.0),
        ([-1.0, 0.0], 0.0),
        ([2.0, 0.0], 0.0),
        ([f32::NAN, 0.0], 0.0),
        ([1e30, -1e30], 0.0),
    ] {
        let output = cells(&[0.0f32]);
        f32(&F32 {
            window: point(),
            groups: 1,
            offset_groups: 1,
            input: &input,
            weights: &[2.0],
            offsets: &cells(&offset),
            mask: Some(&cells(&[0.5])),
            epilogue: Epilogue::NONE,
            output: &output,
        })
        .unwrap();
        assert_eq!(values(&output), [expected], "{offset:?}");
    }
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    let output = cells(&[7.0f32]);
    let (input, offsets) = (cells(&[0.0f32; 4]), cells(&[0.0f32; 2]));
    let op = F32 {
        window: point(),
        groups: 1,
        offset_groups: 1,
        input: &input,
        weights: &[2.0],
        offsets: &offsets,
        mask: None,
        epilogue: Epilogue::NONE,
        output: &output,
    };
    assert!(
        f32(&F32 {
            offset_groups: 2,
            ..op
        })
        .is_err()
    );
    assert!(
        f32(&F32 {
            offsets: &offsets[1..],
            ..op
        })
        .is_err()
    );
    assert!(
        f32(&F32 {
            mask: Some(&input),
            ..op
        })
        .is_err()
    );
    assert_eq!(values(&output), [7.0], "written before the check");
    assert!(f32(&op).is_ok());
}
