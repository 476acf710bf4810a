use super::observe::Activations;
use super::{apply, bias_correction, equalise, functions, observe};
use crate::error::CompileError;
use crate::ir::Graph;
use crate::options::{Calibration, Options};

/// A float graph and what calibration data says about it, from which int8 graphs are made.
#[derive(Clone, Debug)]
pub(crate) struct Calibrated {
    /// The float graph, equalised where the options say so.
    pub(crate) graph: Graph,
    /// Least and greatest value of each tensor.
    ranges: Vec<(f32, f32)>,
    /// Means of what layers read, where biases are to be corrected.
    means: Activations,
}

impl Calibrated {
    /// Runs the calibration data through a float graph.
    ///
    /// # Errors
    /// `Option` where the samples do not suit the model.
    pub(crate) fn new(
        mut graph: Graph,
        calibration: &Calibration,
        options: &Options,
    ) -> Result<Calibrated, CompileError> {
        let samples = &calibration.samples;
        if options.equalise {
            let reaches = observe::reaches(&graph, samples, options)?;
            equalise::equalise(&mut graph, reaches);
        }
        let means = match options.bias_correction {
            true => observe::means(&graph, samples, options)?,
            false => Activations::new(),
        };
        Ok(Calibrated {
            ranges: observe::ranges(&graph, calibration, options)?,
            means,
            graph,
        })
    }

    /// Without data: good for sizes, which do not depend on it.
    pub(crate) fn uncalibrated(graph: Graph) -> Calibrated {
        Calibrated {
            ranges: vec![(-1.0, 1.0); graph.tensors.len()],
            means: Activations::new(),
            graph,
        }
    }

    /// The graph in int8, but for the steps that the options keep in floats.
    ///
    /// # Errors
    /// `TooLarge` where a layer exceeds what package offsets can hold.
    pub(crate) fn quantised(&self, options: &Options) -> Result<Graph, CompileError> {
        let mut graph = self.graph.clone();
        if options.fuse {
            functions::join(&mut graph);
        }
        apply::apply(&mut graph, &self.ranges, &options.kept_float);
        if options.bias_correction {
            bias_correction::correct(&mut graph, self.graph.tensors.len(), &self.means, options)?;
        }
        Ok(graph)
    }
}
