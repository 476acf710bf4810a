//! Language models: two programs over one state.

use std::path::Path;

use cadet_compiler::{Compiled, Decoder, Options, Weights, compile};
use cadet_decoder::{
    DecoderConfig, DecoderWeights, Family, Pairing, Rope, export, hugging_face, llama2c,
};
use cadet_kernels::Isa;
use cadet_onnx::proto::ModelProto;
use cadet_onnx::{ElementType, GraphBuilder};
use cadet_runtime::{Error, Session};
use prost::Message;

use crate::support::{Machine, data};

/// Number of a package's program for one token, and of that for a chunk.
const DECODE: usize = 0;
const PREFILL: usize = 1;

/// Runs one token and gives the logits.
fn decode(session: &mut Session<'_, '_>, position: usize, token: i64) -> Vec<f32> {
    session.set_scalar(0, position as u32).unwrap();
    let input = session.input_mut(DECODE, 0).unwrap();
    input.copy_from_slice(&token.to_le_bytes());
    session.run(DECODE).unwrap();
    session.read_output(DECODE, 0).unwrap().to_vec()
}

fn most_likely(logits: &[f32]) -> i64 {
    let most = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    most.unwrap().0 as i64
}

/// The most likely tokens after the first, one by one.
fn greedy(compiled: &Compiled, isa: Isa, count: usize) -> Vec<i64> {
    Machine::with_isa(compiled, isa).with_session(|session| {
        let mut tokens = vec![1];
        for position in 0..count {
            tokens.push(most_likely(&decode(session, position, tokens[position])));
        }
        tokens
    })
}

/// Mean logarithm of the likelihood of a text's tokens, less its sign.
fn loss(compiled: &Compiled, tokens: &[i64]) -> f64 {
    Machine::with_isa(compiled, Isa::detect()).with_session(|session| {
        let pairs = tokens.windows(2).enumerate();
        let losses = pairs.map(|(position, pair)| {
            let logits = decode(session, position, pair[0]);
            let sum: f64 = logits.iter().map(|&it| f64::from(it).exp()).sum();
            sum.ln() - f64::from(logits[pair[1] as usize])
        });
        losses.sum::<f64>() / (tokens.len() - 1) as f64
    })
}

/// stories260K and the pieces of its tokens.
fn stories() -> Option<(Vec<u8>, Vec<Vec<u8>>, String)> {
    let path = data("stories260k/stories260K.bin")?;
    let onnx = export(&llama2c::read(&path).unwrap()).unwrap();
    let page = std::fs::read_to_string(path.with_extension("md")).unwrap();
    let (_, after) = page.split_once("-t 0.0\n").unwrap();
    let (published, _) = after.split_once("\n```").unwrap();
    let pieces = pieces(&path.with_file_name("tok512.bin"));
    Some((onnx, pieces, published.into()))
}

/// What the tokens of llama2.c's tokenizers stand for: each is a score, a length and as many bytes.
fn pieces(path: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    let mut rest = &bytes[4..];
    let mut pieces = Vec::new();
    while let [_, _, _, _, a, b, c, d, behind @ ..] = rest {
        let (piece, next) = behind.split_at(u32::from_le_bytes([*a, *b, *c, *d]) as usize);
        let hex = piece.strip_prefix(b"<0x").and_then(|it| it.get(..2));
        let byte = hex.and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        pieces.push(byte.map_or(piece.to_vec(), |byte| vec![byte]));
        rest = next;
    }
    pieces
}

fn options(weights: Weights) -> Options {
    Options {
        weights,
        ..Options::float()
    }
}

#[test]
fn writes_the_published_text_by_every_instruction_set() {
    let Some((onnx, pieces, published)) = stories() else {
        return;
    };
    let compiled = compile(&onnx, &Options::float()).unwrap();
    for isa in Isa::all() {
        let tokens = greedy(&compiled, isa, 256);
        let text: Vec<u8> = tokens[1..]
            .iter()
            .flat_map(|&token| pieces[token as usize].clone())
            .collect();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.trim_start(), published, "{}", isa.name());
    }
}

#[test]
fn weights_in_groups_keep_the_likelihood_of_the_text() {
    let Some((onnx, ..)) = stories() else { return };
    let of = |weights| compile(&onnx, &options(weights)).unwrap();
    let exact = of(Weights::F32);
    let text = greedy(&exact, Isa::detect(), 256);
    let perplexity = |compiled: &Compiled| loss(compiled, &text).exp();
    let [exact, int8, int4] = [exact, of(Weights::Int8Groups), of(Weights::Int4Groups)];
    let sizes = [&exact, &int8, &int4].map(|it| it.package.len());
    let found = [&exact, &int8, &int4].map(perplexity);
    println!("bytes {sizes:?}, perplexity {found:?}");
    assert!(sizes[1] * 5 < sizes[0] * 2 && sizes[2] < sizes[1]);
    assert!((found[1] / found[0] - 1.0).abs() < 0.01);
}

fn small(family: Family, is_tied: bool) -> DecoderConfig {
    DecoderConfig {
        family,
        dim: 40,
        layers: 2,
        heads: 4,
        kv_heads: 2,
        head_size: 12,
        hidden: 52,
        vocab: 70,
        context: 24,
        rope: Rope {
            theta: 10_000.0,
            pairing: Pairing::Halves,
            scaling: None,
        },
        rms_epsilon: 1e-6,
        is_tied,
        bos: None,
        eos: Vec::new(),
    }
}

fn random(family: Family, is_tied: bool) -> Vec<u8> {
    export(&DecoderWeights::random(small(family, is_tied), 5).unwrap()).unwrap()
}

/// Chunks of a prompt leave the state that its tokens leave one by one, and every instruction set gives the same bits
/// where weights are in groups.
#[test]
fn chunks_and_instruction_sets_change_no_bit() {
    let tokens: Vec<i64> = (0..24).map(|n| n * 37 % 70).collect();
    for family in [Family::Llama, Family::Qwen2, Family::Qwen3] {
        for weights in [Weights::F32, Weights::Int8Groups, Weights::Int4Groups] {
            let options = Options {
                decoder: Decoder {
                    context: None,
                    chunk: 5,
                },
                ..options(weights)
            };
            let compiled = compile(&random(family, false), &options).unwrap();
            let one_by_one = |isa| {
                Machine::with_isa(&compiled, isa).with_session(|session| {
                    let logits = tokens.iter().enumerate();
                    let logits = logits.map(|(at, &token)| decode(session, at, token));
                    logits.collect::<Vec<_>>()
                })
            };
            let all: Vec<_> = Isa::all().map(|isa| (isa, one_by_one(isa))).collect();
            for (isa, wanted) in &all {
                assert!(wanted.iter().flatten().all(|logit| logit.is_finite()));
                if weights != Weights::F32 {
                    assert_eq!(*wanted, all[0].1, "{family:?} {weights:?} {}", isa.name());
                }
                Machine::with_isa(&compiled, *isa).with_session(|session| {
                    // The last chunk reaches beyond the context.
                    for (chunk, start) in tokens.chunks(5).zip((0..).step_by(5)) {
                        let mut input = [0_i64; 5];
                        input[..chunk.len()].copy_from_slice(chunk);
                        session.set_scalar(0, start).unwrap();
                        let bytes = bytemuck::cast_slice(&input);
                        let place = session.input_mut(PREFILL, 0).unwrap();
                        place.copy_from_slice(bytes);
                        session.run(PREFILL).unwrap();
                    }
                    let last = tokens.len() - 1;
                    let found = decode(session, last, tokens[last]);
                    assert_eq!(found, wanted[last], "{family:?} {weights:?} {}", isa.name());
                    let beyond = session.set_scalar(0, 24);
                    assert_eq!(beyond, Err(Error::ScalarOutOfBounds));
                });
            }
        }
    }
}

/// Both programs read the same weights, and a tied head those of the embeddings.
#[test]
fn weights_are_held_once() {
    let bytes = |family, is_tied, weights| {
        let compiled = compile(&random(family, is_tied), &options(weights)).unwrap();
        compiled.report.flash.weights
    };
    let config = small(Family::Llama, false);
    let parameters = config.parameters() as usize;
    let plain = bytes(Family::Llama, false, Weights::F32);
    assert!(plain < 4 * parameters + 8192, "{plain} of {parameters}");
    let [tied, apart] = [true, false].map(|it| bytes(Family::Llama, it, Weights::Int8Groups));
    // 70 embeddings of 40 elements, filled up to 80 of 64.
    assert!(apart - tied >= 80 * 64, "{tied} {apart}");
}

/// A folder of Hugging Face's form is the same model.
#[test]
fn reads_what_is_shared() {
    let weights = DecoderWeights::random(small(Family::Qwen3, true), 3).unwrap();
    let folder = tempfile::tempdir().unwrap();
    hugging_face::write(&weights, folder.path()).unwrap();
    let read = hugging_face::read(folder.path()).unwrap();
    let of = |weights: &DecoderWeights| {
        let compiled = compile(&export(weights).unwrap(), &Options::float()).unwrap();
        greedy(&compiled, Isa::detect(), 10)
    };
    assert_eq!(of(&weights), of(&read));
}

#[test]
fn what_does_not_suit_is_refused() {
    let onnx = random(Family::Llama, true);
    let refused = |context, chunk| {
        let options = Options {
            decoder: Decoder { context, chunk },
            ..Options::float()
        };
        compile(&onnx, &options).unwrap_err().to_string()
    };
    assert!(refused(Some(25), 4).contains("positions for 24"));
    assert!(refused(Some(3), 4).contains("chunks of 4 tokens"));
    assert!(refused(None, 0).contains("chunks of 0 tokens"));
    let int8 = Options::int8(Vec::new());
    let error = compile(&onnx, &int8).unwrap_err().to_string();
    assert!(error.contains("language model"), "{error}");

    // Positions that are looked up in a table of their own.
    let mut graph = GraphBuilder::with_versions("learned", 11, 23);
    graph.input("input_ids", ElementType::I64, [1, 1]);
    graph.input("position_ids", ElementType::I64, [1, 1]);
    graph.input("past_key_values.0.key", ElementType::F32, [1, 1, 4, 8]);
    graph.constant_f32("table", &[16, 8], &[0.5; 128]);
    graph.node("Gather", "places", &["table", "position_ids"], &["p"]);
    graph.node("Gather", "tokens", &["table", "input_ids"], &["t"]);
    graph.node("Add", "sum", &["t", "p"], &["logits"]);
    graph.output("logits", ElementType::F32, [1, 1, 8]);
    let options = Options {
        decoder: Decoder {
            context: Some(16),
            chunk: 4,
        },
        ..Options::float()
    };
    let error = compile(&graph.encode(), &options).unwrap_err().to_string();
    assert!(error.contains("`sum` (Add)"), "{error}");
}

/// What the compiler makes of a decoder's nodes is none that a model can have, with a context of its own making.
#[test]
fn the_compilers_own_operators_are_refused() {
    let mut graph = GraphBuilder::with_versions("own", 11, 23);
    graph.input("x", ElementType::F32, [1, 1, 4]);
    graph
        .node("Attention", "own", &["x", "x", "x"], &["y"])
        .attribute("context", i64::MAX)
        .attribute("is_causal", 1)
        .attribute("q_num_heads", 1)
        .attribute("kv_num_heads", 1);
    graph.output("y", ElementType::F32, [1, 1, 4]);
    let mut model = ModelProto::decode(&graph.encode()[..]).unwrap();
    model.graph.as_mut().unwrap().node[0].domain = Some("cadet.decoder".into());
    let onnx = model.encode_to_vec();
    let error = compile(&onnx, &Options::float()).unwrap_err();
    assert!(error.to_string().contains("cadet.decoder"), "{error}");
}
