//! Rewrites a graph over a window of frames into one that takes in a few frames a run and gives what these complete.
//!
//! Time is followed from the inputs through every node. A node whose windows reach back reads the elements before the
//! new ones from a state, so nothing is calculated twice, and every element comes of the same operands in the same
//! order as over the whole window: the results are the same, bit for bit. What follows a step over the whole window (a
//! global pooling, a flattened layer) is calculated in every run from the last elements, which a state keeps.

mod along;
mod dense;
mod elementwise;
mod flow;
mod movement;
mod past;
mod recurrent;
mod refuse;
mod reshape;
mod rewrite;
mod window;

use crate::error::CompileError;
use crate::ir::Graph;
use crate::options::{Options, Stream, Strips};
use refuse::Stop;
use rewrite::Rewriter;

/// The graph that runs frame by frame, where the options ask for it.
///
/// # Errors
/// `Stream` with the first node that cannot go frame by frame, `Option` where inputs, axes or hop do not suit the
/// model.
pub(crate) fn stream(graph: Graph, options: &Options) -> Result<Graph, CompileError> {
    let Some(stream) = &options.stream else {
        return Ok(graph);
    };
    if options.strips != Strips::None {
        return Err(refused(
            "a model that runs frame by frame has small planes and no strips; leave `strips` out"
                .into(),
        ));
    }
    let frames = frames(&graph, stream)?;
    // The least hop is found step by step: each stride says what it needs.
    let mut least = 1;
    loop {
        match Rewriter::new(&graph, stream, least, frames).run() {
            Err(Stop::Hop(wanted)) => least = lcm(least, wanted),
            Err(Stop::Refused(node)) => return Err(CompileError::Stream(node)),
            Ok(rewritten) if stream.hop.is_none_or(|hop| hop == least) => return Ok(rewritten),
            Ok(_) => break,
        }
    }
    let hop = stream.hop.unwrap_or(least);
    if hop == 0 || hop % least != 0 {
        return Err(refused(format!(
            "{hop} frames a run; the strides along time ask for a multiple of {least}"
        )));
    }
    match Rewriter::new(&graph, stream, hop, frames).run() {
        Ok(rewritten) => Ok(rewritten),
        Err(Stop::Refused(node)) => Err(CompileError::Stream(node)),
        Err(Stop::Hop(_)) => Err(refused(format!("{hop} frames a run"))),
    }
}

/// Frames of the whole window, the same for all inputs.
fn frames(graph: &Graph, stream: &Stream) -> Result<usize, CompileError> {
    let mut frames = None;
    for (name, &axis) in &stream.axes {
        let inputs = graph.inputs.iter().map(|&id| graph.tensor(id));
        let Some(input) = inputs.clone().find(|input| input.name == *name) else {
            let names: Vec<&str> = inputs.map(|input| &input.name[..]).collect();
            return Err(refused(format!(
                "the model has no input `{name}`; it has {names:?}"
            )));
        };
        let Some(&extent) = input.shape.get(axis) else {
            return Err(refused(format!(
                "input `{name}` of shape {:?} has no axis {axis}",
                input.shape
            )));
        };
        if frames.is_some_and(|frames| frames != extent) {
            return Err(refused(
                "the inputs have windows of different lengths".into(),
            ));
        }
        frames = Some(extent);
    }
    frames
        .filter(|&frames| frames > 0)
        .ok_or_else(|| refused("no input with frames is named".into()))
}

fn refused(reason: String) -> CompileError {
    CompileError::Option {
        option: "stream",
        reason,
    }
}

fn lcm(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    a / x * b
}
