use std::path::PathBuf;

use anyhow::Result;
use cadet_format::{
    KernelId, Manifest, Numerics, Opcode, Package, Region, SIGNATURE_SCHEME_ED25519, Tag,
    TensorInfo,
};
use cadet_host::PackageFile;
use serde::Serialize;

use crate::output::{print_json, print_line, table, thousands};

/// Print what a package holds: memory, ports, kernels, steps and tensors
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The package
    package: PathBuf,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let file = PackageFile::open(&args.package)?;
    let contents = Contents::of(&file.package()?)?;
    if args.json {
        print_json(&contents)
    } else {
        contents.print()
    }
}

#[derive(Serialize)]
struct Contents {
    model: String,
    producer: String,
    format: String,
    target: String,
    board: String,
    model_id: String,
    security_version: u32,
    signature: Option<Signature>,
    bytes: usize,
    weight_bytes: usize,
    arena_bytes: Vec<u32>,
    state_bytes: Vec<u32>,
    base_alignment: u16,
    golden_vectors: usize,
    kernels: Vec<String>,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    steps: Vec<Step>,
    labels: Vec<String>,
    preprocessing: String,
    provenance: Vec<String>,
}

#[derive(Serialize)]
struct Signature {
    scheme: &'static str,
    key_id: u16,
}

#[derive(Serialize)]
struct Port {
    program: usize,
    name: String,
    tensor: String,
}

#[derive(Serialize)]
struct Step {
    program: usize,
    name: String,
    kernel: String,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

impl Contents {
    fn of(package: &Package<'_>) -> Result<Contents> {
        let header = package.header();
        let manifest = match package.manifest_bytes() {
            [] => Manifest::default(),
            bytes => Manifest::decode(bytes)?,
        };
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let used = |bytes: &[u32]| {
            let last = bytes
                .iter()
                .rposition(|&b| b > 0)
                .map_or(0, |last| last + 1);
            bytes[..last].to_vec()
        };
        let weight_bytes = (0..8)
            .filter_map(|i| package.weights(i))
            .map(<[u8]>::len)
            .sum();
        let (mut inputs, mut outputs, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        let (mut input_names, mut output_names) =
            (manifest.inputs.lines(), manifest.outputs.lines());
        let mut step_names = manifest.steps.lines();
        let describe = |index: u16| {
            package
                .tensor(index)
                .map_or_else(|| "-".into(), |t| tensor(&t))
        };
        for program in 0..package.programs().len() {
            for &index in package.inputs(program).unwrap_or_default() {
                let name = input_names.next().unwrap_or_default().to_owned();
                inputs.push(Port {
                    program,
                    name,
                    tensor: describe(index),
                });
            }
            for &index in package.outputs(program).unwrap_or_default() {
                let name = output_names.next().unwrap_or_default().to_owned();
                outputs.push(Port {
                    program,
                    name,
                    tensor: describe(index),
                });
            }
            for step in package.steps(program).unwrap_or_default() {
                let operands = |indices: &[u16]| indices.iter().map(|&i| describe(i)).collect();
                steps.push(Step {
                    program,
                    name: step_names.next().unwrap_or_default().to_owned(),
                    kernel: package
                        .kernels()
                        .get(usize::from(step.kernel))
                        .map_or_else(String::new, kernel),
                    inputs: operands(package.step_inputs(step)),
                    outputs: operands(package.step_outputs(step)),
                });
            }
        }
        Ok(Contents {
            model: manifest.model.into(),
            producer: manifest.producer.into(),
            format: format!("{}.{}", header.major, header.minor),
            target: format!("{:?}", package.target()),
            board: match header.board {
                0 => "any".into(),
                id => format!("{} ({id:#010x})", manifest.board),
            },
            model_id: header.model_id.iter().map(|b| format!("{b:02x}")).collect(),
            security_version: header.security_version,
            signature: (header.signature_scheme == SIGNATURE_SCHEME_ED25519).then_some(Signature {
                scheme: "ed25519",
                key_id: header.key_id,
            }),
            bytes: package.bytes().len(),
            weight_bytes,
            arena_bytes: used(&header.arena_bytes),
            state_bytes: used(&header.state_bytes),
            base_alignment: header.base_alignment,
            golden_vectors: package.golden().map_or(0, |g| g.vectors()),
            kernels: package.kernels().iter().map(kernel).collect(),
            inputs,
            outputs,
            steps,
            labels: lines(manifest.labels),
            preprocessing: manifest.preprocessing.into(),
            provenance: lines(manifest.provenance),
        })
    }

    fn print(&self) -> Result<()> {
        let list = |bytes: &[u32]| match bytes {
            [] => "0".to_owned(),
            bytes => bytes
                .iter()
                .map(|&b| thousands(u64::from(b)))
                .collect::<Vec<_>>()
                .join(" + "),
        };
        let mut facts = vec![
            vec!["model".into(), self.model.clone()],
            vec!["made by".into(), self.producer.clone()],
            vec!["format".into(), self.format.clone()],
            vec![
                "target, board".into(),
                format!("{}, {}", self.target, self.board),
            ],
            vec!["model id".into(), self.model_id.clone()],
            vec!["security version".into(), self.security_version.to_string()],
            vec![
                "signature".into(),
                self.signature.as_ref().map_or("none".into(), |it| {
                    format!("{}, key {}", it.scheme, it.key_id)
                }),
            ],
            vec![
                "bytes".into(),
                format!(
                    "{} ({} weights)",
                    thousands(self.bytes as u64),
                    thousands(self.weight_bytes as u64)
                ),
            ],
            vec!["ARENA_BYTES".into(), list(&self.arena_bytes)],
            vec!["STATE_BYTES".into(), list(&self.state_bytes)],
            vec!["golden vectors".into(), self.golden_vectors.to_string()],
            vec!["kernels".into(), self.kernels.join(", ")],
        ];
        for (what, ports) in [("input", &self.inputs), ("output", &self.outputs)] {
            facts.extend(
                ports
                    .iter()
                    .map(|p| vec![what.into(), format!("{} {}", p.name, p.tensor)]),
            );
        }
        if !self.labels.is_empty() {
            facts.push(vec!["labels".into(), self.labels.join(", ")]);
        }
        if !self.preprocessing.is_empty() {
            facts.push(vec!["preprocessing".into(), self.preprocessing.clone()]);
        }
        facts.extend(
            self.provenance
                .iter()
                .map(|line| vec!["provenance".into(), line.clone()]),
        );
        print_line(&table(&[], facts))?;
        let rows = self.steps.iter().enumerate().map(|(number, step)| {
            let operands = |names: &[String]| names.join(" ");
            vec![
                number.to_string(),
                step.name.clone(),
                step.kernel.clone(),
                operands(&step.inputs[..step.inputs.len().min(1)]),
                operands(&step.outputs),
            ]
        });
        print_line(&format!(
            "\n{}",
            table(&[">step", "node", "kernel", "input", "output"], rows)
        ))
    }
}

fn kernel(id: &KernelId) -> String {
    let name = Opcode::from_u16(id.opcode)
        .map_or_else(|| format!("op {:#06x}", id.opcode), |o| o.name().into());
    let dtype = cadet_format::DType::from_u8(id.dtype)
        .map_or_else(String::new, |d| format!("{d:?}").to_lowercase());
    let numerics = match Numerics::from_u8(id.numerics) {
        Some(Numerics::Onnx) => " onnx",
        Some(Numerics::Tflite) => " tflite",
        _ => "",
    };
    let layout = match id.layout {
        0 => String::new(),
        layout => format!(" layout {layout}"),
    };
    format!("{name} {dtype}{numerics}{layout}")
}

fn tensor(info: &TensorInfo<'_>) -> String {
    let place = match info.region {
        Region::Arena(i) => format!("arena{i}+{}", info.offset),
        Region::State(i) => format!("state{i}+{}", info.offset),
        Region::Weights(i) => format!(
            "{}+{}",
            String::from_utf8_lossy(&Tag::weights(i).0),
            info.offset
        ),
        Region::Input => format!("input+{}", info.offset),
        Region::Output => format!("output+{}", info.offset),
    };
    let scale = match info.scale {
        scale if scale > 0.0 => format!(" scale {scale:.6} zero {}", info.zero_point),
        _ => String::new(),
    };
    format!(
        "{}{:?}@{place}{scale}",
        format!("{:?}", info.dtype).to_lowercase(),
        info.dims
    )
}
