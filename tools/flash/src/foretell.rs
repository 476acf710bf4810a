use crate::CostTable;
use serde::Serialize;
use std::borrow::Cow;

/// Stack that an inference takes beside that of its deepest step, and a margin for shapes that were not measured.
const STACK_MARGIN_BYTES: u32 = 128;

/// What a step works on.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// Name of the kernel.
    pub kernel: &'a str,
    /// The ONNX operator.
    pub op: &'a str,
    /// Multiplications with weights.
    pub macs: u64,
    /// Extents of the activations that it reads, innermost last.
    pub inputs: &'a [Vec<usize>],
    /// Extents of what it writes.
    pub output: &'a [usize],
}

/// What the cost of a step grows with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Multiplications with weights, those of channels that fill up a block included.
    pub macs: u64,
    /// How often an innermost loop starts, about: once for each run of channels that is multiplied with weights;
    /// where nothing is, once for each element that is read or written.
    pub loops: u64,
    /// Elements that are written.
    pub elements: u64,
    /// Elements that a layer with weights reads.
    pub inputs: u64,
    /// Pixels of a layer with weights, where their channels leave a block in part empty.
    pub tails: u64,
}

/// Kernels that compute any of several functions, at prices of their own.
const WITH_FUNCTIONS: [&str; 2] = ["unary.", "transcendental."];

impl Work<'_> {
    /// What a cost table lists it under: the kernel's name, such as `conv2d.i8.onnx`, and the operator's behind it
    /// where that is what the price depends on, such as `unary.f32.tanh`.
    pub fn cost_key(&self) -> Cow<'_, str> {
        if WITH_FUNCTIONS.iter().any(|it| self.kernel.starts_with(it)) {
            format!("{}.{}", self.kernel, self.op.to_lowercase()).into()
        } else {
            self.kernel.into()
        }
    }

    /// What its cost grows with, where kernels with weights work on `block` output channels side by side.
    pub fn size(&self, block: usize) -> Size {
        let count = |shape: &[usize]| shape.iter().product::<usize>() as u64;
        let elements = count(self.output);
        if self.macs == 0 {
            return Size {
                macs: 0,
                loops: self.inputs.iter().map(|it| count(it)).sum::<u64>() + elements,
                elements,
                inputs: 0,
                tails: 0,
            };
        }
        let last = |shape: &[usize]| shape.last().map_or(1, |&it| it.max(1) as u64);
        let (input, outputs) = (self.inputs.first(), last(self.output));
        let filled = outputs.next_multiple_of(block.max(1) as u64);
        let pixels = elements / outputs;
        let macs = self.macs / outputs * filled;
        Size {
            macs,
            loops: macs.div_ceil(input.map_or(1, |it| last(it))),
            elements,
            inputs: input.map_or(0, |it| count(it)),
            tails: if filled == outputs { 0 } else { pixels },
        }
    }
}

/// What a cost table foretells of a plan. Where it lacks a kernel, it foretells nothing of the whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Foretold {
    /// Cost of each step in the table's unit; `None` where the table lacks its kernel.
    pub steps: Vec<Option<u64>>,
    /// The kernels that the table lacks, as [`Work::cost_key`] calls them.
    pub unknown_kernels: Vec<String>,
    deepest_step_bytes: u32,
}

impl CostTable {
    /// Foretells steps.
    pub fn foretell<'a>(&self, steps: impl Iterator<Item = Work<'a>>) -> Foretold {
        let mut foretold = Foretold {
            steps: Vec::new(),
            unknown_kernels: Vec::new(),
            deepest_step_bytes: 0,
        };
        for step in steps {
            let kernel = step.cost_key();
            let of_step = self.of_step(&step, &kernel);
            foretold
                .steps
                .push(of_step.map(|(cost, _)| cost.round() as u64));
            match of_step {
                Some((_, stack)) => {
                    foretold.deepest_step_bytes = foretold.deepest_step_bytes.max(stack);
                }
                None if foretold.unknown_kernels.iter().any(|it| *it == kernel) => {}
                None => foretold.unknown_kernels.push(kernel.into()),
            }
        }
        foretold
    }

    /// Cost and stack of a step. A layer with a sum for which the table has no figures costs what both cost but for a
    /// call: a little more than it takes, as the layer's result is not stored and loaded.
    fn of_step(&self, step: &Work<'_>, kernel: &str) -> Option<(f64, u32)> {
        let size = step.size(self.block);
        if let Some(cost) = self.kernels.get(kernel) {
            return Some((cost.of(size), cost.stack));
        }
        let (layer, arithmetic) = kernel.split_once("_add.")?;
        let layer = self.kernels.get(&format!("{layer}.{arithmetic}"))?;
        // Single rounding is that of layers only.
        let sum = format!("add.{}", arithmetic.trim_end_matches("-single"));
        let sum = self.kernels.get(&sum)?;
        let summands = [step.output.to_vec(), step.output.to_vec()];
        let of_sum = Work {
            macs: 0,
            inputs: &summands,
            ..*step
        };
        let cost = layer.of(size) + sum.of(of_sum.size(self.block)) - sum.call;
        Some((cost, layer.stack.max(sum.stack)))
    }
}

impl Foretold {
    /// Cost of an inference; `None` where a kernel is unknown.
    pub fn cost(&self) -> Option<u64> {
        self.steps.iter().copied().sum()
    }

    /// Most stack of an inference in bytes: the deepest step as it was measured, and a margin. `None` where a
    /// kernel is unknown.
    pub fn stack_bytes(&self) -> Option<u32> {
        let is_known = self.unknown_kernels.is_empty();
        is_known.then(|| self.deepest_step_bytes + STACK_MARGIN_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KernelCost, Unit};

    const fn step(kernel: &'static str, output: &'static [usize]) -> Work<'static> {
        Work {
            kernel,
            op: "Tanh",
            macs: 0,
            inputs: &[],
            output,
        }
    }

    #[test]
    fn loops_run_over_channels_or_elements() {
        let inputs = [vec![1, 5, 5, 8]];
        let conv = Work {
            kernel: "conv",
            op: "Conv",
            macs: 25 * 9 * 8 * 4,
            inputs: &inputs,
            output: &[1, 5, 5, 4],
        };
        let wanted = Size {
            macs: 25 * 9 * 8 * 4,
            loops: 25 * 9 * 4,
            elements: 100,
            inputs: 200,
            tails: 0,
        };
        assert_eq!(conv.size(1), wanted);
        assert_eq!(Work { macs: 0, ..conv }.size(16).loops, 200 + 100);
    }

    #[test]
    fn blocks_are_filled_up() {
        let inputs = [vec![1, 300]];
        let dense = Work {
            kernel: "fully_connected",
            op: "Gemm",
            macs: 300 * 20,
            inputs: &inputs,
            output: &[1, 20],
        };
        let wanted = Size {
            macs: 300 * 32,
            loops: 32,
            elements: 20,
            inputs: 300,
            tails: 1,
        };
        assert_eq!(dense.size(16), wanted);
        assert_eq!(dense.size(4).tails, 0);
    }

    #[test]
    fn functions_have_prices_of_their_own() {
        assert_eq!(step("table.i8", &[]).cost_key(), "table.i8");
        assert_eq!(step("unary.f32", &[]).cost_key(), "unary.f32.tanh");
    }

    #[test]
    fn a_layer_with_a_sum_costs_both() {
        let layer = KernelCost {
            mac: 2.0,
            call: 100.0,
            stack: 50,
            ..KernelCost::default()
        };
        let sum = KernelCost {
            start: 1.0,
            element: 3.0,
            call: 1000.0,
            stack: 60,
            ..KernelCost::default()
        };
        let kernels = [
            ("fully_connected.i8.tflite-single".into(), layer),
            ("add.i8.tflite".into(), sum),
        ];
        let table = CostTable {
            kernels: kernels.into(),
            ..CostTable::empty(Unit::Instructions)
        };
        let inputs = [vec![1, 8], vec![1, 4]];
        let step = Work {
            kernel: "fully_connected_add.i8.tflite-single",
            op: "Gemm+Add",
            macs: 32,
            inputs: &inputs,
            output: &[1, 4],
        };
        let foretold = table.foretell([step].into_iter());
        // Two summands are read and one sum is written.
        assert_eq!(foretold.steps, [Some(2 * 32 + 100 + 3 * 4 + 3 * 4)]);
        assert_eq!(foretold.stack_bytes(), Some(60 + STACK_MARGIN_BYTES));
    }

    #[test]
    fn an_unknown_kernel_leaves_the_whole_open() {
        let cost = KernelCost {
            mac: 2.0,
            start: 1.0,
            element: 0.0,
            call: 10.0,
            stack: 100,
            ..KernelCost::default()
        };
        let table = CostTable {
            kernels: [("a".into(), cost)].into(),
            ..CostTable::empty(Unit::Instructions)
        };
        let known = table.foretell([step("a", &[3]), step("a", &[1])].into_iter());
        assert_eq!(known.cost(), Some(24));
        assert_eq!(known.stack_bytes(), Some(100 + STACK_MARGIN_BYTES));
        let steps = [step("a", &[3]), step("b", &[1]), step("b", &[1])];
        let open = table.foretell(steps.into_iter());
        assert_eq!(open.steps, [Some(13), None, None]);
        assert_eq!(open.unknown_kernels, ["b"]);
        assert_eq!((open.cost(), open.stack_bytes()), (None, None));
    }
}
