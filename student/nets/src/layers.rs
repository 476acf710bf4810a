use crate::Head;

/// A network layer by layer, with every shape resolved: what is built, counted and exported.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    /// Shape of one item, `[c, h, w]` or `[n]`.
    pub item_shape: Vec<usize>,
    /// Convolutions, each with batch normalisation and ReLU.
    pub convs: Vec<ConvLayer>,
    /// Between the convolutions and the dense layers.
    pub head: Head,
    /// Dense layers; the last gives the logits.
    pub dense: Vec<DenseLayer>,
}

/// A convolution with zero padding of half its kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvLayer {
    /// Name in the exported model.
    pub name: String,
    /// Input channels.
    pub in_channels: usize,
    /// Output channels.
    pub out_channels: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Stride in both directions.
    pub stride: usize,
    /// 1, or the number of channels for a depthwise convolution.
    pub groups: usize,
    /// Height and width of the input.
    pub in_size: [usize; 2],
    /// Height and width of the output.
    pub out_size: [usize; 2],
}

/// A fully connected layer.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseLayer {
    /// Name in the exported model.
    pub name: String,
    /// Input features.
    pub inputs: usize,
    /// Output features.
    pub outputs: usize,
    /// Whether ReLU follows.
    pub relu: bool,
}

impl ConvLayer {
    /// Zero rows and columns added on each side.
    pub fn padding(&self) -> [usize; 2] {
        self.kernel.map(|length| length / 2)
    }

    /// Shape of the weights, `[out, in / groups, kh, kw]`.
    pub fn weight_shape(&self) -> [usize; 4] {
        let [height, width] = self.kernel;
        [
            self.out_channels,
            self.in_channels / self.groups,
            height,
            width,
        ]
    }

    fn macs(&self) -> usize {
        let weights: usize = self.weight_shape().iter().product();
        weights * self.out_size[0] * self.out_size[1]
    }
}

impl Layers {
    /// Number of logits.
    pub fn classes(&self) -> usize {
        self.dense.last().map_or(0, |layer| layer.outputs)
    }

    /// Multiply-accumulates for one item.
    pub fn macs(&self) -> usize {
        let convs: usize = self.convs.iter().map(ConvLayer::macs).sum();
        let dense: usize = self.dense.iter().map(|d| d.inputs * d.outputs).sum();
        convs + dense
    }

    /// Weights and biases of the exported model, batch normalisation folded in.
    pub fn parameters(&self) -> usize {
        let conv =
            |conv: &ConvLayer| conv.weight_shape().iter().product::<usize>() + conv.out_channels;
        let convs: usize = self.convs.iter().map(conv).sum();
        let dense: usize = self
            .dense
            .iter()
            .map(|dense| (dense.inputs + 1) * dense.outputs)
            .sum();
        convs + dense
    }
}

#[cfg(test)]
mod tests {
    use crate::{Architecture, CnnConfig, DsCnnConfig, Head, MlpConfig};

    fn cnn(channels: &[usize], strides: &[usize]) -> Architecture {
        Architecture::Cnn(CnnConfig {
            kernel: [3, 3],
            channels: channels.into(),
            strides: strides.into(),
            head: Head::Average,
        })
    }

    #[test]
    fn counts_a_cnn() {
        let layers = cnn(&[4, 8], &[2, 1]).layers(&[1, 5, 5], 10).unwrap();
        assert_eq!(layers.convs[0].out_size, [3, 3]);
        assert_eq!(layers.macs(), 9 * 9 * 4 + 9 * 9 * 4 * 8 + 80);
        assert_eq!(layers.parameters(), 36 + 4 + 288 + 8 + 80 + 10);
        assert_eq!(layers.classes(), 10);
    }

    #[test]
    fn depthwise_layers_have_one_channel_a_group() {
        let config = DsCnnConfig {
            stem_kernel: [3, 3],
            stem_channels: 6,
            stem_stride: 2,
            kernel: [5, 5],
            channels: vec![12],
            strides: vec![2],
            head: Head::Flatten,
        };
        let layers = Architecture::DsCnn(config).layers(&[1, 8, 8], 3).unwrap();
        let names: Vec<_> = layers.convs.iter().map(|conv| conv.name.as_str()).collect();
        assert_eq!(names, ["stem", "depthwise0", "pointwise0"]);
        assert_eq!(layers.convs[1].weight_shape(), [6, 1, 5, 5]);
        assert_eq!(layers.dense[0].inputs, 12 * 2 * 2);
    }

    #[test]
    fn an_mlp_takes_any_shape() {
        let config = MlpConfig { hidden: vec![7] };
        let layers = Architecture::Mlp(config).layers(&[3, 4], 2).unwrap();
        assert_eq!(layers.parameters(), 13 * 7 + 8 * 2);
        assert!(layers.dense[0].relu && !layers.dense[1].relu);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let reason = |architecture: Architecture, shape: &[usize]| {
            architecture.layers(shape, 2).unwrap_err().to_string()
        };
        assert!(reason(cnn(&[4], &[1, 1]), &[1, 4, 4]).contains("`strides` 2"));
        assert!(reason(cnn(&[4], &[0]), &[1, 4, 4]).contains("stride 0"));
        assert!(reason(cnn(&[4], &[1]), &[16]).contains("[16] are not images"));
    }
}
