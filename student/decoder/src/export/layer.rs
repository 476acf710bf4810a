use super::{COS, Exporter, MASK, SIN, output_of};
use crate::tensors::of_layer;
use crate::{Family, Pairing};

impl Exporter<'_> {
    /// Adds a layer; `hidden` and what is given name values `[batch_size, sequence_length, dim]`.
    pub(super) fn add_layer(&mut self, layer: usize, hidden: &str) -> String {
        let path = format!("/model/layers.{layer}");
        let norm = of_layer(layer, "input_layernorm.weight");
        let normed = self.add_norm(&format!("{path}/input_layernorm"), &norm, hidden);
        let attended = self.add_attention(layer, &normed);
        let sum = format!("{path}/self_attn/residual");
        let hidden = self.add_node("Add", &sum, &[hidden, &attended]);

        let norm = of_layer(layer, "post_attention_layernorm.weight");
        let normed = self.add_norm(&format!("{path}/post_attention_layernorm"), &norm, &hidden);
        let mixed = self.add_mlp(layer, &normed);
        self.add_node("Add", &format!("{path}/mlp/residual"), &[&hidden, &mixed])
    }

    fn add_attention(&mut self, layer: usize, normed: &str) -> String {
        let config = self.config();
        let (dim, heads, kv_heads) = (config.dim, config.heads, config.kv_heads);
        let (query_len, kv_len) = (config.query_len(), config.kv_len());

        let query = self.add_projection(layer, "self_attn/q_proj", [query_len, dim], normed);
        let query = self.add_head_norm(layer, "self_attn/q_norm", heads, query);
        let query = self.add_rotation(layer, "self_attn/q_rotary", heads, &query);
        let key = self.add_projection(layer, "self_attn/k_proj", [kv_len, dim], normed);
        let key = self.add_head_norm(layer, "self_attn/k_norm", kv_heads, key);
        let key = self.add_rotation(layer, "self_attn/k_rotary", kv_heads, &key);
        let value = self.add_projection(layer, "self_attn/v_proj", [kv_len, dim], normed);

        let name = node(layer, "self_attn/attention");
        let attended = output_of(&name);
        let [past_key, past_value] =
            ["key", "value"].map(|part| format!("past_key_values.{layer}.{part}"));
        let [key_out, value_out] = ["key", "value"].map(|part| format!("present.{layer}.{part}"));
        let inputs = [&query, &key, &value, MASK, &past_key, &past_value];
        self.graph
            .node(
                "Attention",
                &name,
                &inputs,
                &[&attended, &key_out, &value_out],
            )
            .attribute("q_num_heads", heads as i64)
            .attribute("kv_num_heads", kv_heads as i64)
            .attribute("is_causal", 1);
        self.add_projection(layer, "self_attn/o_proj", [dim, query_len], &attended)
    }

    fn add_mlp(&mut self, layer: usize, normed: &str) -> String {
        let (dim, hidden) = (self.config().dim, self.config().hidden);
        let gate = self.add_projection(layer, "mlp/gate_proj", [hidden, dim], normed);
        let up = self.add_projection(layer, "mlp/up_proj", [hidden, dim], normed);
        let sigmoid = self.add_node("Sigmoid", &node(layer, "mlp/sigmoid"), &[&gate]);
        let silu = self.add_node("Mul", &node(layer, "mlp/silu"), &[&gate, &sigmoid]);
        let gated = self.add_node("Mul", &node(layer, "mlp/gated"), &[&silu, &up]);
        self.add_projection(layer, "mlp/down_proj", [dim, hidden], &gated)
    }

    /// A product with the matrix `[out, in]` of that name, and its bias where it has one.
    fn add_projection(
        &mut self,
        layer: usize,
        name: &str,
        [outputs, inputs]: [usize; 2],
        input: &str,
    ) -> String {
        let tensor = of_layer(layer, &name.replace('/', "."));
        let weight = format!("{tensor}.weight");
        let values = self.weights.tensor(&weight).unwrap_or_default();
        self.graph
            .constant_f32_transposed(&weight, [outputs, inputs], values);
        let product = self.add_node("MatMul", &node(layer, name), &[input, &weight]);
        let bias = format!("{tensor}.bias");
        let Some(values) = self.weights.tensor(&bias) else {
            return product;
        };
        self.graph.constant_f32(&bias, &[outputs], values);
        let name = node(layer, &format!("{name}/bias"));
        self.add_node("Add", &name, &[&product, &bias])
    }

    /// In Qwen3, the norm of each head alone.
    fn add_head_norm(&mut self, layer: usize, name: &str, heads: usize, input: String) -> String {
        if self.config().family != Family::Qwen3 {
            return input;
        }
        let head_size = self.config().head_size;
        let weight = of_layer(layer, &format!("{}.weight", name.replace('/', ".")));
        let name = node(layer, name);
        let (split, merge) = (format!("{name}/split"), format!("{name}/merge"));
        // Zeros keep batch and sequence as they are.
        let shape = [0, 0, heads as i64, head_size as i64];
        let apart = self.add_reshape(&split, &shape, &input);
        let normed = self.add_norm(&name, &weight, &apart);
        self.add_reshape(&merge, &[0, 0, (heads * head_size) as i64], &normed)
    }

    fn add_reshape(&mut self, name: &str, shape: &[i64], input: &str) -> String {
        let constant = format!("{name}/shape");
        self.graph.constant_i64(&constant, &[shape.len()], shape);
        self.add_node("Reshape", name, &[input, &constant])
    }

    fn add_rotation(&mut self, layer: usize, name: &str, heads: usize, input: &str) -> String {
        let is_interleaved = self.config().rope.pairing == Pairing::Interleaved;
        let name = node(layer, name);
        let output = output_of(&name);
        let inputs = [input, COS, SIN, "position_ids"];
        self.graph
            .node("RotaryEmbedding", &name, &inputs, &[&output])
            .attribute("num_heads", heads as i64)
            .attribute("interleaved", i64::from(is_interleaved));
        output
    }
}

/// Name of a node of a layer, such as `/model/layers.0/mlp/up_proj`.
fn node(layer: usize, name: &str) -> String {
    format!("/model/layers.{layer}/{name}")
}
