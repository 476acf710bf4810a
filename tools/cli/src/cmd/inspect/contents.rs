//! Everything that a package says, as data.

use std::collections::BTreeMap;

use anyhow::Result;
use cadet_format::{
    DType, GOLDEN_EXACT, KernelId, Manifest, NO_TENSOR, Numerics, Opcode, Package, Region,
    SECTION_CRITICAL, SIGNATURE_SCHEME_ED25519, Tag,
};
use serde::Serialize;
use serde_json::Value;

use super::params;

#[derive(Serialize)]
pub(super) struct Contents {
    pub(super) model: String,
    pub(super) producer: String,
    pub(super) format: String,
    pub(super) target: String,
    pub(super) board: String,
    pub(super) model_id: String,
    pub(super) security_version: u32,
    pub(super) signature: Option<Signature>,
    pub(super) crc: String,
    pub(super) bytes: usize,
    pub(super) weight_bytes: usize,
    pub(super) arena_bytes: Vec<u32>,
    pub(super) state_bytes: Vec<u32>,
    pub(super) input_bytes: u32,
    pub(super) output_bytes: u32,
    pub(super) base_alignment: u16,
    pub(super) kernels: Vec<String>,
    pub(super) sections: Vec<Section>,
    pub(super) programs: Vec<Program>,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
    pub(super) steps: Vec<Step>,
    pub(super) tensors: Vec<Tensor>,
    pub(super) scalars: Vec<Scalar>,
    pub(super) golden: Option<Golden>,
    pub(super) labels: Vec<String>,
    pub(super) preprocessing: String,
    pub(super) provenance: BTreeMap<String, String>,
}

#[derive(Serialize)]
pub(super) struct Signature {
    pub(super) scheme: &'static str,
    pub(super) key_id: u16,
}

#[derive(Serialize)]
pub(super) struct Section {
    pub(super) tag: String,
    pub(super) is_critical: bool,
    pub(super) offset: u32,
    pub(super) bytes: u32,
}

#[derive(Serialize)]
pub(super) struct Program {
    kind: &'static str,
    first_step: u32,
    steps: u32,
}

/// An input or output of a program.
#[derive(Serialize)]
pub(super) struct Port {
    pub(super) program: usize,
    pub(super) name: String,
    pub(super) tensor: u16,
}

#[derive(Serialize)]
pub(super) struct Step {
    program: usize,
    pub(super) name: String,
    pub(super) kernel: String,
    /// Tensors, `None` for optional operands that are not given.
    pub(super) inputs: Vec<Option<u16>>,
    pub(super) outputs: Vec<Option<u16>>,
    pub(super) params: Value,
    /// Of each golden vector.
    pub(super) golden_crcs: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dtype: String,
    pub(super) shape: Vec<u32>,
    pub(super) region: String,
    pub(super) offset: usize,
    pub(super) bytes: usize,
    /// 0 where the tensor is not quantised per tensor.
    pub(super) scale: f32,
    pub(super) zero_point: i32,
}

#[derive(Serialize)]
pub(super) struct Scalar {
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) initial: u32,
}

#[derive(Serialize)]
pub(super) struct Golden {
    generator: u16,
    pub(super) is_exact: bool,
    pub(super) vectors: u32,
    pub(super) seed: u32,
}

impl Contents {
    pub(super) fn of(package: &Package<'_>) -> Result<Contents> {
        let header = package.header();
        let manifest = match package.manifest_bytes() {
            [] => Manifest::default(),
            bytes => Manifest::decode(bytes)?,
        };
        let weights = (0..8).filter_map(|region| package.weights(region));
        let facts = manifest.provenance.lines();
        let facts = facts.map(|fact| fact.split_once('=').unwrap_or((fact, "")));
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
            crc: hex(header.crc),
            bytes: package.bytes().len(),
            weight_bytes: weights.map(<[u8]>::len).sum(),
            arena_bytes: used(&header.arena_bytes),
            state_bytes: used(&header.state_bytes),
            input_bytes: header.input_bytes,
            output_bytes: header.output_bytes,
            base_alignment: header.base_alignment,
            kernels: package.kernels().iter().map(kernel_name).collect(),
            sections: sections(package),
            programs: programs(package),
            inputs: ports(package, Package::inputs, manifest.inputs),
            outputs: ports(package, Package::outputs, manifest.outputs),
            steps: steps(package, manifest.steps),
            tensors: tensors(package, manifest.tensors),
            scalars: scalars(package),
            golden: package.golden().map(|golden| Golden {
                generator: golden.header().generator,
                is_exact: golden.header().flags & GOLDEN_EXACT != 0,
                vectors: golden.header().vectors,
                seed: golden.header().seed,
            }),
            labels: manifest.labels.lines().map(str::to_owned).collect(),
            preprocessing: manifest.preprocessing.into(),
            provenance: facts
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        })
    }
}

fn hex(crc: u32) -> String {
    format!("{crc:#010x}")
}

/// Without the unused regions at the end.
fn used(regions: &[u32]) -> Vec<u32> {
    let last = regions.iter().rposition(|&bytes| bytes > 0);
    regions[..last.map_or(0, |last| last + 1)].to_vec()
}

fn sections(package: &Package<'_>) -> Vec<Section> {
    let entries = package.sections().iter().map(|entry| Section {
        tag: String::from_utf8_lossy(&entry.tag.0).into(),
        is_critical: entry.flags & SECTION_CRITICAL != 0,
        offset: entry.offset,
        bytes: entry.bytes,
    });
    entries.collect()
}

fn programs(package: &Package<'_>) -> Vec<Program> {
    let programs = package.programs().iter().map(|program| Program {
        kind: match program.kind {
            0 => "main",
            1 => "prefill",
            2 => "decode",
            _ => "unknown",
        },
        first_step: program.first_step,
        steps: program.step_count,
    });
    programs.collect()
}

fn ports<'a>(
    package: &Package<'a>,
    of_program: fn(&Package<'a>, usize) -> Option<&'a [u16]>,
    names: &str,
) -> Vec<Port> {
    let mut names = names.lines();
    let mut ports = Vec::new();
    for program in 0..package.programs().len() {
        for &tensor in of_program(package, program).unwrap_or_default() {
            ports.push(Port {
                program,
                name: names.next().unwrap_or_default().into(),
                tensor,
            });
        }
    }
    ports
}

fn steps(package: &Package<'_>, names: &str) -> Vec<Step> {
    let mut names = names.lines();
    let given = |operands: &[u16]| {
        let operands = operands.iter();
        operands
            .map(|&tensor| (tensor != NO_TENSOR).then_some(tensor))
            .collect()
    };
    let golden = package.golden();
    let mut steps = Vec::new();
    for program in 0..package.programs().len() {
        for step in package.steps(program).unwrap_or_default() {
            let number = steps.len();
            let id = package.kernels().get(usize::from(step.kernel));
            let block = package.params_of(step).unwrap_or_default();
            let crcs = golden.iter().flat_map(|golden| {
                let vectors = 0..golden.vectors();
                vectors.filter_map(move |vector| golden.crc(vector, number))
            });
            steps.push(Step {
                program,
                name: names.next().unwrap_or_default().into(),
                kernel: id.map_or_else(String::new, kernel_name),
                inputs: given(package.step_inputs(step)),
                outputs: given(package.step_outputs(step)),
                params: id.map_or(Value::Null, |id| params::decode(id, block)),
                golden_crcs: crcs.map(hex).collect(),
            });
        }
    }
    steps
}

fn tensors(package: &Package<'_>, names: &str) -> Vec<Tensor> {
    let mut names = names.lines();
    let rows =
        (0..package.tensor_count()).filter_map(|row| package.tensor(u16::try_from(row).ok()?));
    let tensors = rows.map(|info| Tensor {
        name: names.next().unwrap_or_default().into(),
        dtype: dtype(info.dtype),
        shape: info.dims.to_vec(),
        region: match info.region {
            Region::Arena(index) => format!("arena{index}"),
            Region::State(index) => format!("state{index}"),
            Region::Weights(index) => String::from_utf8_lossy(&Tag::weights(index).0).into(),
            Region::Input => "input".into(),
            Region::Output => "output".into(),
        },
        offset: info.offset,
        bytes: info.bytes,
        scale: info.scale,
        zero_point: info.zero_point,
    });
    tensors.collect()
}

fn scalars(package: &Package<'_>) -> Vec<Scalar> {
    let scalars = package.scalars().iter().map(|scalar| Scalar {
        min: scalar.min,
        max: scalar.max,
        initial: scalar.initial,
    });
    scalars.collect()
}

fn dtype(dtype: DType) -> String {
    format!("{dtype:?}").to_lowercase()
}

/// A kernel's identity in words.
pub(crate) fn kernel_name(id: &KernelId) -> String {
    let name = Opcode::from_u16(id.opcode)
        .map_or_else(|| format!("op {:#06x}", id.opcode), |op| op.name().into());
    let dtype = DType::from_u8(id.dtype).map_or_else(String::new, dtype);
    let numerics = match Numerics::from_u8(id.numerics) {
        Some(Numerics::Onnx) => " onnx",
        Some(Numerics::Tflite) => " tflite",
        Some(Numerics::TfliteSingle) => " tflite-single",
        _ => "",
    };
    let layout = match id.layout {
        0 => String::new(),
        1 => " in blocks".into(),
        2 => " in pairs".into(),
        layout => format!(" layout {layout}"),
    };
    let version = match id.version {
        1 => String::new(),
        version => format!(" version {version}"),
    };
    format!("{name} {dtype}{numerics}{layout}{version}")
}
