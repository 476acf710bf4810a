use super::Package;
use crate::{
    DType, Error, KernelId, MAX_RANK, MAX_SCALARS, NO_TENSOR, Numerics, Opcode, Program, Region,
    Step, Tensor,
};

impl Package<'_> {
    /// Checks every row of every table against the others.
    pub(super) fn check_tables(&self) -> Result<(), Error> {
        if self.scalars.len() > MAX_SCALARS {
            return Err(Error::BadScalar);
        }
        for scalar in self.scalars {
            if scalar.min > scalar.initial || scalar.initial > scalar.max {
                return Err(Error::BadScalar);
            }
        }
        for fill in self.initial {
            let bytes = self.region_bytes(Region::State(fill.region));
            let end = fill.offset.checked_add(fill.bytes);
            let fits = end
                .zip(bytes)
                .is_some_and(|(end, bytes)| end as usize <= bytes);
            if !fits {
                return Err(Error::BadSection);
            }
        }
        for kernel in self.kernels {
            if Numerics::from_u8(kernel.numerics).is_none()
                || DType::from_u8(kernel.dtype).is_none()
            {
                return Err(Error::BadHeader);
            }
        }
        for tensor in self.tensors {
            self.check_tensor(tensor)?;
        }
        for step in self.steps {
            self.check_step(step)?;
        }
        for program in self.programs {
            self.check_program(program)?;
        }
        self.check_graph()
    }

    /// A whole graph is the only step of its package, and is there where the kernel list says so.
    fn check_graph(&self) -> Result<(), Error> {
        let is_graph = |id: &KernelId| id.opcode == Opcode::OnnxGraph as u16;
        match (self.onnx, self.kernels) {
            (None, kernels) if !kernels.iter().any(is_graph) => Ok(()),
            (Some(_), [id]) if is_graph(id) => match (self.programs, self.steps) {
                ([program], [step])
                    if self.inputs(0) == Some(self.step_inputs(step))
                        && self.outputs(0) == Some(self.step_outputs(step))
                        && program.step_count == 1 =>
                {
                    Ok(())
                }
                _ => Err(Error::BadProgram),
            },
            _ => Err(Error::BadSection),
        }
    }

    /// Outputs are those of all golden vectors, or not given.
    pub(super) fn check_golden_outputs(&self) -> Result<(), Error> {
        let Some(given) = self.golden_outputs else {
            return Ok(());
        };
        let vectors = self.golden.map_or(0, |golden| golden.vectors());
        let wanted = self
            .output_bytes()
            .and_then(|bytes| bytes.checked_mul(vectors));
        if wanted == Some(given.len()) {
            Ok(())
        } else {
            Err(Error::BadGolden)
        }
    }

    fn check_tensor(&self, tensor: &Tensor) -> Result<(), Error> {
        let info = self.decode_tensor(tensor).ok_or(Error::BadTensor)?;
        let elements = info
            .dims
            .iter()
            .try_fold(1u32, |n, &dim| n.checked_mul(dim))
            .ok_or(Error::BadTensor)?;
        let end = tensor
            .offset
            .checked_add(tensor.bytes)
            .ok_or(Error::BadTensor)?;
        let region_bytes = self.region_bytes(info.region).ok_or(Error::BadTensor)?;
        let fits = end as usize <= region_bytes
            && info.dtype.bytes(elements) == Some(tensor.bytes)
            && tensor.offset.is_multiple_of(info.dtype.alignment())
            && tensor.rank as usize <= MAX_RANK
            && tensor.scale.is_finite();
        if fits { Ok(()) } else { Err(Error::BadTensor) }
    }

    fn check_step(&self, step: &Step) -> Result<(), Error> {
        let count = usize::from(step.input_count) + usize::from(step.output_count);
        let operands = self
            .operand_range(step.first_operand, count)
            .ok_or(Error::BadStep)?;
        for (position, &operand) in operands.iter().enumerate() {
            let is_output = position >= usize::from(step.input_count);
            match self.tensors.get(usize::from(operand)) {
                Some(tensor) => {
                    let constant = matches!(
                        Region::from_u8(tensor.region),
                        Some(Region::Weights(_) | Region::Input)
                    );
                    if is_output && constant {
                        return Err(Error::BadStep);
                    }
                }
                None if operand == NO_TENSOR && !is_output => {}
                None => return Err(Error::BadStep),
            }
        }
        let kernel_exists = usize::from(step.kernel) < self.kernels.len();
        let params_fit = step.params_offset.is_multiple_of(4) && self.params_of(step).is_some();
        if kernel_exists && params_fit {
            Ok(())
        } else {
            Err(Error::BadStep)
        }
    }

    fn check_program(&self, program: &Program) -> Result<(), Error> {
        let ports = [
            (program.first_input, program.input_count),
            (program.first_output, program.output_count),
        ];
        for (first, count) in ports {
            let operands = self
                .operand_range(first, usize::from(count))
                .ok_or(Error::BadProgram)?;
            let known = |operand: &u16| usize::from(*operand) < self.tensors.len();
            if !operands.iter().all(known) {
                return Err(Error::BadProgram);
            }
        }
        self.program_steps(program).ok_or(Error::BadProgram)?;
        Ok(())
    }

    fn region_bytes(&self, region: Region) -> Option<usize> {
        let bytes = match region {
            Region::Arena(i) => *self.header.arena_bytes.get(usize::from(i))?,
            Region::State(i) => *self.header.state_bytes.get(usize::from(i))?,
            Region::Input => self.header.input_bytes,
            Region::Output => self.header.output_bytes,
            Region::Weights(i) => return Some(self.weights.get(usize::from(i))?.len()),
        };
        Some(bytes as usize)
    }
}
