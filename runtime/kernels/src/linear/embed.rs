//! Rows of a matrix of few bits as floats: the embeddings of tokens, which may be those of the output layer.
//!
//! Shapes, with n tokens, k elements of an embedding and v of them: indices `[n]`, weights and scales as in
//! [`linear`](super) with v outputs and k inputs, output `[n, k]`. Element i is `q * scale`, rounded once. An index below 0
//! counts from the end, as in ONNX `Gather`.

use core::cell::Cell;

use super::{CHANNELS, QUAD, Weights};
use crate::{Result, f16, product, require, store};

/// Operands of a choice of rows.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// Elements of an embedding, k.
    pub inputs: usize,
    /// Embeddings, v.
    pub outputs: usize,
    /// Elements of a group.
    pub group: usize,
    /// `[n]`.
    pub indices: &'a [Cell<i64>],
    /// As in [`linear`](super).
    pub weights: Weights<'a>,
    /// As in [`linear`](super).
    pub scales: &'a [f16],
    /// `[n, k]`.
    pub output: &'a [Cell<f32>],
}

/// Writes the rows.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where extents and lengths do not fit, or an index has no row.
pub fn f32(op: &F32<'_>) -> Result {
    let (k, v, g) = (op.inputs, op.outputs, op.group);
    require(k > 0 && g > 0 && g.is_multiple_of(QUAD))?;
    let (blocks, groups) = (v.div_ceil(CHANNELS), k.div_ceil(g.max(1)));
    require(product(&[blocks, groups, CHANNELS]) == Some(op.scales.len()))?;
    require(op.weights.holds(blocks, groups, g))?;
    require(product(&[op.indices.len(), k]) == Some(op.output.len()))?;
    let row = |index: &Cell<i64>| {
        let index = index.get();
        let from_end = index.checked_add(i64::try_from(v).ok()?)?;
        let row = usize::try_from(if index < 0 { from_end } else { index }).ok()?;
        (row < v).then_some(row)
    };
    require(op.indices.iter().all(|index| row(index).is_some()))?;
    for (index, output) in op.indices.iter().zip(op.output.chunks_exact(k.max(1))) {
        let row = row(index).unwrap_or(0);
        let (block, lane) = (row / CHANNELS, row % CHANNELS);
        for input in 0..k {
            let at = (block * groups + input / g.max(1)) * CHANNELS + lane;
            let scale = op.scales.get(at).map_or(0.0, |scale| scale.to_f32());
            let weight = op.weights.get(row, input, groups, g);
            store(output, input, weight as f32 * scale);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Q4_GROUP, pack_q4, pack_q8};
    use super::*;
    use crate::testing::{cells, numbers, reals, values};
    use std::vec::Vec;

    #[test]
    fn rows_are_weights_times_scales() {
        let (inputs, outputs) = (40, 21);
        let groups = 2;
        let weights: Vec<i8> = numbers(inputs * outputs, 1).map(|n| n >> 4).collect();
        let scales = reals(2 * groups * CHANNELS, 2).into_iter();
        let scales: Vec<f16> = scales.map(f16::from_f32).collect();
        let (mut q8, mut q4) = (std::vec![0; 2 * 16 * 64], std::vec![0; 2 * 16 * 32]);
        pack_q8(&weights, inputs, Q4_GROUP, &mut q8).unwrap();
        pack_q4(&weights, inputs, &mut q4).unwrap();
        let indices = cells(&[20_i64, 0, -1]);
        for kind in [Weights::Q8(&q8), Weights::Q4(&q4)] {
            let output = cells(&[9.0_f32; 3 * 40]);
            let op = F32 {
                inputs,
                outputs,
                group: Q4_GROUP,
                indices: &indices,
                weights: kind,
                scales: &scales,
                output: &output,
            };
            f32(&op).unwrap();
            for (index, y) in values(&output).into_iter().enumerate() {
                let (row, input) = ([20, 0, 20][index / inputs], index % inputs);
                let lane = (row / CHANNELS * groups + input / Q4_GROUP) * CHANNELS + row % CHANNELS;
                let scale = scales[lane].to_f32();
                assert_eq!(y, f32::from(weights[row * inputs + input]) * scale);
            }
            for bad in [21_i64, -22, i64::MIN, i64::MAX] {
                let indices = cells(&[0, bad, 0]);
                assert!(
                    f32(&F32 {
                        indices: &indices,
                        ..op
                    })
                    .is_err()
                );
            }
        }
    }
}
