use std::path::Path;

use cadet_format::Generator;
use cadet_host::{OnnxError, OnnxRunner};

/// An ONNX model to be run by tract, with pseudo-random inputs.
pub struct OnnxSubject {
    runner: OnnxRunner,
    inputs: Vec<Vec<u8>>,
}

impl OnnxSubject {
    /// The model optimised by tract, with a batch of 1, after its first run.
    ///
    /// *Errors*: where tract cannot load or run it.
    pub fn load(path: &Path) -> Result<OnnxSubject, OnnxError> {
        let runner = OnnxRunner::load(path, 1)?;
        let mut generator = Generator::new(1);
        let inputs = runner.inputs().iter().filter_map(|input| {
            let dtype = input.dtype?;
            let elements: usize = input.shape.iter().product();
            let mut bytes = vec![0; dtype.bytes(elements as u32)? as usize];
            generator.fill(dtype, &mut bytes);
            Some(bytes)
        });
        let inputs = inputs.collect();
        let subject = OnnxSubject { runner, inputs };
        subject.run()?;
        Ok(subject)
    }

    /// Runs it once; copies of its inputs and outputs are a part of that.
    ///
    /// *Errors*: those of [`OnnxRunner::run_bytes`].
    pub fn run(&self) -> Result<Vec<Vec<u8>>, OnnxError> {
        let inputs: Vec<&[u8]> = self.inputs.iter().map(Vec::as_slice).collect();
        self.runner.run_bytes(&inputs)
    }
}
