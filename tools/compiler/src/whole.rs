//! Packages of whole ONNX models, for hosts: what operators without a kernel are left with.

use bytemuck::{bytes_of, cast_slice};
use cadet_format::{
    DType, GENERATOR_LCG, Generator, GoldenHeader, Header, KernelId, MAX_RANK, Manifest, Numerics,
    Opcode, Program, ProgramKind, Region, SECTION_CRITICAL, Step, Tag, TargetId, Tensor, crc32,
};
use cadet_host::{OnnxRunner, ValueShape};

use crate::compile::Compiled;
use crate::draft::{identity, lines};
use crate::error::{CompileError, UnsupportedNode};
use crate::golden::VECTORS;
use crate::import::{Whole, WholeNode, read_whole};
use crate::options::{IoLayout, Options, Precision, Strips};
use crate::package::Tables;
use crate::provenance;
use crate::report::{FlashBytes, GoldenReport, PortReport, Report, StepReport};
use cadet_repack::assemble;

/// Seed of the first golden vector.
const SEED: u32 = 1;
const KERNEL: &str = "tract";
/// A cache line, as for all hosts.
const ALIGNMENT: usize = 64;

/// Packages an ONNX model as it is, for hosts, where tract runs it: for models with operators that cannot
/// be compiled. `unsupported` are the nodes that [`compile`](crate::compile) refused, for the report. Of
/// `options`, shapes, labels, preprocessing, provenance and security version hold.
///
/// # Errors
/// [`CompileError::NotWhole`] where tract cannot run the model, or is known to compute other values than
/// ONNX defines; [`CompileError::Option`] for options that ask for compiled steps; `Parse` and
/// `Interface` as [`compile`](crate::compile).
pub fn package_whole(
    onnx: &[u8],
    options: &Options,
    unsupported: Vec<UnsupportedNode>,
) -> Result<Compiled, CompileError> {
    check(options)?;
    let whole = read_whole(onnx, &options.input_shapes)?;
    if !whole.untrusted.is_empty() {
        return Err(CompileError::NotWhole(format!(
            "it is known to compute other values than ONNX defines for {}",
            whole.untrusted.join("; ")
        )));
    }
    let shapes: Vec<Vec<usize>> = whole
        .inputs
        .iter()
        .map(|(_, shape)| shape.clone())
        .collect();
    let runner = OnnxRunner::with_shapes(onnx, &shapes);
    let runner = runner.map_err(|error| CompileError::NotWhole(error.to_string()))?;
    let input_names: Vec<&String> = whole.inputs.iter().map(|(name, _)| name).collect();
    let inputs = ports("input", &input_names, runner.inputs())?;
    let outputs = ports(
        "output",
        &whole.outputs.iter().collect::<Vec<_>>(),
        runner.outputs(),
    )?;

    let tables = tables(&inputs, &outputs);
    let manifest = manifest(onnx, &whole, options)?;
    let golden = golden(&runner, &inputs);
    let header = Header {
        input_bytes: buffer_bytes(&inputs)?,
        output_bytes: buffer_bytes(&outputs)?,
        ..identity(onnx, options).header(ALIGNMENT)
    };
    let dtype = inputs
        .first()
        .or(outputs.first())
        .map_or(DType::F32, |port| port.dtype);
    let kernel = KernelId::new(Opcode::OnnxGraph, dtype, Numerics::None);
    let mut sections = tables.sections();
    sections.push((Tag::ONNX, SECTION_CRITICAL, onnx));
    if let Some(golden) = &golden {
        sections.push((Tag::GOLDEN, 0, &golden.checksums));
        sections.push((Tag::GOLDEN_OUTPUTS, 0, &golden.outputs));
    }
    sections.push((Tag::MANIFEST, 0, &manifest));
    let package = assemble(header, &[kernel], &sections);

    let golden_bytes = golden
        .as_ref()
        .map_or(0, |it| it.checksums.len() + it.outputs.len());
    let flash = FlashBytes {
        total: package.len(),
        weights: onnx.len(),
        golden: golden_bytes,
        manifest: manifest.len(),
        plan: package.len() - onnx.len() - golden_bytes - manifest.len(),
    };
    let report = Report {
        model: whole.name,
        precision: "as in the model",
        flash,
        arena_bytes: 0,
        arena_lower_bound_bytes: 0,
        state_bytes: 0,
        macs: 0,
        inputs: inputs.iter().map(Port::report).collect(),
        outputs: outputs.iter().map(Port::report).collect(),
        steps: whole.nodes.into_iter().map(step).collect(),
        tensors: Vec::new(),
        buffers: Vec::new(),
        strips: None,
        stream: None,
        golden: golden.map(|_| GoldenReport {
            vectors: VECTORS,
            seed: SEED,
            unexercised: Vec::new(),
        }),
        fit: None,
        fallback: unsupported,
    };
    Ok(Compiled { package, report })
}

/// Refuses options that say how to compile.
fn check(options: &Options) -> Result<(), CompileError> {
    let refused = if options.board.is_some() || options.target != TargetId::Any {
        "board"
    } else if !matches!(options.precision, Precision::F32) {
        "precision"
    } else if options.io != IoLayout::Onnx {
        "io"
    } else if options.strips != Strips::None {
        "strips"
    } else {
        return Ok(());
    };
    Err(CompileError::Option {
        option: refused,
        reason: "a model that is packaged whole is for hosts and stays as it is".into(),
    })
}

/// An input or output in its buffer.
struct Port {
    name: String,
    dtype: DType,
    shape: Vec<usize>,
    offset: usize,
    bytes: usize,
}

impl Port {
    fn report(&self) -> PortReport {
        PortReport {
            name: self.name.clone(),
            shape: self.shape.clone(),
            dtype: format!("{:?}", self.dtype).to_lowercase(),
            scale: 0.0,
            zero_point: 0,
        }
    }
}

/// The ports one after the other, each at a multiple of 8.
fn ports(
    kind: &'static str,
    names: &[&String],
    values: &[ValueShape],
) -> Result<Vec<Port>, CompileError> {
    if names.len() != values.len() {
        let (wanted, found) = (names.len(), values.len());
        let reason = format!("the model has {wanted} {kind}s, in tract it has {found}");
        return Err(CompileError::NotWhole(reason));
    }
    if names.len() > usize::from(u8::MAX) {
        return Err(CompileError::TooLarge(format!("{} {kind}s", names.len())));
    }
    let mut offset = 0;
    let ports = names.iter().zip(values).map(|(name, value)| {
        let dtype = value.dtype.ok_or_else(|| CompileError::Interface {
            kind,
            name: (*name).clone(),
            reason: "packages do not have its element type; export the model in float32".into(),
        })?;
        if value.shape.len() > MAX_RANK {
            return Err(CompileError::Interface {
                kind,
                name: (*name).clone(),
                reason: format!("it has more than {MAX_RANK} dimensions; join some"),
            });
        }
        let bytes = value.shape.iter().product::<usize>() * dtype.bits() as usize / 8;
        let port = Port {
            name: (*name).clone(),
            dtype,
            shape: value.shape.clone(),
            offset,
            bytes,
        };
        offset = (offset + bytes).next_multiple_of(8);
        Ok(port)
    });
    ports.collect()
}

fn buffer_bytes(ports: &[Port]) -> Result<u32, CompileError> {
    let bytes = ports.last().map_or(0, |port| port.offset + port.bytes);
    let too_large = || CompileError::TooLarge(format!("inputs or outputs take {bytes} bytes"));
    u32::try_from(bytes).map_err(|_| too_large())
}

/// One program of one step, which is the graph.
fn tables(inputs: &[Port], outputs: &[Port]) -> Tables {
    let mut dims = Vec::new();
    let ports = inputs.iter().map(|port| (port, Region::Input));
    let ports = ports.chain(outputs.iter().map(|port| (port, Region::Output)));
    let tensors: Vec<Tensor> = ports
        .map(|(port, region)| {
            let first_dim = dims.len() as u32;
            dims.extend(port.shape.iter().map(|&extent| extent as u32));
            Tensor {
                region: region.code(),
                dtype: port.dtype as u8,
                rank: port.shape.len() as u8,
                reserved: 0,
                offset: port.offset as u32,
                bytes: port.bytes as u32,
                first_dim,
                scale: 0.0,
                zero_point: 0,
                reserved2: 0,
            }
        })
        .collect();
    Tables {
        programs: vec![Program {
            first_step: 0,
            step_count: 1,
            first_input: 0,
            first_output: inputs.len() as u32,
            input_count: inputs.len() as u16,
            output_count: outputs.len() as u16,
            kind: ProgramKind::Main as u32,
        }],
        steps: vec![Step {
            kernel: 0,
            input_count: inputs.len() as u8,
            output_count: outputs.len() as u8,
            first_operand: 0,
            params_offset: 0,
            params_bytes: 0,
        }],
        operands: (0..tensors.len() as u16).collect(),
        tensors,
        dims,
        params: Vec::new(),
    }
}

fn manifest(onnx: &[u8], whole: &Whole, options: &Options) -> Result<Vec<u8>, CompileError> {
    let inputs = lines(whole.inputs.iter().map(|(name, _)| name));
    let outputs = lines(whole.outputs.iter());
    let tensors = whole
        .inputs
        .iter()
        .map(|(name, _)| name)
        .chain(&whole.outputs);
    let manifest = Manifest {
        producer: concat!("cadet ", env!("CARGO_PKG_VERSION")),
        model: &whole.name,
        board: "",
        inputs: &inputs,
        outputs: &outputs,
        steps: &lines([&whole.name].into_iter()),
        tensors: &lines(tensors),
        labels: &lines(options.labels.iter()),
        preprocessing: &options.preprocessing,
        provenance: &lines(provenance::facts(onnx, options).iter()),
    };
    postcard::to_extend(&manifest, Vec::new())
        .map_err(|error| CompileError::SelfCheck(error.to_string()))
}

/// The two golden sections.
struct Golden {
    checksums: Vec<u8>,
    outputs: Vec<u8>,
}

/// What tract makes of generated inputs; `None` where it refuses these, such as noise for an index, or gives
/// something else each time.
fn golden(runner: &OnnxRunner, inputs: &[Port]) -> Option<Golden> {
    let header = GoldenHeader {
        generator: GENERATOR_LCG,
        // Other processors, other bits.
        flags: 0,
        vectors: VECTORS as u32,
        seed: SEED,
        steps: 1,
    };
    let mut checksums = bytes_of(&header).to_vec();
    let mut all = Vec::new();
    for vector in 0..VECTORS as u32 {
        let mut generator = Generator::new(SEED + vector);
        let filled: Vec<Vec<u8>> = inputs
            .iter()
            .map(|port| {
                let mut bytes = vec![0; port.bytes];
                generator.fill(port.dtype, &mut bytes);
                bytes
            })
            .collect();
        let filled: Vec<&[u8]> = filled.iter().map(Vec::as_slice).collect();
        let outputs = runner.run_bytes(&filled).ok()?;
        if runner.run_bytes(&filled).ok()? != outputs {
            return None;
        }
        let crc = outputs
            .iter()
            .fold(0_u32, |crc, it| crc.rotate_left(1) ^ crc32(it));
        checksums.extend_from_slice(cast_slice(&[crc]));
        all.extend(outputs.concat());
    }
    Some(Golden {
        checksums,
        outputs: all,
    })
}

fn step(node: WholeNode) -> StepReport {
    StepReport {
        name: node.name,
        op: node.op,
        kernel: KERNEL.into(),
        inputs: node.inputs,
        output: node.output,
        macs: 0,
        weight_bytes: 0,
    }
}
