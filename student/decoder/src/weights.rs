use std::collections::BTreeMap;

use crate::{DecoderConfig, DecoderError};

/// Weights of a decoder, all that its configuration asks for and no others.
///
/// Values are f32, row-major, matrices `[out, in]`; [`DecoderConfig::tensors`] lists names and shapes.
///
/// *Memory*: four bytes a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderWeights {
    pub(crate) config: DecoderConfig,
    pub(crate) tensors: BTreeMap<String, Vec<f32>>,
}

impl DecoderWeights {
    /// Takes the tensors by their names.
    ///
    /// *Errors*: `Config` where the configuration cannot be; `Tensor` where one is missing, is left
    /// over or has not as many values as its shape.
    pub fn new(
        config: DecoderConfig,
        tensors: BTreeMap<String, Vec<f32>>,
    ) -> Result<Self, DecoderError> {
        config.check()?;
        let mut wanted = 0;
        for spec in config.tensors() {
            let Some(values) = tensors.get(&spec.name) else {
                return Err(DecoderError::tensor(
                    &spec.name,
                    format!("it is missing, and should be {:?}", spec.shape),
                ));
            };
            if values.len() != spec.len() {
                let reason = format!("{} values do not fill {:?}", values.len(), spec.shape);
                return Err(DecoderError::tensor(&spec.name, reason));
            }
            wanted += 1;
        }
        if tensors.len() > wanted {
            let known: std::collections::BTreeSet<String> =
                config.tensors().map(|spec| spec.name).collect();
            let mut left = tensors.keys().filter(|&name| !known.contains(name));
            let name = left.next().map_or("", String::as_str);
            return Err(DecoderError::tensor(
                name,
                "the configuration has no such tensor",
            ));
        }
        Ok(Self { config, tensors })
    }

    /// What the weights are for.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// Values of the tensor `name`, row-major; `None` where the configuration has no such tensor.
    pub fn tensor(&self, name: &str) -> Option<&[f32]> {
        self.tensors.get(name).map(Vec::as_slice)
    }

    /// The tensors by their names, for training to change them; [`DecoderWeights::new`] takes them back.
    pub fn into_tensors(self) -> BTreeMap<String, Vec<f32>> {
        self.tensors
    }
}
