//! A decoder by the formulas of the papers, position after position, without a past or any sharing.

use cadet_decoder::{DecoderWeights, Family, Pairing};

/// Logits `[tokens, vocab]`.
pub(crate) fn logits(weights: &DecoderWeights, tokens: &[usize]) -> Vec<f32> {
    let config = weights.config();
    let tensor = |name: &str| weights.tensor(name).unwrap();
    let embedding = tensor("model.embed_tokens.weight");
    let row = |&token: &usize| embedding[token * config.dim..][..config.dim].to_vec();
    let mut hidden: Vec<Vec<f32>> = tokens.iter().map(row).collect();
    for layer in 0..config.layers {
        let of_layer = |name: &str| weights.tensor(&format!("model.layers.{layer}.{name}"));
        let norm = of_layer("input_layernorm.weight").unwrap();
        let normed: Vec<_> = hidden
            .iter()
            .map(|x| rms_norm(x, norm, config.rms_epsilon))
            .collect();
        for (x, sum) in hidden.iter_mut().zip(attention(weights, layer, &normed)) {
            add(x, &sum);
        }
        let norm = of_layer("post_attention_layernorm.weight").unwrap();
        let [gate, up, down] = ["gate", "up", "down"]
            .map(|name| of_layer(&format!("mlp.{name}_proj.weight")).unwrap());
        for x in &mut hidden {
            let normed = rms_norm(x, norm, config.rms_epsilon);
            let gates = product(gate, &normed);
            let ups = product(up, &normed);
            let silu = |g: f32| g / (1.0 + (-g).exp());
            let mixed: Vec<f32> = gates.iter().zip(&ups).map(|(&g, u)| silu(g) * u).collect();
            add(x, &product(down, &mixed));
        }
    }
    let head = match config.is_tied {
        true => embedding,
        false => tensor("lm_head.weight"),
    };
    let norm = tensor("model.norm.weight");
    let last = |x: &Vec<f32>| product(head, &rms_norm(x, norm, config.rms_epsilon));
    hidden.iter().flat_map(last).collect()
}

/// `softmax(q k^T / sqrt(head_size)) v` of each head over the positions so far, projected.
fn attention(weights: &DecoderWeights, layer: usize, normed: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let config = weights.config();
    let size = config.head_size;
    let tensor = |name: &str| {
        let name = format!("model.layers.{layer}.self_attn.{name}");
        weights.tensor(&name)
    };
    let project = |name: &str, x: &[f32]| {
        let mut values = product(tensor(&format!("{name}_proj.weight")).unwrap(), x);
        if let Some(bias) = tensor(&format!("{name}_proj.bias")) {
            add(&mut values, bias);
        }
        values
    };
    let placed = |name: &str, position: usize, x: &[f32]| -> Vec<f32> {
        let values = project(name, x);
        let heads = values.chunks_exact(size).flat_map(|head| {
            let head = match config.family {
                Family::Qwen3 => {
                    let norm = tensor(&format!("{name}_norm.weight")).unwrap();
                    rms_norm(head, norm, config.rms_epsilon)
                }
                _ => head.to_vec(),
            };
            rotated(weights, position, &head)
        });
        heads.collect()
    };
    let each = || normed.iter().enumerate();
    let queries: Vec<_> = each().map(|(at, x)| placed("q", at, x)).collect();
    let keys: Vec<_> = each().map(|(at, x)| placed("k", at, x)).collect();
    let values: Vec<_> = normed.iter().map(|x| project("v", x)).collect();
    let output = tensor("o_proj.weight").unwrap();
    let attended = queries.iter().enumerate().map(|(position, query)| {
        let mut mixed = Vec::new();
        for (head, query) in query.chunks_exact(size).enumerate() {
            let of_head = |values: &[f32]| {
                let kv_head = head / (config.heads / config.kv_heads);
                values[kv_head * size..][..size].to_vec()
            };
            let scale = (size as f32).sqrt();
            let scores: Vec<f32> = keys[..=position]
                .iter()
                .map(|key| product(query, &of_head(key))[0] / scale)
                .collect();
            let most = scores.iter().fold(f32::MIN, |most, &score| most.max(score));
            let shares: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
            let all: f32 = shares.iter().sum();
            let mut sum = vec![0.0; size];
            for (share, value) in shares.iter().zip(&values) {
                let scaled: Vec<f32> = of_head(value).iter().map(|v| v * share / all).collect();
                add(&mut sum, &scaled);
            }
            mixed.extend(sum);
        }
        product(output, &mixed)
    });
    attended.collect()
}

/// Pair `i` turned by `position * theta^(-2 i / head_size)`.
fn rotated(weights: &DecoderWeights, position: usize, head: &[f32]) -> Vec<f32> {
    let rope = &weights.config().rope;
    assert!(rope.scaling.is_none());
    let mut turned = head.to_vec();
    for pair in 0..head.len() / 2 {
        let (first, second) = match rope.pairing {
            Pairing::Interleaved => (2 * pair, 2 * pair + 1),
            Pairing::Halves => (pair, pair + head.len() / 2),
        };
        let power = -2.0 * pair as f64 / head.len() as f64;
        let angle = (position as f64 * rope.theta.powf(power)) as f32;
        let (a, b) = (head[first], head[second]);
        turned[first] = a * angle.cos() - b * angle.sin();
        turned[second] = a * angle.sin() + b * angle.cos();
    }
    turned
}

fn rms_norm(x: &[f32], weight: &[f32], epsilon: f64) -> Vec<f32> {
    let mean = x.iter().map(|x| x * x).sum::<f32>() / x.len() as f32;
    let scale = 1.0 / (mean + epsilon as f32).sqrt();
    x.iter().zip(weight).map(|(x, w)| x * scale * w).collect()
}

/// A matrix `[out, in]` times a vector.
fn product(matrix: &[f32], x: &[f32]) -> Vec<f32> {
    let row = |row: &[f32]| row.iter().zip(x).map(|(m, x)| m * x).sum();
    matrix.chunks_exact(x.len()).map(row).collect()
}

fn add(x: &mut [f32], summand: &[f32]) {
    for (x, s) in x.iter_mut().zip(summand) {
        *x += s;
    }
}
