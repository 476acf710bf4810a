use bytemuck::{Pod, try_cast_slice_mut};
use cadet_format::{DType, Error, ProgramKind, TensorInfo};
use cadet_runtime::{Package, Session};

use crate::{LanguageError, Model};

/// The model of a package: a program over one token, and perhaps one over a chunk of a prompt.
///
/// # Memory
/// That of the session, and a few words.
pub struct PackageModel<'p, 'm> {
    session: Session<'p, 'm>,
    decode: usize,
    prefill: Option<usize>,
    /// Tensor of the logits.
    logits: u16,
    vocab: usize,
    context: usize,
    chunk: usize,
}

/// The run-time scalar that says how many tokens the state holds.
const POSITION: usize = 0;

impl<'p, 'm> PackageModel<'p, 'm> {
    /// Takes a session over a package of a language model.
    ///
    /// # Errors
    /// [`NotALanguageModel`](LanguageError::NotALanguageModel) where the package lacks a program of kind `Decode` from
    /// one i64 token to f32 logits, or has one of kind `Prefill` from anything but i64 tokens, or does not have exactly
    /// one run-time scalar, the position, from 0 on.
    pub fn new(session: Session<'p, 'm>) -> Result<PackageModel<'p, 'm>, LanguageError> {
        let package = session.package();
        let wrong = LanguageError::NotALanguageModel;
        let decode = program(package, ProgramKind::Decode).ok_or(wrong)?;
        let prefill = program(package, ProgramKind::Prefill);
        let [scalar] = package.scalars() else {
            return Err(wrong);
        };
        let chunk = match prefill {
            Some(prefill) => tokens(package, prefill).ok_or(wrong)?,
            None => 0,
        };
        let (logits, tensor) = logits(package, decode).ok_or(wrong)?;
        if tokens(package, decode) != Some(1) || scalar.min != 0 {
            return Err(wrong);
        }
        Ok(PackageModel {
            decode,
            prefill,
            logits,
            vocab: tensor.elements(),
            context: (scalar.max as usize).saturating_add(1),
            chunk,
            session,
        })
    }

    fn run(&mut self, program: usize, position: u32, tokens: &[u32]) -> Result<(), Error> {
        self.session.set_scalar(POSITION, position)?;
        let input = self.session.input_mut(program, 0)?;
        let (places, rest) = input.as_chunks_mut();
        if places.len() != tokens.len() || !rest.is_empty() {
            return Err(Error::WrongShape);
        }
        for (place, &token) in places.iter_mut().zip(tokens) {
            *place = i64::from(token).to_le_bytes();
        }
        self.session.run(program)
    }
}

impl Model for PackageModel<'_, '_> {
    fn vocab(&self) -> usize {
        self.vocab
    }

    fn context(&self) -> usize {
        self.context
    }

    fn chunk(&self) -> usize {
        self.chunk
    }

    fn decode(&mut self, position: u32, token: u32) -> Result<(), Error> {
        self.run(self.decode, position, &[token])
    }

    fn prefill(&mut self, position: u32, tokens: &[u32]) -> Result<(), Error> {
        let program = self.prefill.ok_or(Error::NoSuchIndex)?;
        self.run(program, position, tokens)
    }

    fn logits(&self) -> Result<&[f32], Error> {
        self.session.read_output(self.decode, 0)
    }

    fn logits_mut(&mut self) -> Result<&mut [f32], Error> {
        elements(self.session.tensor_mut(self.logits)?)
    }

    fn state(&self, region: usize) -> &[u8] {
        self.session.state(region)
    }

    fn state_mut(&mut self, region: usize) -> &mut [u8] {
        self.session.state_mut(region)
    }
}

fn elements<T: Pod>(bytes: &mut [u8]) -> Result<&mut [T], Error> {
    try_cast_slice_mut(bytes).map_err(|_| Error::WrongShape)
}

fn program(package: &Package<'_>, kind: ProgramKind) -> Option<usize> {
    let programs = package.programs();
    programs.iter().position(|it| it.kind == kind as u32)
}

/// How many tokens a program takes, where these are all that it takes.
fn tokens(package: &Package<'_>, program: usize) -> Option<usize> {
    let [input] = *package.inputs(program)? else {
        return None;
    };
    let input = package.tensor(input)?;
    let tokens = input.elements();
    (input.dtype == DType::I64 && tokens > 0).then_some(tokens)
}

/// The only output of a program, where it can be logits.
fn logits<'p>(package: &Package<'p>, program: usize) -> Option<(u16, TensorInfo<'p>)> {
    let [output] = *package.outputs(program)? else {
        return None;
    };
    let tensor = package.tensor(output)?;
    let is_row = tensor.dims.last().map(|&it| it as usize) == Some(tensor.elements());
    let fits = tensor.dtype == DType::F32 && is_row && tensor.elements() > 0;
    fits.then_some((output, tensor))
}
