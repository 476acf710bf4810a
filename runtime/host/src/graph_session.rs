use std::ops::Range;

use cadet_format::{Package, Region, TensorInfo};
use cadet_runtime::Error;

use crate::{HostError, OnnxRunner};

/// A package that holds an ONNX graph, with memory for its inputs and outputs; tract has its own for what is
/// between.
pub struct GraphSession<'p, 'm> {
    package: Package<'p>,
    runner: OnnxRunner,
    input: &'m mut [u8],
    output: &'m mut [u8],
}

impl<'p, 'm> GraphSession<'p, 'm> {
    /// Loads the graph. `input` and `output` are buffers of at least the header's `input_bytes` and
    /// `output_bytes`.
    ///
    /// # Errors
    /// [`HostError::Graph`] where tract cannot load the model, [`HostError::GraphPorts`] where its inputs and
    /// outputs are not those of the package.
    pub(crate) fn new(
        package: Package<'p>,
        onnx: &[u8],
        input: &'m mut [u8],
        output: &'m mut [u8],
    ) -> Result<GraphSession<'p, 'm>, HostError> {
        let inputs = infos(&package, package.inputs(0))?;
        let shapes: Vec<Vec<usize>> = inputs.iter().map(shape).collect();
        let runner = OnnxRunner::with_shapes(onnx, &shapes)?;
        let outputs = infos(&package, package.outputs(0))?;
        for (ports, values, region) in [
            (&inputs, runner.inputs(), Region::Input),
            (&outputs, runner.outputs(), Region::Output),
        ] {
            let same = ports.iter().zip(values).all(|(port, value)| {
                port.region == region
                    && value.dtype == Some(port.dtype)
                    && value.shape == shape(port)
            });
            if !same || ports.len() != values.len() {
                return Err(HostError::GraphPorts);
            }
        }
        Ok(GraphSession {
            package,
            runner,
            input,
            output,
        })
    }

    pub(crate) fn package(&self) -> &Package<'p> {
        &self.package
    }

    pub(crate) fn run(&mut self, program: usize) -> Result<(), HostError> {
        if program != 0 {
            return Err(Error::NoSuchIndex.into());
        }
        let inputs: Vec<&[u8]> = infos(&self.package, self.package.inputs(0))?
            .iter()
            .map(|info| self.input.get(range(info)?))
            .collect::<Option<_>>()
            .ok_or(Error::BadTensor)?;
        let results = self.runner.run_bytes(&inputs)?;
        let outputs = infos(&self.package, self.package.outputs(0))?;
        for (info, result) in outputs.iter().zip(results) {
            let place = range(info).and_then(|range| self.output.get_mut(range));
            let place = place.filter(|place| place.len() == result.len());
            place.ok_or(Error::WrongShape)?.copy_from_slice(&result);
        }
        Ok(())
    }

    pub(crate) fn tensor(&self, index: u16) -> Result<&[u8], Error> {
        let info = self.package.tensor(index).ok_or(Error::NoSuchIndex)?;
        let range = range(&info).ok_or(Error::BadTensor)?;
        match info.region {
            Region::Input => self.input.get(range),
            Region::Output => self.output.get(range),
            _ => None,
        }
        .ok_or(Error::NoSuchIndex)
    }

    pub(crate) fn tensor_mut(&mut self, index: u16) -> Result<&mut [u8], Error> {
        let info = self.package.tensor(index).ok_or(Error::NoSuchIndex)?;
        let range = range(&info).ok_or(Error::BadTensor)?;
        match info.region {
            Region::Input => self.input.get_mut(range),
            Region::Output => self.output.get_mut(range),
            _ => None,
        }
        .ok_or(Error::NoSuchIndex)
    }
}

fn infos<'p>(package: &Package<'p>, rows: Option<&[u16]>) -> Result<Vec<TensorInfo<'p>>, Error> {
    let rows = rows.unwrap_or_default().iter();
    rows.map(|&row| package.tensor(row).ok_or(Error::NoSuchIndex))
        .collect()
}

fn shape(info: &TensorInfo<'_>) -> Vec<usize> {
    info.dims.iter().map(|&extent| extent as usize).collect()
}

fn range(info: &TensorInfo<'_>) -> Option<Range<usize>> {
    Some(info.offset..info.offset.checked_add(info.bytes)?)
}
