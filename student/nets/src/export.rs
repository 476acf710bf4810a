use cadet_onnx::{ElementType, GraphBuilder};

use crate::fold::fold_batch_norm;
use crate::model::values;
use crate::{Head, Model};

impl Model {
    /// The model as ONNX (standard domain, opset 17): input `input` `[1, item..]`, output `logits`
    /// `[1, classes]`, batch normalisation folded into the convolutions.
    ///
    /// `metadata` goes to `metadata_props`; keys start with `cadet.`.
    pub fn to_onnx(&self, name: &str, metadata: &[(String, String)]) -> Vec<u8> {
        let layers = &self.layers;
        let mut graph = GraphBuilder::new(name);
        let item_shape = layers.item_shape.iter().copied();
        graph.input("input", ElementType::F32, [1].into_iter().chain(item_shape));

        let mut value = String::from("input");
        for (layer, block) in layers.convs.iter().zip(&self.net.convs) {
            let name = &layer.name;
            let (weights, bias) = fold_batch_norm(block);
            let (weight_name, bias_name) = (format!("{name}.weight"), format!("{name}.bias"));
            graph.constant_f32(&weight_name, &layer.weight_shape(), &weights);
            graph.constant_f32(&bias_name, &[layer.out_channels], &bias);
            let [top, left] = layer.padding().map(|pixels| pixels as i64);
            graph
                .node("Conv", name, &[&value, &weight_name, &bias_name], &[name])
                .attribute("kernel_shape", layer.kernel.map(|length| length as i64))
                .attribute("strides", [layer.stride as i64; 2])
                .attribute("pads", [top, left, top, left])
                .attribute("group", layer.groups as i64);
            value = push_relu(&mut graph, name);
        }
        if !layers.convs.is_empty() && layers.head == Head::Average {
            graph.node("GlobalAveragePool", "average", &[&value], &["average"]);
            value = "average".into();
        }
        graph
            .node("Flatten", "flatten", &[&value], &["flatten"])
            .attribute("axis", 1);
        value = "flatten".into();
        for (layer, dense) in layers.dense.iter().zip(&self.net.dense) {
            let name = &layer.name;
            let (weight_name, bias_name) = (format!("{name}.weight"), format!("{name}.bias"));
            let weights = values(dense.weight.val().transpose());
            graph.constant_f32(&weight_name, &[layer.outputs, layer.inputs], &weights);
            graph.constant_f32(&bias_name, &[layer.outputs], &values(dense.bias.val()));
            graph
                .node("Gemm", name, &[&value, &weight_name, &bias_name], &[name])
                .attribute("transB", 1);
            value = name.clone();
            if layer.relu {
                value = push_relu(&mut graph, name);
            }
        }
        graph.output(&value, ElementType::F32, [1, layers.classes()]);
        for (key, entry) in metadata {
            graph.metadata(key, entry);
        }
        graph.encode()
    }
}

fn push_relu(graph: &mut GraphBuilder, after: &str) -> String {
    let name = format!("{after}_relu");
    graph.node("Relu", &name, &[after], &[&name]);
    name
}
