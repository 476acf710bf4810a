use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use safetensors::{Dtype, SafeTensorError, View};

use super::config::ConfigFile;
use super::{CONFIG, WEIGHTS};
use crate::{DecoderError, DecoderWeights, Pairing, TensorSpec};

/// Writes the model to `folder`, which is made where it is missing: `config.json` and, in f32,
/// `model.safetensors`.
///
/// *Errors*: `Io`; `Unsupported` where rotary pairs are interleaved.
///
/// *Memory*: one tensor.
pub fn write(weights: &DecoderWeights, folder: &Path) -> Result<(), DecoderError> {
    if weights.config().rope.pairing == Pairing::Interleaved {
        return Err(DecoderError::Unsupported {
            path: folder.into(),
            what: "a Hugging Face folder with interleaved rotary pairs".into(),
            remedy: "call `into_pairing(Pairing::Halves)` first",
        });
    }
    let io = |path: &Path, source: io::Error| DecoderError::Io {
        action: "write",
        path: path.into(),
        source,
    };
    fs::create_dir_all(folder).map_err(|source| io(folder, source))?;
    let path = folder.join(WEIGHTS);
    let tensors = weights.config().tensors().map(|spec| {
        let values = weights.tensor(&spec.name).unwrap_or_default();
        (spec.name.clone(), Tensor { spec, values })
    });
    // Without it, transformers does not open the file.
    let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
    safetensors::serialize_to_file(tensors, Some(metadata), &path).map_err(
        |error| match error {
            SafeTensorError::IoError(source) => io(&path, source),
            other => io(&path, io::Error::other(other)),
        },
    )?;
    let path = folder.join(CONFIG);
    let config = serde_json::to_vec_pretty(&ConfigFile::new(weights.config()))
        .expect("a configuration has a JSON form");
    fs::write(&path, config).map_err(|source| io(&path, source))
}

struct Tensor<'a> {
    spec: TensorSpec,
    values: &'a [f32],
}

impl View for Tensor<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.spec.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let bytes = self.values.iter().flat_map(|value| value.to_le_bytes());
        Cow::Owned(bytes.collect())
    }

    fn data_len(&self) -> usize {
        4 * self.values.len()
    }
}
