use burn::module::{Module, Param};
use burn::tensor::activation::relu;
use burn::tensor::module::{adaptive_avg_pool2d, conv2d, linear};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};
use cadet_data::Rng;

use crate::norm::{Norm, Statistics};
use crate::{ConvLayer, DenseLayer, Head, Layers};

/// The parameters of [`Layers`], as burn trains them.
#[derive(Module, Debug)]
pub(crate) struct Net {
    pub(crate) convs: Vec<ConvBlock>,
    pub(crate) dense: Vec<Dense>,
}

/// Convolution without bias (the normalisation has one), batch normalisation, ReLU.
#[derive(Module, Debug)]
pub(crate) struct ConvBlock {
    pub(crate) weight: Param<Tensor<4>>,
    pub(crate) norm: Norm,
}

/// Weights `[inputs, outputs]` and a bias.
#[derive(Module, Debug)]
pub(crate) struct Dense {
    pub(crate) weight: Param<Tensor<2>>,
    pub(crate) bias: Param<Tensor<1>>,
}

impl Net {
    /// Random weights (He et al., 2015), the same for the same seed.
    pub(crate) fn new(layers: &Layers, seed: u64, device: &Device) -> Self {
        let mut rng = Rng::new(seed, 0x6e65_7473);
        let convs = layers.convs.iter();
        let dense = layers.dense.iter();
        Self {
            convs: convs.map(|l| ConvBlock::new(l, &mut rng, device)).collect(),
            dense: dense.map(|l| Dense::new(l, &mut rng, device)).collect(),
        }
    }

    /// Logits `[rows, classes]` of items `[rows, item..]` laid out one after the other.
    pub(crate) fn forward(&self, layers: &Layers, items: Tensor<2>) -> Tensor<2> {
        self.through(layers, items, Norm::forward)
    }

    /// As [`Net::forward`], normalising by the statistics of these rows, which are returned for
    /// each convolution.
    pub(crate) fn forward_train(
        &self,
        layers: &Layers,
        items: Tensor<2>,
    ) -> (Tensor<2>, Vec<Statistics>) {
        let mut statistics = Vec::with_capacity(self.convs.len());
        let logits = self.through(layers, items, |norm, image| {
            let (image, batch) = norm.forward_train(image);
            statistics.push(batch);
            image
        });
        (logits, statistics)
    }

    /// Moves the running statistics towards those of a batch, given for each of its parts.
    pub(crate) fn update_statistics(mut self, parts: &[Vec<Statistics>]) -> Self {
        self.convs = self
            .convs
            .into_iter()
            .enumerate()
            .map(|(index, block)| {
                let parts: Vec<_> = parts.iter().map(|part| &part[index]).collect();
                ConvBlock {
                    norm: block.norm.update(&Statistics::merge(&parts)),
                    ..block
                }
            })
            .collect();
        self
    }

    fn through(
        &self,
        layers: &Layers,
        items: Tensor<2>,
        mut normalise: impl FnMut(&Norm, Tensor<4>) -> Tensor<4>,
    ) -> Tensor<2> {
        let rows = items.dims()[0];
        let mut features = items;
        if !layers.convs.is_empty() {
            let [channels, height, width] = layers.item_shape[..]
                .try_into()
                .expect("layers with convolutions have image items");
            let mut image = features.reshape([rows, channels, height, width]);
            for (block, layer) in self.convs.iter().zip(&layers.convs) {
                image = relu(normalise(&block.norm, block.convolve(layer, image)));
            }
            if layers.head == Head::Average {
                image = adaptive_avg_pool2d(image, [1, 1]);
            }
            features = image.flatten(1, 3);
        }
        for (dense, layer) in self.dense.iter().zip(&layers.dense) {
            features = linear(features, dense.weight.val(), Some(dense.bias.val()));
            if layer.relu {
                features = relu(features);
            }
        }
        features
    }
}

impl ConvBlock {
    fn new(layer: &ConvLayer, rng: &mut Rng, device: &Device) -> Self {
        let shape = layer.weight_shape();
        let fan_in: usize = shape[1..].iter().product();
        Self {
            weight: he_normal(shape, fan_in, rng, device),
            norm: Norm::new(layer.out_channels, device),
        }
    }

    fn convolve(&self, layer: &ConvLayer, image: Tensor<4>) -> Tensor<4> {
        let options = ConvOptions::new([layer.stride; 2], layer.padding(), [1, 1], layer.groups);
        conv2d(image, self.weight.val(), None, options)
    }
}

impl Dense {
    fn new(layer: &DenseLayer, rng: &mut Rng, device: &Device) -> Self {
        Self {
            weight: he_normal([layer.inputs, layer.outputs], layer.inputs, rng, device),
            bias: Param::from_tensor(Tensor::zeros([layer.outputs], device)),
        }
    }
}

fn he_normal<const D: usize>(
    shape: [usize; D],
    fan_in: usize,
    rng: &mut Rng,
    device: &Device,
) -> Param<Tensor<D>> {
    let deviation = (2.0 / fan_in as f32).sqrt();
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|_| deviation * rng.normal()).collect();
    Param::from_data(TensorData::new(values, shape), device)
}
