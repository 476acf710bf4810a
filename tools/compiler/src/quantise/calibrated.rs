use super::{apply, functions, observe};
use crate::error::CompileError;
use crate::ir::Graph;
use crate::options::{Calibration, Options};

/// A float graph with the ranges of its activations, from which int8 graphs are made.
#[derive(Clone, Debug)]
pub(crate) struct Calibrated {
    /// The float graph.
    pub(crate) graph: Graph,
    /// Least and greatest value of each tensor.
    ranges: Vec<(f32, f32)>,
}

impl Calibrated {
    /// Runs the calibration data through a float graph.
    ///
    /// # Errors
    /// `Option` where the samples do not suit the model.
    pub(crate) fn new(
        graph: Graph,
        calibration: &Calibration,
        options: &Options,
    ) -> Result<Calibrated, CompileError> {
        let ranges = observe::ranges(&graph, calibration, options)?;
        Ok(Calibrated { graph, ranges })
    }

    /// Without data: good for sizes, which do not depend on ranges.
    pub(crate) fn uncalibrated(graph: Graph) -> Calibrated {
        let ranges = vec![(-1.0, 1.0); graph.tensors.len()];
        Calibrated { graph, ranges }
    }

    /// The graph in int8, but for the steps that the options keep in floats.
    pub(crate) fn quantised(&self, options: &Options) -> Graph {
        let mut graph = self.graph.clone();
        if options.fuse {
            functions::join(&mut graph);
        }
        apply::apply(&mut graph, &self.ranges, &options.kept_float);
        graph
    }
}
