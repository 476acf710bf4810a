use serde::{Deserialize, Serialize};

use crate::NetsError;
use crate::layers::{ConvLayer, DenseLayer, Layers};

/// Families of networks and their sizes.
///
/// All end in logits, without a softmax. Convolutions are followed by batch normalisation and
/// ReLU, keep the size of the image (zero padding of half the kernel, which must be odd) and
/// reduce it only by their stride.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// Plain convolutions.
    Cnn(CnnConfig),
    /// A plain convolution, then pairs of a depthwise and a 1x1 convolution (Zhang et al., "Hello
    /// Edge", 2017).
    DsCnn(DsCnnConfig),
    /// Fully connected layers with ReLU between.
    Mlp(MlpConfig),
}

/// Sizes of a plain convolutional network.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CnnConfig {
    /// Height and width of every kernel.
    pub kernel: [usize; 2],
    /// Output channels, one entry a convolution.
    pub channels: Vec<usize>,
    /// Strides, one entry a convolution.
    pub strides: Vec<usize>,
    /// What the classifier sees.
    pub head: Head,
}

/// Sizes of a depthwise-separable network.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DsCnnConfig {
    /// Height and width of the first kernel.
    pub stem_kernel: [usize; 2],
    /// Output channels of the first convolution.
    pub stem_channels: usize,
    /// Stride of the first convolution.
    pub stem_stride: usize,
    /// Height and width of the depthwise kernels.
    pub kernel: [usize; 2],
    /// Output channels, one entry a depthwise-separable pair.
    pub channels: Vec<usize>,
    /// Strides of the depthwise convolutions, one entry a pair.
    pub strides: Vec<usize>,
    /// What the classifier sees.
    pub head: Head,
}

/// Sizes of a multi-layer perceptron.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MlpConfig {
    /// Units of the hidden layers.
    pub hidden: Vec<usize>,
}

/// How the last image becomes the classifier's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// Mean over height and width: `[c]`.
    Average,
    /// All values: `[c * h * w]`.
    Flatten,
}

impl Architecture {
    /// Name of the family as recipes write it.
    pub fn family(&self) -> &'static str {
        match self {
            Architecture::Cnn(_) => "cnn",
            Architecture::DsCnn(_) => "ds-cnn",
            Architecture::Mlp(_) => "mlp",
        }
    }

    /// The layers for items of `item_shape` (`[c, h, w]`; any shape for an MLP).
    ///
    /// *Errors*: `Architecture`, with what does not fit.
    pub fn layers(&self, item_shape: &[usize], classes: usize) -> Result<Layers, NetsError> {
        let convs = match self {
            Architecture::Mlp(_) => Vec::new(),
            Architecture::Cnn(config) => {
                let mut convs = ConvStack::new(self.image(item_shape)?);
                for (index, (channels, stride)) in
                    self.pairs(&config.channels, &config.strides)?.enumerate()
                {
                    let name = format!("conv{index}");
                    convs.push(self, name, channels, config.kernel, stride, 1)?;
                }
                convs.layers
            }
            Architecture::DsCnn(config) => {
                let mut convs = ConvStack::new(self.image(item_shape)?);
                let stem = (config.stem_channels, config.stem_kernel, config.stem_stride);
                convs.push(self, "stem".into(), stem.0, stem.1, stem.2, 1)?;
                for (index, (channels, stride)) in
                    self.pairs(&config.channels, &config.strides)?.enumerate()
                {
                    let depth = convs.image[0];
                    let name = format!("depthwise{index}");
                    convs.push(self, name, depth, config.kernel, stride, depth)?;
                    let name = format!("pointwise{index}");
                    convs.push(self, name, channels, [1, 1], 1, 1)?;
                }
                convs.layers
            }
        };
        let (head, hidden) = match self {
            Architecture::Cnn(config) => (config.head, &[][..]),
            Architecture::DsCnn(config) => (config.head, &[][..]),
            Architecture::Mlp(config) => (Head::Flatten, &config.hidden[..]),
        };
        let last_shape = convs.last().map_or(item_shape.to_vec(), |conv| {
            vec![conv.out_channels, conv.out_size[0], conv.out_size[1]]
        });
        let features = match head {
            Head::Average => last_shape[0],
            Head::Flatten => last_shape.iter().product(),
        };
        if hidden.contains(&0) || features == 0 || classes == 0 {
            return Err(self.error("a layer would have no units".into()));
        }
        let mut dense = Vec::new();
        let mut inputs = features;
        for (index, &outputs) in hidden.iter().enumerate() {
            dense.push(DenseLayer {
                name: format!("dense{index}"),
                inputs,
                outputs,
                relu: true,
            });
            inputs = outputs;
        }
        dense.push(DenseLayer {
            name: "logits".into(),
            inputs,
            outputs: classes,
            relu: false,
        });
        Ok(Layers {
            item_shape: item_shape.to_vec(),
            convs,
            head,
            dense,
        })
    }

    fn image(&self, item_shape: &[usize]) -> Result<[usize; 3], NetsError> {
        item_shape
            .try_into()
            .map_err(|_| self.error(format!("items {item_shape:?} are not images [c, h, w]")))
    }

    fn pairs<'a>(
        &self,
        channels: &'a [usize],
        strides: &'a [usize],
    ) -> Result<impl Iterator<Item = (usize, usize)> + 'a, NetsError> {
        if channels.len() != strides.len() || channels.is_empty() {
            return Err(self.error(format!(
                "`channels` has {} entries and `strides` {}; both need one a layer",
                channels.len(),
                strides.len()
            )));
        }
        Ok(channels.iter().copied().zip(strides.iter().copied()))
    }

    fn error(&self, reason: String) -> NetsError {
        NetsError::Architecture {
            family: self.family(),
            reason,
        }
    }
}

/// Convolutions so far and the image `[c, h, w]` they end in.
struct ConvStack {
    image: [usize; 3],
    layers: Vec<ConvLayer>,
}

impl ConvStack {
    fn new(image: [usize; 3]) -> Self {
        Self {
            image,
            layers: Vec::new(),
        }
    }

    fn push(
        &mut self,
        architecture: &Architecture,
        name: String,
        out_channels: usize,
        kernel: [usize; 2],
        stride: usize,
        groups: usize,
    ) -> Result<(), NetsError> {
        let [in_channels, height, width] = self.image;
        if kernel.iter().any(|length| length % 2 == 0) {
            return Err(architecture.error(format!("the kernel {kernel:?} is not odd")));
        }
        if out_channels == 0 || stride == 0 {
            return Err(architecture.error(format!(
                "`{name}` has {out_channels} channels and stride {stride}; both must be at least 1"
            )));
        }
        let out_size = [height.div_ceil(stride), width.div_ceil(stride)];
        self.layers.push(ConvLayer {
            name,
            in_channels,
            out_channels,
            kernel,
            stride,
            groups,
            in_size: [height, width],
            out_size,
        });
        self.image = [out_channels, out_size[0], out_size[1]];
        Ok(())
    }
}
