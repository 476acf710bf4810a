use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device, Tensor, TensorData};

use crate::Layers;
use crate::net::Net;
use crate::replicas::Replicas;

/// Rows that go through the network at once when predicting.
const PREDICT_ROWS: usize = 128;

/// A network with its weights, ready to predict and to export.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) layers: Layers,
    pub(crate) net: Net,
}

impl Model {
    /// Random weights, the same for the same seed.
    pub fn new(layers: Layers, seed: u64) -> Self {
        let net = Net::new(&layers, seed, &Device::flex());
        Self { layers, net }
    }

    /// Shapes of the network.
    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// Logits `[rows, classes]` of inputs `[rows, item..]`, computed on `threads` threads. The
    /// logits of a row do not depend on the other rows.
    pub fn predict(&self, inputs: &[f32], threads: usize) -> Vec<f32> {
        self.predict_on(&Replicas::new(threads), inputs)
    }

    pub(crate) fn predict_on(&self, replicas: &Replicas, inputs: &[f32]) -> Vec<f32> {
        let item_len: usize = self.layers.item_shape.iter().product();
        let chunks: Vec<&[f32]> = inputs.chunks(PREDICT_ROWS * item_len).collect();
        let parts = replicas.run(&chunks, |chunks| {
            let device = Device::flex();
            let mut logits = Vec::new();
            for chunk in chunks {
                let shape = [chunk.len() / item_len, item_len];
                let items = Tensor::from_data(TensorData::new(chunk.to_vec(), shape), &device);
                logits.extend(values(self.net.forward(&self.layers, items)));
            }
            logits
        });
        parts.concat()
    }

    /// The weights as burnpack bytes.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let bytes = self.net.clone().into_record().into_bytes();
        Ok(bytes.map_err(|error| error.to_string())?.to_vec())
    }

    /// A model of `layers` with weights from [`Model::to_bytes`].
    pub(crate) fn from_bytes(layers: &Layers, bytes: Vec<u8>) -> Result<Self, String> {
        let net = load(Net::new(layers, 0, &Device::flex()), bytes)?;
        Ok(Self {
            layers: layers.clone(),
            net,
        })
    }
}

/// Puts recorded weights into a network of the same shape.
pub(crate) fn load(net: Net, bytes: Vec<u8>) -> Result<Net, String> {
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes));
    record
        .and_then(|record| net.try_load_record(record))
        .map_err(|error| error.to_string())
}

/// Values of a tensor in row-major order.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .try_into_vec()
        .expect("an f32 tensor of a CPU device can be read")
}
