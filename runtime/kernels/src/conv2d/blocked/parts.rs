//! Layers by a crew: by rows, and by blocks of channels where there is but one pixel.

use super::{check_f32, check_i8, check_pairs, f32, i8, i8_pairs};
use crate::conv2d::{F32, I8};
use crate::parts::{Blocks, Crew, Work, by_blocks, by_rows};
use crate::requantize::Multipliers;
use crate::{ContractError, Epilogue, Isa, Result, Weight, Window};

/// [`f32`](super::f32), shared out among a crew where that is worth it.
///
/// # Errors
/// As there.
pub fn f32_in_parts<W: Weight>(op: &F32<'_, f32, W>, isa: Isa, crew: Option<Crew<'_>>) -> Result {
    let Some(crew) = crew else {
        return f32(op, isa);
    };
    let (window, input, output) = (&op.window, op.input, op.output);
    let work = work(window, isa);
    if is_of_one_pixel(window) {
        check_f32(op)?;
        return by_blocks(
            crew,
            work,
            (window, input, output),
            |blocks, window, input, output| {
                let epilogue = Epilogue {
                    scales: op.epilogue.scales.map(|it| blocks.of(it)).transpose()?,
                    bias: op.epilogue.bias.map(|it| blocks.of(it)).transpose()?,
                    ..op.epilogue
                };
                let weights = blocks.weights(op.weights)?;
                f32(
                    &F32 {
                        window,
                        input,
                        weights,
                        epilogue,
                        output,
                        ..*op
                    },
                    isa,
                )
            },
        );
    }
    by_rows(
        crew,
        work,
        (window, input, output),
        |window, input, output| {
            f32(
                &F32 {
                    window,
                    input,
                    output,
                    ..*op
                },
                isa,
            )
        },
    )
}

/// [`i8`](super::i8), shared out among a crew where that is worth it.
///
/// # Errors
/// As there.
pub fn i8_in_parts(op: &I8<'_>, isa: Isa, crew: Option<Crew<'_>>) -> Result {
    let Some(crew) = crew else {
        return i8(op, isa);
    };
    check_i8(op)?;
    integers(op, isa, crew, i8)
}

/// [`i8_pairs`](super::i8_pairs), shared out among a crew where that is worth it.
///
/// # Errors
/// As there.
pub fn i8_pairs_in_parts(op: &I8<'_>, isa: Isa, crew: Option<Crew<'_>>) -> Result {
    let Some(crew) = crew else {
        return i8_pairs(op, isa);
    };
    check_pairs(op)?;
    integers(op, isa, crew, i8_pairs)
}

fn integers(op: &I8<'_>, isa: Isa, crew: Crew<'_>, kernel: fn(&I8<'_>, Isa) -> Result) -> Result {
    let (window, input, output) = (&op.window, op.input, op.output);
    let work = work(window, isa);
    if is_of_one_pixel(window) {
        return by_blocks(
            crew,
            work,
            (window, input, output),
            |blocks, window, input, output| {
                let op = I8 {
                    window,
                    input,
                    weights: blocks.weights(op.weights)?,
                    bias: op.bias.map(|it| blocks.of(it)).transpose()?,
                    multipliers: multipliers(&blocks, op.multipliers)?,
                    output,
                    ..*op
                };
                kernel(&op, isa)
            },
        );
    }
    by_rows(
        crew,
        work,
        (window, input, output),
        |window, input, output| {
            kernel(
                &I8 {
                    window,
                    input,
                    output,
                    ..*op
                },
                isa,
            )
        },
    )
}

fn multipliers<'a>(
    blocks: &Blocks,
    of: Multipliers<'a>,
) -> core::result::Result<Multipliers<'a>, ContractError> {
    Ok(match of {
        Multipliers::Onnx(m) => Multipliers::Onnx(blocks.of_all(m)?),
        Multipliers::Tflite(m) => Multipliers::Tflite(blocks.of_all(m)?),
        Multipliers::TfliteSingle(m) => Multipliers::TfliteSingle(blocks.of_all(m)?),
    })
}

fn is_of_one_pixel(window: &Window) -> bool {
    let [height, width, _] = window.output;
    [height, width] == [1, 1]
}

fn work(window: &Window, isa: Isa) -> Work {
    Work::products(window, window.input[2], isa)
}
