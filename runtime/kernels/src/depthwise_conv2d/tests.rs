use super::*;
use crate::testing::{cells, numbers, reals, values};
use crate::{conv2d, f16};
use proptest::prelude::*;
use std::vec::Vec;

/// Windows of all kinds over some channels.
fn windows() -> impl Strategy<Value = Window> {
    (conv2d::tests::windows(), 1usize..40).prop_map(|((mut window, _), channels)| {
        window.input[2] = channels;
        window.output[2] = channels;
        window
    })
}

proptest! {
    #[test]
    fn int8_is_the_same_by_every_isa(window in windows(), seed: u32, zx in -128i32..128, kind in 0..3) {
        let (channels, taps) = (window.output[2], window.taps());
        let input = cells(&numbers(window.input.iter().product(), seed).collect::<Vec<_>>());
        let weights: Vec<i8> = numbers(channels * taps, seed ^ 1).collect();
        let bias: Vec<i32> = numbers(channels, seed ^ 2).map(|b| i32::from(b) * 100).collect();
        let floats: Vec<f32> = numbers(channels, seed ^ 3).map(|m| (f32::from(m) + 129.0) * 1e-4).collect();
        let pairs: Vec<[i32; 2]> = numbers(channels, seed ^ 4).map(|m| [(i32::from(m) + 384) << 22, i32::from(m % 9) - 5]).collect();
        let multipliers = match kind {
            0 => Multipliers::Onnx(&floats),
            1 => Multipliers::Tflite(&pairs),
            _ => Multipliers::Onnx(&floats[..1]),
        };
        let expected = cells(&std::vec![0i8; window.output.iter().product()]);
        let op = I8 {
            window, input: &input, weights: &weights, weight_zero_points: None, bias: Some(&bias), multipliers,
            quant: Quant { input_zero_point: zx, output_zero_point: -7, min: -120, max: 125 },
            output: &expected,
        };
        i8(&op).unwrap();
        for isa in Isa::all() {
            let output = cells(&std::vec![0i8; expected.len()]);
            i8_by(&I8 { output: &output, ..op }, isa).unwrap();
            prop_assert_eq!(values(&output), values(&expected), "{}", isa.name());
            // In place, where the window lets a pixel overwrite what only it still reads.
            if window.kernel == [1, 1] && window.stride == [1, 1] && window.pad == [0, 0] {
                let shared = cells(&values(&input));
                i8_by(&I8 { input: &shared, output: &shared, ..op }, isa).unwrap();
                prop_assert_eq!(values(&shared), values(&expected), "{}", isa.name());
            }
        }
    }

    #[test]
    fn f32_is_within_its_bound_by_every_isa(window in windows(), seed: u32) {
        is_within_its_bound(window, &reals(weights_of(&window), seed ^ 1), None, seed)?;
    }

    #[test]
    fn f32_on_f16_weights_is_within_its_bound_by_every_isa(window in windows(), seed: u32) {
        let weights: Vec<f16> = reals(weights_of(&window), seed ^ 1).into_iter().map(f16::from_f32).collect();
        is_within_its_bound(window, &weights, None, seed)?;
    }

    #[test]
    fn f32_on_scaled_int8_weights_is_within_its_bound_by_every_isa(window in windows(), seed: u32) {
        let weights: Vec<i8> = numbers(weights_of(&window), seed ^ 1).collect();
        // With weights of at most 128, products are at most 1.7.
        let scales: Vec<f32> = numbers(window.output[2], seed ^ 3).map(|it| (f32::from(it) + 129.0) * 4e-5).collect();
        is_within_its_bound(window, &weights, Some(&scales), seed)?;
    }
}

fn weights_of(window: &Window) -> usize {
    window.output[2] * window.taps()
}

/// Every instruction set against the scalar file; inputs are at most 1.7, weights with their scales too.
fn is_within_its_bound<W: Weight>(
    window: Window,
    weights: &[W],
    scales: Option<&[f32]>,
    seed: u32,
) -> core::result::Result<(), TestCaseError> {
    let (channels, taps) = (window.output[2], window.taps());
    let input = cells(&reals(window.input.iter().product(), seed));
    let bias = reals(channels, seed ^ 2);
    let expected = cells(&std::vec![0f32; window.output.iter().product()]);
    let op = F32 {
        window,
        input: &input,
        weights,
        epilogue: Epilogue {
            scales,
            bias: Some(&bias),
            clamp: [-3.0, 2.0],
        },
        output: &expected,
    };
    f32(&op).unwrap();
    let bound = 4.0 * (taps + 1) as f32 * 2f32.powi(-24) * (2.9 * taps as f32 + 2.0);
    for isa in Isa::all() {
        let output = cells(&std::vec![0f32; expected.len()]);
        f32_by(
            &F32 {
                output: &output,
                ..op
            },
            isa,
        )
        .unwrap();
        for (y, expected) in values(&output).iter().zip(values(&expected)) {
            prop_assert!(
                (y - expected).abs() <= bound,
                "{y} for {expected}, {}",
                isa.name()
            );
        }
    }
    Ok(())
}

#[test]
fn windows_that_are_none_are_refused_by_every_isa() {
    let window = Window {
        input: [2, 2, 8],
        output: [2, 2, 8],
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0],
    };
    let (stride, kernel, dilation) = ([1, 0], [0, 0], [1, usize::MAX]);
    let wrong = [
        Window { stride, ..window },
        Window { kernel, ..window },
        Window {
            kernel: [1, 2],
            dilation,
            ..window
        },
        Window {
            output: [2, 0, 8],
            ..window
        },
    ];
    let (floats, bytes) = (cells(&[0f32; 32]), cells(&[0i8; 32]));
    let quant = Quant {
        input_zero_point: 0,
        output_zero_point: 0,
        min: -128,
        max: 127,
    };
    for (window, isa) in wrong
        .iter()
        .flat_map(|it| Isa::all().map(move |isa| (*it, isa)))
    {
        let (f, i) = (&[0f32; 8][..], &[0i8; 8][..]);
        let epilogue = Epilogue::NONE;
        let op = F32 {
            window,
            input: &floats,
            weights: f,
            epilogue,
            output: &floats,
        };
        assert_eq!(f32_by(&op, isa), Err(ContractError), "{}", isa.name());
        let op = I8 {
            window,
            input: &bytes,
            weights: i,
            weight_zero_points: None,
            bias: None,
            multipliers: Multipliers::Onnx(&[1.0]),
            quant,
            output: &bytes,
        };
        assert_eq!(i8_by(&op, isa), Err(ContractError), "{}", isa.name());
    }
}
