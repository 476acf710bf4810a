//! What a package was made from and how: facts for its manifest, the same wherever and whenever the
//! same model is compiled with the same options, and enough to compile its plan again.

use std::collections::BTreeMap;

use prost::Message;
use sha2::{Digest, Sha256};
use tract_onnx::pb;

use crate::options::{
    Calibration, Decoder, IoLayout, Numerics, Options, Precision, Range, Stream, Strips, Weights,
};
use crate::report::{StreamReport, StreamedOutput};

/// Longest key and value of the model's metadata that a package keeps.
const MAX_KEY_BYTES: usize = 64;
const MAX_VALUE_BYTES: usize = 256;

/// The fields of ONNX's `ModelProto` that tell of its origin; decoding skips the others.
#[derive(Clone, PartialEq, Message)]
struct Origin {
    #[prost(string, tag = "2")]
    producer_name: String,
    #[prost(string, tag = "3")]
    producer_version: String,
    #[prost(message, repeated, tag = "8")]
    opset_import: Vec<pb::OperatorSetIdProto>,
    #[prost(message, repeated, tag = "14")]
    metadata_props: Vec<pb::StringStringEntryProto>,
}

/// `key=value` lines, sorted: the caller's facts, those of the model (`model.`) and the options that are not the
/// default (`options.`). The caller's give way where keys are equal.
pub(crate) fn facts(onnx: &[u8], options: &Options) -> Vec<String> {
    let mut facts = options.provenance.clone();
    // The importer has refused what does not decode.
    let origin = Origin::decode(onnx).unwrap_or_default();
    facts.extend(model(onnx, &origin));
    facts.extend(choices(options));
    let lines = facts.iter().map(|(key, value)| format!("{key}={value}"));
    lines.collect()
}

fn model(onnx: &[u8], origin: &Origin) -> Vec<(String, String)> {
    let digest = Sha256::digest(onnx);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut facts = vec![("model.sha256".into(), hex)];
    let producer = format!("{} {}", origin.producer_name, origin.producer_version);
    if !producer.trim().is_empty() {
        facts.push(("model.producer".into(), producer.trim().into()));
    }
    for import in &origin.opset_import {
        let key = match import.domain.as_str() {
            "" | "ai.onnx" => "model.opset".into(),
            domain => format!("model.opset.{domain}"),
        };
        facts.push((key, import.version.to_string()));
    }
    for entry in &origin.metadata_props {
        let is_short = entry.key.len() <= MAX_KEY_BYTES && entry.value.len() <= MAX_VALUE_BYTES;
        if is_short && !entry.key.contains('=') {
            facts.push((format!("model.metadata.{}", entry.key), entry.value.clone()));
        }
    }
    facts
}

fn choices(options: &Options) -> Vec<(String, String)> {
    // Named one by one, so that a new option is not forgotten here; the header and other parts of
    // the manifest hold those that are left out.
    let Options {
        precision,
        kept_float,
        equalise,
        bias_correction,
        weights,
        numerics,
        target: _,
        layout: _,
        board: _,
        io,
        fuse,
        prune,
        fast_math,
        input_ranges,
        keep_inputs,
        overlap,
        strips,
        stream,
        decoder: Decoder { context, chunk },
        input_shapes,
        security_version: _,
        tokenizer: _,
        labels: _,
        preprocessing: _,
        provenance: _,
    } = options;
    let mut facts = Vec::new();
    let mut fact = |key: &str, value: String| facts.push((format!("options.{key}"), value));
    match precision {
        Precision::F32 => fact("precision", "f32".into()),
        Precision::Int8(calibration) => {
            fact("precision", "int8".into());
            fact("range", calibration.range.to_string());
            fact("calibration.rows", calibration.samples.len().to_string());
        }
    }
    for name in kept_float {
        fact(&format!("keep-float.{name}"), "yes".into());
    }
    if *equalise {
        fact("equalise", "yes".into());
    }
    if *bias_correction {
        fact("bias-correction", "yes".into());
    }
    match weights {
        Weights::F32 => {}
        Weights::F16 => fact("weights", "f16".into()),
        Weights::Int8 => fact("weights", "int8".into()),
        Weights::Int8Groups => fact("weights", "int8-groups".into()),
        Weights::Int4Groups => fact("weights", "int4-groups".into()),
    }
    match numerics {
        Numerics::Onnx => {}
        Numerics::Tflite => fact("numerics", "tflite".into()),
        Numerics::Tflm => fact("numerics", "tflm".into()),
    }
    if *io == IoLayout::ChannelsLast {
        fact("io", "nhwc".into());
    }
    if !fuse {
        fact("fuse", "no".into());
    }
    if !prune {
        fact("prune", "no".into());
    }
    if !overlap {
        fact("overlap", "no".into());
    }
    if *keep_inputs {
        fact("keep-inputs", "yes".into());
    }
    match strips {
        Strips::None => {}
        Strips::Whole => fact("strips", "whole".into()),
        Strips::Fed => fact("strips", "fed".into()),
    }
    if let Some(Stream { axes, hop }) = stream {
        for (name, axis) in axes {
            fact(&format!("stream.{name}"), axis.to_string());
        }
        if let Some(hop) = hop {
            fact("hop", hop.to_string());
        }
    }
    if let Some(context) = context {
        fact("context", context.to_string());
    }
    if *chunk != Decoder::default().chunk {
        fact("chunk", chunk.to_string());
    }
    if *fast_math {
        fact("fast-math", "yes".into());
    }
    for (name, (min, max)) in input_ranges {
        fact(&format!("input-range.{name}"), format!("{min}..{max}"));
    }
    for (name, shape) in input_shapes {
        let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
        fact(&format!("shape.{name}"), shape.join("x"));
    }
    facts
}

/// What each run of a package takes in and gives, where it runs frame by frame (`stream.`).
pub(crate) fn of_stream(stream: Option<&StreamReport>) -> Vec<String> {
    let Some(stream) = stream else {
        return Vec::new();
    };
    let outputs = stream.outputs.iter().map(|output| {
        let StreamedOutput { name, elements, .. } = output;
        let what = match output.axis {
            Some(axis) => format!("{elements} along axis {axis}"),
            None => "all".into(),
        };
        let skipped = match output.skipped() {
            0 => String::new(),
            skipped => format!(" without the first {skipped}"),
        };
        format!(
            "stream.output.{name}={what}, from run {}{skipped}",
            output.first_run()
        )
    });
    std::iter::once(format!("stream.hop={}", stream.hop))
        .chain(outputs)
        .collect()
}

impl Options {
    /// The options that a package's provenance records. Calibration data is not among them: an int8
    /// model has none here, which is enough for [`fit`](crate::fit).
    pub fn recorded(provenance: &str) -> Options {
        let facts: BTreeMap<&str, &str> = provenance
            .lines()
            .filter_map(|line| line.strip_prefix("options.")?.rsplit_once('='))
            .collect();
        let is = |key: &str, value: &str| facts.get(key) == Some(&value);
        let number = |key: &str| facts.get(key).and_then(|number| number.parse().ok());
        let range = facts.get("range").and_then(|range| range.parse().ok());
        let calibration = Calibration {
            samples: Vec::new(),
            range: range.unwrap_or(Range::MinMax),
        };
        let shapes = facts.iter().filter_map(|(key, shape)| {
            let shape: Result<_, _> = shape.split('x').map(str::parse).collect();
            Some((key.strip_prefix("shape.")?.into(), shape.ok()?))
        });
        let ranges = facts.iter().filter_map(|(key, range)| {
            let (min, max) = range.split_once("..")?;
            let range = (min.parse().ok()?, max.parse().ok()?);
            Some((key.strip_prefix("input-range.")?.into(), range))
        });
        let axes = facts.iter().filter_map(|(key, axis)| {
            Some((key.strip_prefix("stream.")?.into(), axis.parse().ok()?))
        });
        let stream = Stream {
            axes: axes.collect(),
            hop: number("hop"),
        };
        Options {
            precision: match is("precision", "int8") {
                true => Precision::Int8(calibration),
                false => Precision::F32,
            },
            numerics: match facts.get("numerics") {
                Some(&"tflite") => Numerics::Tflite,
                Some(&"tflm") => Numerics::Tflm,
                _ => Numerics::Onnx,
            },
            io: match is("io", "nhwc") {
                true => IoLayout::ChannelsLast,
                false => IoLayout::Onnx,
            },
            kept_float: facts
                .keys()
                .filter_map(|key| key.strip_prefix("keep-float."))
                .map(String::from)
                .collect(),
            equalise: is("equalise", "yes"),
            weights: match facts.get("weights") {
                Some(&"f16") => Weights::F16,
                Some(&"int8") => Weights::Int8,
                Some(&"int8-groups") => Weights::Int8Groups,
                Some(&"int4-groups") => Weights::Int4Groups,
                _ => Weights::F32,
            },
            bias_correction: is("bias-correction", "yes"),
            fuse: !is("fuse", "no"),
            prune: !is("prune", "no"),
            fast_math: is("fast-math", "yes"),
            input_ranges: ranges.collect(),
            overlap: !is("overlap", "no"),
            strips: match facts.get("strips") {
                Some(&"whole") => Strips::Whole,
                Some(&"fed") => Strips::Fed,
                _ => Strips::None,
            },
            stream: (!stream.axes.is_empty()).then_some(stream),
            decoder: Decoder {
                context: number("context"),
                chunk: number("chunk").unwrap_or(Decoder::default().chunk),
            },
            keep_inputs: is("keep-inputs", "yes"),
            input_shapes: shapes.collect(),
            ..Options::float()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int8() -> Options {
        Options {
            precision: Precision::Int8(Calibration {
                samples: vec![vec![0.0]; 3],
                range: Range::Percentile(0.001),
            }),
            numerics: Numerics::Tflite,
            io: IoLayout::ChannelsLast,
            equalise: true,
            bias_correction: true,
            weights: Weights::F16,
            fuse: false,
            keep_inputs: true,
            overlap: false,
            strips: Strips::Fed,
            input_shapes: [("x=y:0".into(), vec![1, 3, 8])].into(),
            input_ranges: [("x=y:0".into(), (-0.1, f32::MAX))].into(),
            fast_math: true,
            stream: Some(Stream {
                axes: [("x=y:0".into(), 2)].into(),
                hop: Some(4),
            }),
            decoder: Decoder {
                context: Some(64),
                chunk: 3,
            },
            ..Options::float()
        }
    }

    #[test]
    fn options_can_be_read_back() {
        for options in [Options::float(), int8()] {
            let recorded = Options::recorded(&facts(b"", &options).join("\n"));
            let mut wanted = choices(&options);
            wanted.retain(|(key, _)| key != "options.calibration.rows");
            let mut found = choices(&recorded);
            found.retain(|(key, _)| key != "options.calibration.rows");
            assert_eq!(found, wanted);
        }
    }

    #[test]
    fn the_model_s_own_words_are_kept_where_they_are_short() {
        let origin = Origin {
            producer_name: "trainer".into(),
            producer_version: "2".into(),
            opset_import: vec![pb::OperatorSetIdProto {
                domain: String::new(),
                version: 17,
            }],
            metadata_props: [("author", "me".to_owned()), ("log", "x".repeat(257))]
                .map(|(key, value)| pb::StringStringEntryProto {
                    key: key.into(),
                    value,
                })
                .into(),
        };
        let options = Options {
            provenance: [
                ("teacher".into(), "t1".into()),
                ("model.opset".into(), "forged".into()),
            ]
            .into(),
            ..Options::float()
        };
        let mut facts = facts(&origin.encode_to_vec(), &options);
        let sha = facts.remove(3);
        assert_eq!(
            facts,
            [
                "model.metadata.author=me",
                "model.opset=17",
                "model.producer=trainer 2",
                "options.precision=f32",
                "teacher=t1",
            ]
        );
        assert_eq!(sha.len(), "model.sha256=".len() + 64);
    }
}
