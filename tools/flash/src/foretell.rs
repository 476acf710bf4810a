use crate::CostTable;
use serde::Serialize;

/// Stack that an inference takes beside that of its deepest step, and a margin for shapes that were not measured.
const STACK_MARGIN_BYTES: u32 = 128;

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
    /// Foretells steps: of each its kernel, its multiplications with weights, and the elements that it reads and
    /// writes.
    pub fn foretell<'a>(&self, steps: impl Iterator<Item = (&'a str, u64, u64)>) -> Foretold {
        let mut foretold = Foretold {
            steps: Vec::new(),
            unknown_kernels: Vec::new(),
            deepest_step_bytes: 0,
        };
        for (kernel, macs, elements) in steps {
            let cost = self.kernels.get(kernel);
            let instructions = cost.map(|cost| cost.instructions(macs, elements).round() as u64);
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

    #[test]
    fn an_unknown_kernel_leaves_the_whole_open() {
        let cost = KernelCost {
            mac: 2.0,
            element: 1.0,
            call: 10.0,
            stack: 100,
        };
        let table = CostTable {
            kernels: [("a".into(), cost)].into(),
        };
        let known = table.foretell([("a", 5, 3), ("a", 0, 1)].into_iter());
        assert_eq!(known.instructions(), Some(34));
        assert_eq!(known.stack_bytes(), Some(100 + STACK_MARGIN_BYTES));
        let open = table.foretell([("a", 5, 3), ("b", 1, 1), ("b", 1, 1)].into_iter());
        assert_eq!(open.steps, [Some(23), None, None]);
        assert_eq!(open.unknown_kernels, ["b"]);
        assert_eq!((open.instructions(), open.stack_bytes()), (None, None));
    }
}
