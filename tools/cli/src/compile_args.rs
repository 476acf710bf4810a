//! What `pack` and `fit` have in common: a model and how to compile it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use cadet_compiler::{
    Board, CompileError, Compiled, Decoder, IoLayout, Options, Stream, UnsupportedNode,
    package_whole,
};
use cadet_decoder::{hugging_face, llama2c};
use cadet_flash::CostTable;
use cadet_format::{Layout, TargetId};
use cadet_repack::HostTarget;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::output::print_json;

/// A model and how to compile it.
#[derive(Args)]
pub(crate) struct CompileArgs {
    /// The model: an ONNX file, or a language model as a folder of Hugging Face's form or a file of llama2.c (.bin)
    pub(crate) model: PathBuf,
    /// The only board that the package is for, by the name of its folder in `targets`; without, any
    #[arg(long)]
    board: Option<String>,
    /// The kind of host that the package is laid out for: x86-64, x86-64-v3 (AVX2, FMA and F16C), x86-64-v3-vnni, x86-64-v4
    /// (AVX-512), x86-64-v4-vnni, aarch64 (NEON), aarch64-dotprod or aarch64-i8mm. Such a host uses it as it lies in the file, others lay it out anew when they
    /// load it; without, that is what all hosts do
    #[arg(long, value_parser = parse_target, conflicts_with_all = ["board", "fallback"])]
    target: Option<HostTarget>,
    /// The folder of boards and of what kernels cost on them and on hosts; without, `targets` of the project around the
    /// current folder
    #[arg(long)]
    targets: Option<PathBuf>,
    /// Shape of an input with open dimensions, as NAME=1x3x32x32; elsewhere an open batch is 1
    #[arg(long = "shape", value_name = "NAME=DIMS", value_parser = parse_shape)]
    shapes: Vec<(String, Vec<usize>)>,
    /// Values that an input keeps to, as NAME=0..1 (repeatable): channels that are constant then are cut, those of
    /// floats where they are 0. Other values than these may give other results than the model's. Without, floats
    /// keep to -1e9..1e9; NAME=-inf..inf is for any value
    #[arg(long = "input-range", value_name = "NAME=MIN..MAX", value_parser = parse_range)]
    input_ranges: Vec<(String, (f32, f32))>,
    /// Let float results change by rounding where that saves work: cut float channels of any constant value, not of
    /// 0 only
    #[arg(long)]
    fast_math: bool,
    /// Memory order of 4-D inputs and outputs
    #[arg(long, value_enum, default_value_t = Io::Onnx)]
    io: Io,
    /// Leave the inputs in the arena as they are, so that they can be read after a run
    #[arg(long)]
    keep_inputs: bool,
    /// Run layers a few rows at a time, so that the planes between them are never in memory as a whole
    #[arg(long, value_enum, default_value_t = Strips::None)]
    strips: Strips,
    /// Run frame by frame: the axis of time of an input, in ONNX's order, as NAME=2 (repeatable). A run takes in the
    /// next frames and gives what they complete; what earlier frames are needed for is kept in the state
    #[arg(long = "stream", value_name = "NAME=AXIS", value_parser = parse_axis, conflicts_with_all = ["strips", "fallback"])]
    streams: Vec<(String, usize)>,
    /// Frames that a run takes in, a multiple of every stride along time; without, the least there is
    #[arg(long, value_name = "FRAMES", requires = "streams")]
    hop: Option<usize>,
    /// How layers that compute in floats store their weights; what has no kernel for it keeps f32
    #[arg(long, value_enum, default_value_t = Weights::F32)]
    weights: Weights,
    /// Of a language model: tokens for which the state has room; without, as many as the model has positions
    #[arg(long, value_name = "TOKENS")]
    context: Option<usize>,
    /// Of a language model: tokens of a prompt that are taken in at a time
    #[arg(long, value_name = "TOKENS", default_value_t = Decoder::default().chunk)]
    chunk: usize,
    /// Do not fuse nodes: write every tensor of the model to memory, for comparisons. What a model quantised
    /// elsewhere has between its conversions then runs in floats
    #[arg(long)]
    no_fuse: bool,
    /// Package a model that has unsupported nodes whole, for hosts only, where tract runs it; a model without such
    /// nodes is compiled as ever
    #[arg(long, conflicts_with = "board")]
    fallback: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Io {
    /// As in the model
    Onnx,
    /// Channels last
    Nhwc,
}

#[derive(Clone, Copy, ValueEnum)]
enum Strips {
    /// No layers
    None,
    /// Those layers that need the most memory, where that saves some; the input lies in the arena
    Whole,
    /// The first layers; the caller hands over the input in parts of a few rows, or has it in memory elsewhere
    Fed,
}

/// What is printed as JSON of a model with unsupported nodes.
#[derive(Serialize)]
struct Refused<'a> {
    unsupported: &'a [UnsupportedNode],
    /// Whether packaging the model whole would help.
    fallback: &'a str,
}

/// How float layers store their weights.
#[derive(Clone, Copy, ValueEnum)]
enum Weights {
    /// 32-bit floats
    F32,
    /// 16-bit floats, in layers whose weights are all within their range
    F16,
    /// 8-bit integers with a scale for each output channel
    Int8,
    /// 8-bit integers with a scale for each 32 inputs of an output, in fully connected layers and embeddings, whose
    /// inputs are rounded to 8 bits in the same way as they run: what language models want
    Int8Groups,
    /// 4-bit integers in the same way, but for embeddings and the model's last layer
    Int4Groups,
}

/// Rounding of integer steps.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Numerics {
    /// As ONNX Runtime: one f32 product, rounded half to even
    Onnx,
    /// As LiteRT's reference kernels: rounded twice, in fully connected layers once
    Tflite,
    /// As TensorFlow Lite Micro and CMSIS-NN: rounded twice everywhere
    Tflm,
}

impl From<Numerics> for cadet_compiler::Numerics {
    fn from(numerics: Numerics) -> Self {
        match numerics {
            Numerics::Onnx => Self::Onnx,
            Numerics::Tflite => Self::Tflite,
            Numerics::Tflm => Self::Tflm,
        }
    }
}

impl CompileArgs {
    /// Reads the model; a language model in another form becomes ONNX.
    pub(crate) fn read_model(&self) -> Result<Vec<u8>> {
        let weights = match self.model.extension() {
            _ if self.model.is_dir() => Some(hugging_face::read(&self.model)?),
            Some(extension) if extension == "bin" => Some(llama2c::read(&self.model)?),
            _ => None,
        };
        if let Some(weights) = weights {
            return Ok(cadet_decoder::export(&weights)?);
        }
        fs::read(&self.model)
            .with_context(|| format!("cannot read the model {}", self.model.display()))
    }

    /// The compiled tokenizer in a file, or that in the model's folder.
    pub(crate) fn tokenizer(&self, given: Option<&Path>) -> Result<Option<Vec<u8>>> {
        let in_folder = ["tokenizer.json", "tokenizer.model"].map(|name| self.model.join(name));
        let found = in_folder.iter().find(|path| path.is_file());
        let Some(path) = given.or(found.map(PathBuf::as_path)) else {
            return Ok(None);
        };
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let source = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => cadet_tokenizer::hugging_face(&bytes),
            Some("model") => cadet_tokenizer::sentencepiece(&bytes),
            _ => cadet_tokenizer::llama2c(&bytes),
        };
        let compiled = source.and_then(|source| source.compile());
        Ok(Some(compiled.with_context(|| path.display().to_string())?))
    }

    /// Options for float arithmetic, to be refined by the verb.
    pub(crate) fn options(&self) -> Result<Options> {
        let (board, target) = match self.load_board()? {
            Some(board) => {
                let target = board.target_id()?;
                let ranges = Board {
                    name: board.name,
                    flash_bytes: u64::from(board.memory.flash.bytes),
                    ram_bytes: u64::from(board.memory.ram.bytes),
                };
                (Some(ranges), target)
            }
            None => (None, self.target.map_or(TargetId::Any, |host| host.id)),
        };
        let mut provenance = BTreeMap::from([("model.file".into(), file_name(&self.model))]);
        if let Some(host) = self.target {
            provenance.insert("options.target".into(), host.name.into());
        }
        Ok(Options {
            board,
            target,
            layout: self.target.map_or(Layout::Canonical, |host| host.layout),
            io: match self.io {
                Io::Onnx => IoLayout::Onnx,
                Io::Nhwc => IoLayout::ChannelsLast,
            },
            weights: match self.weights {
                Weights::F32 => cadet_compiler::Weights::F32,
                Weights::F16 => cadet_compiler::Weights::F16,
                Weights::Int8 => cadet_compiler::Weights::Int8,
                Weights::Int8Groups => cadet_compiler::Weights::Int8Groups,
                Weights::Int4Groups => cadet_compiler::Weights::Int4Groups,
            },
            fuse: !self.no_fuse,
            strips: match self.strips {
                Strips::None => cadet_compiler::Strips::None,
                Strips::Whole => cadet_compiler::Strips::Whole,
                Strips::Fed => cadet_compiler::Strips::Fed,
            },
            stream: (!self.streams.is_empty()).then(|| Stream {
                axes: self.streams.iter().cloned().collect(),
                hop: self.hop,
            }),
            decoder: Decoder {
                context: self.context,
                chunk: self.chunk,
            },
            keep_inputs: self.keep_inputs,
            provenance,
            fast_math: self.fast_math,
            input_ranges: self.input_ranges.iter().cloned().collect(),
            input_shapes: self.shapes.iter().cloned().collect::<BTreeMap<_, _>>(),
            ..Options::float()
        })
    }

    /// What the compiler made of the model, or, where some of its nodes are unsupported and the user agrees, what is
    /// told of the model packaged whole. Unsupported nodes are printed where `json` is asked for.
    ///
    /// # Errors
    /// That of the compiler, with what to do about unsupported nodes.
    pub(crate) fn or_whole<T>(
        &self,
        compiled: Result<T, CompileError>,
        (model, options): (&[u8], &Options),
        from_whole: impl FnOnce(Compiled) -> T,
        json: bool,
    ) -> Result<T> {
        let failed = || format!("{} cannot be compiled", self.model.display());
        let unsupported = match compiled {
            Err(CompileError::Unsupported(nodes)) => nodes,
            compiled => return compiled.with_context(failed),
        };
        let whole = package_whole(model, options, unsupported.clone());
        if self.fallback {
            return whole.map(from_whole).with_context(failed);
        }
        let fallback = match whole {
            Ok(_) => "--fallback packages the model whole, for hosts, where tract runs it".into(),
            Err(error) => format!("--fallback is no way out: {error}"),
        };
        if json {
            print_json(&Refused {
                unsupported: &unsupported,
                fallback: &fallback,
            })?;
        }
        let error = anyhow!("{}\n{fallback}", CompileError::Unsupported(unsupported));
        Err(error.context(failed()))
    }

    /// The board that was named.
    pub(crate) fn load_board(&self) -> Result<Option<cadet_flash::Board>> {
        match &self.board {
            Some(name) => Ok(Some(cadet_flash::Board::find(&self.targets()?, name)?)),
            None => Ok(None),
        }
    }

    /// What kernels cost on the board or the kind of host that was named; `None` where nobody has measured it.
    pub(crate) fn load_costs(&self) -> Result<Option<CostTable>> {
        match (&self.board, self.target) {
            (Some(name), _) => Ok(CostTable::load(&self.targets()?.join(name))?),
            // Figures of hosts are no must: packing for one needs no project around it.
            (None, Some(host)) => match self.targets() {
                Ok(targets) => Ok(CostTable::load(&targets.join(host.name))?),
                Err(_) => Ok(None),
            },
            (None, None) => Ok(None),
        }
    }

    /// The kind of host that was named.
    pub(crate) fn host(&self) -> Option<HostTarget> {
        self.target
    }

    /// Name of the board or of the kind of host.
    pub(crate) fn target_name(&self) -> Option<&str> {
        self.board.as_deref().or(self.target.map(|host| host.name))
    }

    fn targets(&self) -> Result<PathBuf> {
        match &self.targets {
            Some(folder) => Ok(folder.clone()),
            None => {
                let here = env::current_dir().context("no current folder")?;
                Ok(cadet_flash::Board::targets_folder(&here)?)
            }
        }
    }
}

/// A file's own name: where it lay says nothing elsewhere.
fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn parse_shape(text: &str) -> Result<(String, Vec<usize>), String> {
    let help = "write NAME=1x3x32x32";
    let (name, dims) = text.rsplit_once('=').ok_or(help)?;
    let dims: Result<Vec<usize>, _> = dims.split('x').map(str::parse).collect();
    match dims {
        Ok(dims) if dims.iter().all(|&d| d > 0) => Ok((name.to_owned(), dims)),
        _ => Err(help.into()),
    }
}

fn parse_target(name: &str) -> Result<HostTarget, String> {
    HostTarget::named(name).ok_or_else(|| {
        let known: Vec<&str> = HostTarget::ALL.iter().map(|it| it.name).collect();
        format!("no such target; there are {}", known.join(", "))
    })
}

fn parse_axis(text: &str) -> Result<(String, usize), String> {
    let help = "write NAME=2";
    let (name, axis) = text.rsplit_once('=').ok_or(help)?;
    let axis = axis.parse().map_err(|_| help)?;
    Ok((name.to_owned(), axis))
}

fn parse_range(text: &str) -> Result<(String, (f32, f32)), String> {
    let help = "write NAME=0..1";
    let (name, range) = text.rsplit_once('=').ok_or(help)?;
    let (min, max) = range.split_once("..").ok_or(help)?;
    match (min.parse(), max.parse()) {
        (Ok(min), Ok(max)) => Ok((name.to_owned(), (min, max))),
        _ => Err(help.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_names_and_bounds() {
        assert_eq!(parse_range("a:0=-1.5..2"), Ok(("a:0".into(), (-1.5, 2.0))));
        for bad in ["0..1", "a=1", "a=0..x"] {
            assert!(parse_range(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn axes_are_names_and_numbers() {
        assert_eq!(parse_axis("a:0=2"), Ok(("a:0".into(), 2)));
        for bad in ["2", "a=", "a=-1"] {
            assert!(parse_axis(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn shapes_are_names_and_extents() {
        assert_eq!(
            parse_shape("a:0=1x49x10"),
            Ok(("a:0".into(), vec![1, 49, 10]))
        );
        for bad in ["1x2", "a=", "a=1x0", "a=1,2"] {
            assert!(parse_shape(bad).is_err(), "{bad}");
        }
    }
}
