//! Folders of Hugging Face: what is read, and what is refused in which words.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cadet_decoder::{DecoderWeights, Family, Pairing, hugging_face};
use half::{bf16, f16};
use proptest::prelude::*;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize_to_file};

use crate::support::config;

fn sample() -> DecoderWeights {
    DecoderWeights::random(config(Family::Llama), 4).unwrap()
}

/// A folder with the sample in it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    hugging_face::write(&sample(), folder.path()).unwrap();
    folder
}

/// Why the sample is refused once its `config.json` has `from` replaced by `to`.
fn refusal(from: &str, to: &str) -> String {
    let folder = folder();
    let path = folder.path().join("config.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(&path, text.replace(from, to)).unwrap();
    hugging_face::read(folder.path()).unwrap_err().to_string()
}

/// Stores tensors of the sample whose names `is_chosen`, in another type.
fn store(path: &Path, dtype: Dtype, is_chosen: impl Fn(&str) -> bool) {
    let weights = sample();
    let tensors = weights
        .config()
        .tensors()
        .filter(|spec| is_chosen(&spec.name));
    let bytes: BTreeMap<String, (Vec<usize>, Vec<u8>)> = tensors
        .map(|spec| {
            let values = weights.tensor(&spec.name).unwrap().iter();
            let bytes: Vec<u8> = match dtype {
                Dtype::F16 => values
                    .flat_map(|&v| f16::from_f32(v).to_le_bytes())
                    .collect(),
                Dtype::BF16 => values
                    .flat_map(|&v| bf16::from_f32(v).to_le_bytes())
                    .collect(),
                _ => values.map(|&v| v as u8).collect(),
            };
            (spec.name, (spec.shape, bytes))
        })
        .collect();
    let views = bytes.iter().map(|(name, (shape, bytes))| {
        let view = TensorView::new(dtype, shape.clone(), bytes).unwrap();
        (name, view)
    });
    serialize_to_file(views, None, path).unwrap();
}

#[test]
fn shards_in_halves_of_floats_are_read() {
    let folder = folder();
    let in_folder = |name: &str| folder.path().join(name);
    fs::remove_file(in_folder("model.safetensors")).unwrap();
    let is_first = |name: &str| name.contains("layers.0");
    store(&in_folder("a.safetensors"), Dtype::F16, is_first);
    store(&in_folder("b.safetensors"), Dtype::BF16, |name| {
        !is_first(name)
    });
    let entry = |name: &String| match is_first(name) {
        true => format!("{name:?}: \"a.safetensors\""),
        false => format!("{name:?}: \"b.safetensors\""),
    };
    let names: Vec<String> = sample().config().tensors().map(|spec| spec.name).collect();
    let entries: Vec<String> = names.iter().map(entry).collect();
    let index = format!("{{\"weight_map\": {{{}}}}}", entries.join(","));
    let index_path = in_folder("model.safetensors.index.json");
    fs::write(&index_path, &index).unwrap();
    let read = hugging_face::read(folder.path()).unwrap();
    for name in &names {
        let rounded = |value: f32| match is_first(name) {
            true => f16::from_f32(value).to_f32(),
            false => bf16::from_f32(value).to_f32(),
        };
        let wanted = sample().tensor(name).unwrap().to_vec();
        let wanted: Vec<f32> = wanted.into_iter().map(rounded).collect();
        assert_eq!(read.tensor(name).unwrap(), wanted, "{name}");
    }
    let reason = |index: String| {
        fs::write(&index_path, index).unwrap();
        hugging_face::read(folder.path()).unwrap_err().to_string()
    };
    let outside = reason(index.replace("a.safe", "../a.safe"));
    assert!(outside.contains("is not the name of a file beside it"));
    assert!(reason(index.replace("model.norm", "norm")).contains("`model.norm.weight`: "));
}

#[test]
fn what_would_be_calculated_wrongly_is_refused_by_name() {
    let type_of = "\"model_type\": \"llama\"";
    let add = |key: &str| refusal(type_of, &format!("{type_of}, {key}"));
    assert!(refusal(type_of, "\"model_type\": \"gpt2\"").contains("model_type `gpt2`"));
    assert!(refusal("\"silu\"", "\"gelu\"").contains("hidden_act `gelu`"));
    assert!(refusal("\"mlp_bias\": false", "\"mlp_bias\": true").contains("mlp_bias"));
    let yarn = add(r#""rope_scaling": {"rope_type": "yarn", "factor": 4}"#);
    assert!(yarn.contains("rope_type `yarn`"), "{yarn}");
    let both = add(r#""quantization_config": {}, "rope_parameters": {"rope_type": "linear"}"#);
    assert!(
        both.contains("quantization_config, rope_type `linear`"),
        "{both}"
    );
    assert!(add(r#""layer_types": ["sliding_attention"]"#).contains("`sliding_attention`"));
    assert!(add(r#""partial_rotary_factor": 0.5"#).contains("partial_rotary_factor 0.5"));
}

#[test]
fn tensors_must_be_those_of_the_configuration() {
    let heads = refusal("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 4");
    assert!(heads.contains("heads is 6, and must be a multiple of kv_heads, 4"));
    let shape = refusal("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3");
    assert!(shape.contains("k_proj.weight`"), "{shape}");
    assert!(shape.contains("as [16, 24], and the configuration asks for [24, 24]"));
    let layers = refusal(
        "\"num_hidden_layers\": 2",
        "\"num_hidden_layers\": 2000000000",
    );
    assert!(
        layers.contains("`model.layers.2.input_layernorm.weight`"),
        "{layers}"
    );
    let fewer = refusal("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1");
    assert!(fewer.contains("and the configuration does not"), "{fewer}");
    let biases = refusal("\"llama\"", "\"qwen2\"");
    assert!(biases.contains("q_proj.bias"), "{biases}");
    let folder = folder();
    store(&folder.path().join("model.safetensors"), Dtype::U8, |_| {
        true
    });
    let kind = hugging_face::read(folder.path()).unwrap_err().to_string();
    assert!(kind.contains("of type U8 is not supported"), "{kind}");
}

#[test]
fn interleaved_pairs_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let interleaved = sample().into_pairing(Pairing::Interleaved);
    let error = hugging_face::write(&interleaved, folder.path()).unwrap_err();
    assert!(error.to_string().contains("call `into_pairing"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_folder_is_read_or_refused(
        file in prop::sample::select(vec!["config.json", "model.safetensors"]),
        place in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 1..9),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let folder = folder();
        let path = folder.path().join(file);
        let mut damaged = fs::read(&path).unwrap();
        // The header of the weights is what matters of them.
        let head = damaged.len().min(3000);
        for (place, byte) in (place.index(head)..damaged.len()).zip(bytes) {
            damaged[place] = byte;
        }
        if let Some(cut) = cut {
            damaged.truncate(cut.index(damaged.len()));
        }
        fs::write(&path, damaged).unwrap();
        let _ = hugging_face::read(folder.path());
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        config in prop::collection::vec(any::<u8>(), 0..64),
        weights in prop::collection::vec(any::<u8>(), 0..64),
        index in prop::option::of(prop::collection::vec(any::<u8>(), 0..64)),
    ) {
        let folder = folder();
        let path = folder.path();
        fs::write(path.join("model.safetensors"), weights).unwrap();
        prop_assert!(hugging_face::read(path).is_err());
        if let Some(index) = index {
            fs::write(path.join("model.safetensors.index.json"), index).unwrap();
            prop_assert!(hugging_face::read(path).is_err());
        }
        fs::write(path.join("config.json"), config).unwrap();
        prop_assert!(hugging_face::read(path).is_err());
    }
}
