use crate::CostTable;
use serde::Serialize;

/// Stack that an inference takes beside that of its deepest step, and a margin for shapes that were not measured.
const STACK_MARGIN_BYTES: u32 = 128;

/// What a step works on.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// Name of the kernel.
    pub kernel: &'a str,
    /// Multiplications with weights.
    pub macs: u64,
    /// Extents of the activations that it reads, innermost last.
    pub inputs: &'a [Vec<usize>],
    /// Extents of what it writes.
    pub output: &'a [usize],
}

impl Work<'_> {
    /// How often an innermost loop starts, about: once for each run of channels that is multiplied with weights;
    /// where nothing is, once for each element that is read or written.
    pub fn loops(&self) -> u64 {
        let channels = self.inputs.first().and_then(|shape| shape.last());
        match channels {
            Some(&channels) if self.macs > 0 => self.macs.div_ceil(channels.max(1) as u64),
            _ => {
                let shapes = self.inputs.iter().map(Vec::as_slice).chain([self.output]);
                shapes
                    .map(|shape| shape.iter().product::<usize>() as u64)
                    .sum()
            }
        }
    }
}

/// What a cost table foretells of a plan. Where it lacks a kernel, it foretells nothing of the whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Foretold {
    /// Instructions of each step; `None` where the table lacks its kernel.
    pub steps: Vec<Option<u64>>,
    /// The kernels that the table lacks.
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
            let kernel = step.kernel;
            let cost = self.kernels.get(kernel);
            let instructions = cost.map(|cost| cost.instructions(step.macs, step.loops()));
            let instructions = instructions.map(|it| it.round() as u64);
            foretold.steps.push(instructions);
            match cost {
                Some(cost) => {
                    foretold.deepest_step_bytes = foretold.deepest_step_bytes.max(cost.stack);
                }
                None if foretold.unknown_kernels.iter().any(|it| it == kernel) => {}
                None => foretold.unknown_kernels.push(kernel.into()),
            }
        }
        foretold
    }
}

impl Foretold {
    /// Instructions of an inference; `None` where a kernel is unknown.
    pub fn instructions(&self) -> Option<u64> {
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
    use crate::KernelCost;

    const fn step(kernel: &'static str, output: &'static [usize]) -> Work<'static> {
        Work {
            kernel,
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
            macs: 25 * 9 * 8 * 4,
            inputs: &inputs,
            output: &[1, 5, 5, 4],
        };
        assert_eq!(conv.loops(), 25 * 9 * 4);
        assert_eq!(Work { macs: 0, ..conv }.loops(), 200 + 100);
    }

    #[test]
    fn an_unknown_kernel_leaves_the_whole_open() {
        let cost = KernelCost {
            mac: 2.0,
            start: 1.0,
            call: 10.0,
            stack: 100,
        };
        let table = CostTable {
            kernels: [("a".into(), cost)].into(),
        };
        let known = table.foretell([step("a", &[3]), step("a", &[1])].into_iter());
        assert_eq!(known.instructions(), Some(24));
        assert_eq!(known.stack_bytes(), Some(100 + STACK_MARGIN_BYTES));
        let steps = [step("a", &[3]), step("b", &[1]), step("b", &[1])];
        let open = table.foretell(steps.into_iter());
        assert_eq!(open.steps, [Some(13), None, None]);
        assert_eq!(open.unknown_kernels, ["b"]);
        assert_eq!((open.instructions(), open.stack_bytes()), (None, None));
    }
}
