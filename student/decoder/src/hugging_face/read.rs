use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use super::{CONFIG, INDEX, WEIGHTS, config};
use crate::tensors::HEAD;
use crate::{DecoderConfig, DecoderError, DecoderWeights, TensorSpec};

/// Reads the model in `folder`, in f32, f16 or bf16.
///
/// *Errors*: `Io`, `Damaged`, `Unsupported`, `Tensor`.
///
/// *Memory*: the weights in f32 and one file of weights.
pub fn read(folder: &Path) -> Result<DecoderWeights, DecoderError> {
    let path = folder.join(CONFIG);
    let config = config::parse(&path, &bytes_of(&path)?)?;
    let mut tensors = BTreeMap::new();
    let index = folder.join(INDEX);
    if index.exists() {
        for (file, specs) in shards(&config, &index)? {
            read_file(&folder.join(file), &config, specs, &mut tensors)?;
        }
    } else {
        let file = folder.join(WEIGHTS);
        read_file(&file, &config, config.tensors(), &mut tensors)?;
    }
    DecoderWeights::new(config, tensors)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, DecoderError> {
    std::fs::read(path).map_err(|source| DecoderError::Io {
        action: "read",
        path: path.into(),
        source,
    })
}

#[derive(Deserialize)]
struct Index {
    /// File of each tensor.
    weight_map: BTreeMap<String, String>,
}

/// The tensors of each file that the index at `path` names.
fn shards(
    config: &DecoderConfig,
    path: &Path,
) -> Result<BTreeMap<String, Vec<TensorSpec>>, DecoderError> {
    let mut index: Index = serde_json::from_slice(&bytes_of(path)?)
        .map_err(|error| DecoderError::damaged(path, error.to_string()))?;
    let mut shards: BTreeMap<String, Vec<TensorSpec>> = BTreeMap::new();
    // A configuration may claim any number of layers: the first that is missing ends the loop.
    for spec in config.tensors() {
        let Some(file) = index.weight_map.remove(&spec.name) else {
            return Err(missing(&spec, path));
        };
        if Path::new(&file).file_name() != Some(OsStr::new(&file)) {
            let reason = format!("`{file}` is not the name of a file beside it");
            return Err(DecoderError::damaged(path, reason));
        }
        shards.entry(file).or_default().push(spec);
    }
    Ok(shards)
}

/// Reads the tensors `specs` of a file, which may have no others that a model calculates with.
fn read_file(
    path: &Path,
    config: &DecoderConfig,
    specs: impl IntoIterator<Item = TensorSpec>,
    tensors: &mut BTreeMap<String, Vec<f32>>,
) -> Result<(), DecoderError> {
    let bytes = bytes_of(path)?;
    let file = SafeTensors::deserialize(&bytes)
        .map_err(|error| DecoderError::damaged(path, error.to_string()))?;
    for spec in specs {
        let Ok(view) = file.tensor(&spec.name) else {
            return Err(missing(&spec, path));
        };
        if view.shape() != spec.shape {
            let reason = format!(
                "{} has it as {:?}, and the configuration asks for {:?}",
                path.display(),
                view.shape(),
                spec.shape
            );
            return Err(DecoderError::tensor(&spec.name, reason));
        }
        let values = floats(&view).ok_or_else(|| DecoderError::Unsupported {
            path: path.into(),
            what: format!("tensor `{}` of type {:?}", spec.name, view.dtype()),
            remedy: "store the weights as f32, f16 or bf16",
        })?;
        tensors.insert(spec.name, values);
    }
    for name in file.names() {
        let is_tied_head = config.is_tied && name == HEAD;
        // Old files hold the frequencies too.
        let is_known = tensors.contains_key(name) || name.ends_with("rotary_emb.inv_freq");
        if !is_known && !is_tied_head {
            let reason = format!("{} has it, and the configuration does not", path.display());
            return Err(DecoderError::tensor(name, reason));
        }
    }
    Ok(())
}

fn missing(spec: &TensorSpec, path: &Path) -> DecoderError {
    let reason = format!("{} lacks it; it is {:?}", path.display(), spec.shape);
    DecoderError::tensor(&spec.name, reason)
}

/// The values in f32; `None` for types that are no floats, or rounded ones.
fn floats(view: &TensorView<'_>) -> Option<Vec<f32>> {
    fn of<const N: usize>(bytes: &[u8], float: fn([u8; N]) -> f32) -> Vec<f32> {
        let (values, _) = bytes.as_chunks::<N>();
        values.iter().map(|&value| float(value)).collect()
    }
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => Some(of(bytes, f32::from_le_bytes)),
        Dtype::F16 => Some(of(bytes, |value| f16::from_le_bytes(value).to_f32())),
        Dtype::BF16 => Some(of(bytes, |value| bf16::from_le_bytes(value).to_f32())),
        _ => None,
    }
}
