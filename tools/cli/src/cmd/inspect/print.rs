//! The contents of a package for people.

use anyhow::Result;
use serde_json::Value;

use super::contents::{Contents, Tensor};
use crate::output::{print_line, table, thousands};

/// All but steps and tensors.
pub(super) fn summary(contents: &Contents) -> Result<()> {
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push(vec![name.to_owned(), value]);
    fact("model", contents.model.clone());
    fact("made by", contents.producer.clone());
    fact("format", contents.format.clone());
    fact(
        "target, board",
        format!("{}, {}", contents.target, contents.board),
    );
    fact("model id", contents.model_id.clone());
    fact("security version", contents.security_version.to_string());
    let signature = contents.signature.as_ref();
    let signature =
        signature.map(|it| format!("{}, key {} (not checked here)", it.scheme, it.key_id));
    fact("signature", signature.unwrap_or("none".into()));
    fact(
        "bytes",
        format!(
            "{} ({} weights)",
            thousands(contents.bytes as u64),
            thousands(contents.weight_bytes as u64)
        ),
    );
    let sections = contents.sections.iter();
    let sections: Vec<String> = sections
        .map(|it| format!("{} {}", it.tag, thousands(u64::from(it.bytes))))
        .collect();
    fact("sections", sections.join(", "));
    fact("checksum", contents.crc.clone());
    fact("alignment", contents.base_alignment.to_string());
    fact("ARENA_BYTES", sum(&contents.arena_bytes));
    fact("STATE_BYTES", sum(&contents.state_bytes));
    for (name, bytes) in [
        ("input buffer", contents.input_bytes),
        ("output buffer", contents.output_bytes),
    ] {
        if bytes > 0 {
            fact(name, thousands(u64::from(bytes)));
        }
    }
    let golden = contents.golden.as_ref().map(|golden| {
        let holds = if golden.is_exact {
            "on every target"
        } else {
            "where they were made"
        };
        format!("{} from seed {}, hold {holds}", golden.vectors, golden.seed)
    });
    fact("golden vectors", golden.unwrap_or("none".into()));
    fact("kernels", contents.kernels.join(", "));
    for (name, ports) in [("input", &contents.inputs), ("output", &contents.outputs)] {
        for port in ports {
            fact(
                name,
                format!("{} {}", port.name, describe(contents, Some(port.tensor))),
            );
        }
    }
    for scalar in &contents.scalars {
        fact(
            "scalar",
            format!(
                "{} to {}, at first {}",
                scalar.min, scalar.max, scalar.initial
            ),
        );
    }
    if !contents.labels.is_empty() {
        fact("labels", contents.labels.join(", "));
    }
    if !contents.preprocessing.is_empty() {
        fact("preprocessing", contents.preprocessing.clone());
    }
    for (key, value) in &contents.provenance {
        fact(key, value.clone());
    }
    print_line(&table(&[], facts))
}

/// A row a step.
pub(super) fn step_table(contents: &Contents) -> Result<()> {
    let rows = contents.steps.iter().enumerate().map(|(number, step)| {
        let first = |operands: &[Option<u16>]| {
            operands
                .first()
                .map_or(String::new(), |&it| describe(contents, it))
        };
        vec![
            number.to_string(),
            step.name.clone(),
            step.kernel.clone(),
            first(&step.inputs),
            first(&step.outputs),
        ]
    });
    print_line(&format!(
        "\n{}",
        table(&[">step", "node", "kernel", "input", "output"], rows)
    ))
}

/// Each step in full.
pub(super) fn steps(contents: &Contents) -> Result<()> {
    for (number, step) in contents.steps.iter().enumerate() {
        let mut rows = Vec::new();
        for (name, operands) in [("input", &step.inputs), ("output", &step.outputs)] {
            for &operand in operands {
                let row = operand.map_or("-".into(), |row| row.to_string());
                rows.push(vec![
                    name.into(),
                    format!("{row} {}", describe(contents, operand)),
                ]);
            }
        }
        flatten("", &step.params, &mut |name, value| {
            rows.push(vec![name, value]);
        });
        if !step.golden_crcs.is_empty() {
            rows.push(vec!["golden".into(), step.golden_crcs.join(" ")]);
        }
        print_line(&format!("\nstep {number} {}: {}", step.name, step.kernel))?;
        print_line(&table(&[], rows))?;
    }
    Ok(())
}

/// A row a tensor.
pub(super) fn tensor_table(contents: &Contents) -> Result<()> {
    let rows = contents.tensors.iter().enumerate().map(|(row, tensor)| {
        vec![
            row.to_string(),
            tensor.name.clone(),
            format!("{}{:?}", tensor.dtype, tensor.shape),
            tensor.region.clone(),
            tensor.offset.to_string(),
            thousands(tensor.bytes as u64),
            quantisation(tensor),
        ]
    });
    let headings = [
        ">tensor",
        "name",
        "shape",
        "region",
        ">offset",
        ">bytes",
        "quantisation",
    ];
    print_line(&format!("\n{}", table(&headings, rows)))
}

/// Type, shape and place of an operand in a few words.
fn describe(contents: &Contents, operand: Option<u16>) -> String {
    let tensor = operand.and_then(|row| contents.tensors.get(usize::from(row)));
    tensor.map_or("not given".into(), |tensor| {
        let Tensor {
            dtype,
            shape,
            region,
            offset,
            ..
        } = tensor;
        let text = format!(
            "{dtype}{shape:?}@{region}+{offset} {}",
            quantisation(tensor)
        );
        text.trim_end().into()
    })
}

fn quantisation(tensor: &Tensor) -> String {
    match tensor.scale {
        scale if scale > 0.0 => format!("scale {scale:.6} zero {}", tensor.zero_point),
        _ => String::new(),
    }
}

fn sum(regions: &[u32]) -> String {
    let regions: Vec<String> = regions
        .iter()
        .map(|&bytes| thousands(u64::from(bytes)))
        .collect();
    match regions.is_empty() {
        true => "0".into(),
        false => regions.join(" + "),
    }
}

/// Names and values of a parameter block's fields, those of its parts with the name of the part before.
fn flatten(prefix: &str, value: &Value, field: &mut impl FnMut(String, String)) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = match prefix {
                    "" => name.clone(),
                    _ => format!("{prefix}.{name}"),
                };
                flatten(&name, value, field);
            }
        }
        // JSON has no infinity: these are bounds that do not bind.
        Value::Null => field(prefix.into(), "none".into()),
        value => field(prefix.into(), value.to_string()),
    }
}
