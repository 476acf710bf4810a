//! Packages of language models: two programs over one state.

use cadet_format::ProgramKind;
use prost::Message;
use tract_onnx::pb;

use crate::compile::{Compiled, optimised};
use crate::draft::Draft;
use crate::error::CompileError;
use crate::import::decoder::{Pass, has_past, most_positions};
use crate::options::{Options, Precision};
use crate::quantise;

/// Tokens at the most that a state has room for.
const MAX_CONTEXT: usize = 1 << 20;

/// The passes of a model that is a decoder with a past, that over one token first; `None` for any other.
///
/// # Errors
/// `Option` where context or chunk do not suit the model.
pub(crate) fn passes(onnx: &[u8], options: &Options) -> Result<Option<[Pass; 2]>, CompileError> {
    // What is no model is refused where it is read.
    let model = pb::ModelProto::decode(onnx).ok();
    let Some(graph) = model.and_then(|model| model.graph).filter(has_past) else {
        return Ok(None);
    };
    let refused = |reason: String| CompileError::Option {
        option: "decoder",
        reason,
    };
    let (asked, chunk) = (options.decoder.context, options.decoder.chunk);
    let most = most_positions(&graph);
    let context = asked.or(most).ok_or_else(|| {
        refused("the model has no table of positions to tell the context from; give it".into())
    })?;
    if let Some(most) = most.filter(|most| context > *most) {
        return Err(refused(format!(
            "a context of {context} tokens; the model has positions for {most}"
        )));
    }
    if context > MAX_CONTEXT {
        return Err(refused(format!(
            "a context of {context} tokens; there is room for {MAX_CONTEXT}"
        )));
    }
    if context == 0 || chunk == 0 || chunk > context {
        return Err(refused(format!(
            "chunks of {chunk} tokens in a context of {context}; a chunk has from 1 token to the whole context"
        )));
    }
    let pass = |tokens, gives_logits| Pass {
        tokens,
        context,
        gives_logits,
    };
    Ok(Some([pass(1, true), pass(chunk, false)]))
}

/// Compiles a decoder.
///
/// # Errors
/// As [`compile`](crate::compile).
pub(crate) fn compile(
    onnx: &[u8],
    [decode, prefill]: [Pass; 2],
    options: &Options,
) -> Result<Compiled, CompileError> {
    if !matches!(options.precision, Precision::F32) || options.stream.is_some() {
        return Err(CompileError::Option {
            option: "precision",
            reason: "a language model runs in floats, and token by token; choose how weights are stored instead"
                .into(),
        });
    }
    let graph = |pass: &Pass| {
        let mut graph = optimised(onnx, options, Some(pass))?;
        quantise::compress_weights(&mut graph, options.weights);
        Ok::<_, CompileError>(graph)
    };
    let draft = Draft::new(onnx, graph(&decode)?, options)?;
    let draft = draft.with(graph(&prefill)?, ProgramKind::Prefill)?;
    draft.compiled(None)
}
