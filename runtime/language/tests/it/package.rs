//! The model of a package: one that knows pairs of tokens, with a state that holds what its pass over a chunk found.

use bytemuck::{Zeroable, bytes_of, cast_slice};
use cadet_format::{
    DType, Error, Gather, Header, KernelId, Numerics, Opcode, Program, ProgramKind, Scalar, Step,
    Tag, Tensor,
};
use cadet_language::{Language, LanguageError, Model, PackageModel, Score};
use cadet_repack::{AlignedBytes, assemble};
use cadet_runtime::{Memory, Package, Session, kernels};

const VOCAB: u32 = 5;
const CHUNK: u32 = 3;
const CONTEXT: u32 = 8;

fn table() -> Vec<f32> {
    (0..VOCAB * VOCAB)
        .map(|n| ((n * 7) % 11) as f32 / 4.0)
        .collect()
}

/// What tests change of the package.
#[derive(Clone, Copy)]
struct Kinds {
    decode: ProgramKind,
    prefill: Option<ProgramKind>,
    tokens: DType,
    position: Option<Scalar>,
}

const GOOD: Kinds = Kinds {
    decode: ProgramKind::Decode,
    prefill: Some(ProgramKind::Prefill),
    tokens: DType::I64,
    position: Some(Scalar {
        min: 0,
        max: CONTEXT - 1,
        initial: 0,
        reserved: 0,
    }),
};

fn tensor(region: u8, dtype: DType, offset: u32, first_dim: u32, dims: &[u32]) -> Tensor {
    let elements: u32 = dims.iter().product();
    Tensor {
        region,
        dtype: dtype as u8,
        rank: dims.len() as u8,
        offset,
        bytes: dtype.bytes(elements).unwrap(),
        first_dim,
        ..Tensor::zeroed()
    }
}

fn package(kinds: Kinds) -> AlignedBytes {
    let dims = [VOCAB, VOCAB, 1, 1, 1, 1, VOCAB, 1, CHUNK, CHUNK, VOCAB];
    let tensors = [
        tensor(0x20, DType::F32, 0, 0, &dims[..2]),
        tensor(0x00, kinds.tokens, 0, 2, &dims[2..4]),
        tensor(0x00, DType::F32, 32, 4, &dims[4..7]),
        tensor(0x00, kinds.tokens, 64, 7, &dims[7..9]),
        tensor(0x10, DType::F32, 0, 9, &dims[9..]),
    ];
    // The two steps' operands, then the programs' inputs and outputs.
    let operands: [u16; 9] = [0, 1, 2, 0, 3, 4, 1, 2, 3];
    let step = |first_operand| Step {
        input_count: 2,
        output_count: 1,
        first_operand,
        params_bytes: size_of::<Gather>() as u32,
        ..Step::zeroed()
    };
    let program = |kind: ProgramKind, first_step, first_input, output_count| Program {
        first_step,
        step_count: 1,
        first_input,
        first_output: 7,
        input_count: 1,
        output_count,
        kind: kind as u32,
    };
    let mut programs = vec![program(kinds.decode, 0, 6, 1)];
    programs.extend(kinds.prefill.map(|kind| program(kind, 1, 8, 0)));
    let scalars: Vec<Scalar> = kinds.position.into_iter().collect();
    let params = Gather {
        batch: 0,
        depth: 1,
        shared: 1,
    };
    let header = Header {
        base_alignment: 16,
        arena_bytes: [96, 0, 0, 0],
        state_bytes: [4 * CHUNK * VOCAB, 0, 0, 0],
        ..Header::zeroed()
    };
    let kernel = KernelId::new(Opcode::Gather, DType::F32, Numerics::None);
    let bytes = assemble(
        header,
        &[kernel],
        &[
            (Tag::PROGRAMS, 1, cast_slice(&programs)),
            (Tag::STEPS, 1, cast_slice(&[step(0), step(3)])),
            (Tag::OPERANDS, 1, cast_slice(&operands)),
            (Tag::TENSORS, 1, cast_slice(&tensors)),
            (Tag::DIMS, 1, cast_slice(&dims)),
            (Tag::PARAMS, 1, bytes_of(&params)),
            (Tag::SCALARS, 1, cast_slice(&scalars)),
            (Tag::weights(0), 1, cast_slice(&table())),
        ],
    );
    AlignedBytes::copy_of(&bytes)
}

fn with_model<R>(
    kinds: Kinds,
    f: impl FnOnce(Result<PackageModel<'_, '_>, LanguageError>) -> R,
) -> R {
    let flash = package(kinds);
    let package = Package::new(flash.as_slice()).unwrap();
    let [mut arena, mut state] = [AlignedBytes::zeroed(96), AlignedBytes::zeroed(256)];
    let memory = Memory::with_arena_and_state(arena.as_mut_slice(), state.as_mut_slice());
    f(PackageModel::new(
        Session::new(package, memory, kernels::ALL).unwrap(),
    ))
}

#[test]
fn a_package_is_a_model() {
    with_model(GOOD, |model| {
        let mut language = Language::new(model.unwrap());
        let model = language.model();
        let sizes = [model.vocab(), model.context(), model.chunk()];
        assert_eq!(sizes, [VOCAB, CONTEXT, CHUNK].map(|it| it as usize));
        let rows = table();
        let row = |token: usize| &rows[token * VOCAB as usize..][..VOCAB as usize];

        language.feed(&[4, 3, 1, 0, 2]).unwrap();
        assert_eq!(language.logits().unwrap(), row(2));
        let mut buffer = [0; 64];
        let snapshot = language.snapshot(&mut buffer).unwrap();
        let chunk = [row(4), row(3), row(1)].concat();
        assert_eq!(snapshot.state, cast_slice::<f32, u8>(&chunk));

        let logits = language.take_logits().unwrap();
        logits[0] = 9.0;
        assert_eq!(language.logits(), Err(LanguageError::NoLogits));
        language.rewind(0).unwrap();
        language.feed(&[1, 1, 1, 1]).unwrap();
        assert_ne!(language.model().state(0), snapshot.state);
        language.restore(&snapshot).unwrap();
        assert_eq!(language.model().state(0), snapshot.state);
        language.feed(&[2, 2, 2]).unwrap();
        assert_eq!(language.logits().unwrap(), row(2));
        assert_eq!(language.room(), 0);
        language.rewind(7).unwrap();
        language.feed(&[2]).unwrap();
        let mut scores = [Score::default()];
        language.score(&[&[0]], &mut scores).unwrap();
        let sum: f64 = row(2).iter().map(|&it| f64::from(it).exp()).sum();
        let wanted = f64::from(row(2)[0]) - sum.ln();
        assert!((scores[0].log_likelihood - wanted).abs() < 1e-6);
    });
}

#[test]
fn passes_refuse_what_does_not_fit() {
    with_model(GOOD, |model| {
        let mut model = model.unwrap();
        assert_eq!(model.decode(CONTEXT, 0), Err(Error::ScalarOutOfBounds));
        assert_eq!(model.prefill(0, &[1, 2]), Err(Error::WrongShape));
    });
    let without = Kinds {
        prefill: None,
        ..GOOD
    };
    with_model(without, |model| {
        let mut model = model.unwrap();
        assert_eq!(model.chunk(), 0);
        assert_eq!(model.prefill(0, &[1, 2, 3]), Err(Error::NoSuchIndex));
        let mut language = Language::new(model);
        assert_eq!(language.feed(&[1, 2, 3, 4]), Ok(()));
    });
}

#[test]
fn other_packages_are_refused() {
    let scalar = GOOD.position.unwrap();
    for kinds in [
        Kinds {
            decode: ProgramKind::Main,
            ..GOOD
        },
        Kinds {
            decode: ProgramKind::Prefill,
            prefill: Some(ProgramKind::Decode),
            ..GOOD
        },
        Kinds {
            tokens: DType::I32,
            ..GOOD
        },
        Kinds {
            position: None,
            ..GOOD
        },
        Kinds {
            position: Some(Scalar {
                min: 1,
                initial: 1,
                ..scalar
            }),
            ..GOOD
        },
    ] {
        let error = with_model(kinds, |model| model.err());
        assert_eq!(error, Some(LanguageError::NotALanguageModel));
    }
}
