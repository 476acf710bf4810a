//! From the arranged graph to the rows of a package: one step a node, weights in the order of the
//! kernels, every activation at its place in the arena.

mod constants;
mod emitter;
mod float;
mod int8;
mod shape;
mod storage;

pub(crate) use emitter::{Lowered, Place};

use crate::error::CompileError;
use crate::ir::Op;
use crate::layout::Arranged;
use crate::options::Options;
use crate::quantise::Quantisation;
use emitter::Emitter;
use storage::Storage;

/// Bytes that packages, weights and activations are aligned to: what the widest loads of a
/// microcontroller's kernels want, and a cache line on hosts.
pub(crate) fn alignment(target: cadet_format::TargetId) -> usize {
    match target {
        cadet_format::TargetId::X86_64 | cadet_format::TargetId::Aarch64 => 64,
        _ => 16,
    }
}

/// Lowers a graph; to int8 where `quantisation` is given.
///
/// # Errors
/// `TooLarge` where the model exceeds what package offsets can hold.
pub(crate) fn lower(
    arranged: &Arranged,
    quantisation: Option<&Quantisation>,
    options: &Options,
) -> Result<Lowered, CompileError> {
    let element_bytes = if quantisation.is_some() { 1 } else { 4 };
    let align = alignment(options.target);
    let storage = Storage::new(arranged, element_bytes, align, options.keep_inputs);
    let mut emitter = Emitter::new(arranged, quantisation, storage, align);
    for node in &arranged.graph.nodes {
        if !matches!(node.op, Op::Reshape | Op::Transpose { .. }) {
            match quantisation {
                None => float::node(&mut emitter, node),
                Some(quantisation) => int8::node(&mut emitter, node, quantisation),
            }
        }
    }
    emitter.finish(options.io)
}
