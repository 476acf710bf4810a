use std::cmp::Reverse;

use super::{Buffer, Overwrite};

/// Most bytes that the live buffers of one step take at the least.
pub(crate) fn lower_bound(buffers: &[Buffer], overwrites: &[Overwrite]) -> usize {
    step_bytes(buffers, overwrites, peak(buffers, overwrites))
}

/// The first step whose live buffers take the most bytes.
pub(crate) fn peak(buffers: &[Buffer], overwrites: &[Overwrite]) -> usize {
    let mut starts: Vec<usize> = buffers.iter().map(|buffer| buffer.first).collect();
    starts.sort_unstable();
    starts.dedup();
    let key = |&step: &usize| (step_bytes(buffers, overwrites, step), Reverse(step));
    starts.into_iter().max_by_key(key).unwrap_or(0)
}

/// The live bytes that nothing overlaps, and what the overlapping operands take together: no less
/// than all inputs, than all outputs, and than any input with its output.
fn step_bytes(buffers: &[Buffer], overwrites: &[Overwrite], step: usize) -> usize {
    let mut inputs = vec![false; buffers.len()];
    let mut outputs = vec![false; buffers.len()];
    let mut together = 0;
    for pair in overwrites {
        let (input, output) = (&buffers[pair.input], &buffers[pair.output]);
        if input.last == step && output.first == step {
            inputs[pair.input] = true;
            outputs[pair.output] = true;
            let before = output.bytes.max(pair.overlap.before + input.bytes);
            let after = input.bytes.max(pair.overlap.after + output.bytes);
            together = together.max(before.min(after).min(input.bytes + output.bytes));
        }
    }
    let sum = |is_meant: &dyn Fn(usize) -> bool| -> usize {
        let live = buffers.iter().enumerate().filter(|&(index, buffer)| {
            (buffer.first..=buffer.last).contains(&step) && is_meant(index)
        });
        live.map(|(_, buffer)| buffer.bytes).sum()
    };
    let apart = sum(&|index| !inputs[index] && !outputs[index]);
    apart
        + together
            .max(sum(&|index| inputs[index]))
            .max(sum(&|index| outputs[index]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cadet_kernels::Overlap;

    #[test]
    fn each_step_counts_its_operands_together_and_the_others_in_full() {
        let buffer = |bytes, first, last| Buffer { bytes, first, last };
        let overwrite = |input, output, before, after| Overwrite {
            input,
            output,
            overlap: Overlap { before, after },
        };
        // Step 1 writes 400 bytes over 100 that start 310 after them, while 30 live on.
        let buffers = [buffer(100, 0, 1), buffer(400, 1, 2), buffer(30, 0, 2)];
        assert_eq!(lower_bound(&buffers, &[]), 530);
        assert_eq!(lower_bound(&buffers, &[overwrite(0, 1, 310, 100)]), 440);
        assert_eq!(lower_bound(&buffers, &[overwrite(0, 1, 310, 5)]), 435);
        assert_eq!(lower_bound(&buffers, &[overwrite(0, 1, 400, 100)]), 530);
        // A sum over both its inputs.
        let sum = [buffer(64, 0, 1), buffer(64, 0, 1), buffer(64, 1, 2)];
        let both = [overwrite(0, 2, 0, 64), overwrite(1, 2, 0, 64)];
        assert_eq!(lower_bound(&sum, &both), 128);
        // The input lives on.
        let residual = [buffer(64, 0, 2), buffer(64, 1, 2)];
        assert_eq!(lower_bound(&residual, &[overwrite(0, 1, 0, 64)]), 128);
    }
}
