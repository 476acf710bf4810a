//! From the arranged graph to the rows of a package: one step a node, weights in the order of the
//! kernels, every activation at its place in the arena.

mod affine;
mod binary;
mod constants;
mod conv;
mod conv_variants;
mod dense;
mod emitter;
mod epilogue;
mod fold_sums;
mod in_place;
mod join;
mod linear;
mod matmul;
mod movement;
mod normalize;
mod overlap;
mod plain;
mod pool;
mod quantize_along;
mod reduce;
mod relayout;
mod sampling;
mod scale_shift;
mod shape;
mod softmax;
mod state;
mod storage;
mod strips;
mod sum;
mod unary;
mod weights;

pub(crate) use emitter::{Lowered, LoweredStep, Place};
pub(crate) use join::join;

use cadet_format::{Layout, Opcode, TargetId};

use crate::error::CompileError;
use crate::ir::{Node, Op};
use crate::layout::Arranged;
use crate::options::Options;
use emitter::Emitter;

/// Bytes that packages, weights and activations are aligned to: what the widest loads of a
/// microcontroller's kernels want, and a cache line on hosts.
pub(crate) fn alignment(options: &Options) -> usize {
    match (options.target, options.layout) {
        (TargetId::X86_64 | TargetId::Aarch64, _) => 64,
        (_, Layout::Canonical) => 16,
        _ => 64,
    }
}

/// Lowers a graph; its tensors say which steps work on integers.
///
/// # Errors
/// `TooLarge` where the model exceeds what package offsets can hold.
pub(crate) fn lower(arranged: &Arranged, options: &Options) -> Result<Lowered, CompileError> {
    let mut emitter = Emitter::new(arranged, options, alignment(options));
    for node in &arranged.graph.nodes {
        lower_node(&mut emitter, node);
    }
    emitter.finish(options)
}

fn lower_node(emitter: &mut Emitter<'_>, node: &Node) {
    match &node.op {
        Op::Conv {
            window,
            group,
            transposed,
            bounds,
        } => conv::conv(emitter, node, window, *group, *transposed, *bounds),
        Op::ConvInteger { window, group } => {
            conv_variants::conv_integer(emitter, node, window, *group);
        }
        Op::DeformConv {
            window,
            group,
            offset_group,
        } => conv_variants::deform_conv(emitter, node, window, *group, *offset_group),
        Op::FullyConnected { bounds } => dense::fully_connected(emitter, node, *bounds),
        Op::MaxPool {
            window,
            column_major,
        } => pool::max_pool(emitter, node, window, *column_major),
        Op::AveragePool {
            window,
            counted_padding,
        } => pool::average_pool(emitter, node, window, *counted_padding),
        Op::LpPool { window, p } => pool::lp_pool(emitter, node, window, *p),
        Op::MaxUnpool { shape } => pool::max_unpool(emitter, node, shape),
        Op::Add { bounds } => sum::sum(emitter, node, *bounds),
        Op::Binary { function, bounds } => binary::binary(emitter, node, *function, *bounds),
        Op::Compare(comparison) => binary::compare(emitter, node, *comparison),
        Op::Pow => binary::plain(emitter, node, Opcode::Pow, 0),
        Op::Select => binary::plain(emitter, node, Opcode::Select, 1),
        Op::Cast => binary::plain(emitter, node, Opcode::Cast, 0),
        Op::Unary(function) => unary::unary(emitter, node, *function),
        Op::Function(expression) => unary::table(emitter, node, |x| expression.apply(x)),
        Op::Movement(op) => movement::movement(emitter, node, op),
        Op::Sampling(op) => sampling::sampling(emitter, node, op),
        Op::Softmax { kind, .. } => softmax::softmax(emitter, node, *kind),
        Op::Reduce { function, axes } => reduce::reduce(emitter, node, *function, axes),
        Op::MatMul { transposed } => matmul::mat_mul(emitter, node, *transposed),
        Op::MatMulInteger { zero_points } => matmul::mat_mul_integer(emitter, node, *zero_points),
        Op::Normalize {
            kind,
            axes,
            epsilon,
        } => normalize::normalize(emitter, node, *kind, axes, *epsilon),
        Op::LocalResponseNorm { .. } => normalize::local_response(emitter, node),
        Op::Recurrent(recurrent) => plain::recurrent(emitter, node, recurrent),
        Op::LinearAttention {
            query_heads,
            scale,
            given,
        } => plain::linear_attention(emitter, node, *query_heads, *scale, *given),
        Op::Linear { bits } => linear::linear(emitter, node, *bits),
        Op::Embedding => linear::embedding(emitter, node),
        Op::CachedAttention { query_heads, scale } => {
            plain::cached_attention(emitter, node, *query_heads, *scale);
        }
        Op::Rotary {
            heads,
            is_interleaved,
        } => plain::rotary(emitter, node, *heads, *is_interleaved),
        Op::Determinant => plain::determinant(emitter, node),
        Op::Dft {
            axis,
            direction,
            length,
            hop,
        } => plain::dft(emitter, node, *axis, *direction, *length, *hop),
        Op::Relayout => relayout::relayout(emitter, node),
        // These only say anew what the bytes mean.
        Op::Reshape | Op::BitCast | Op::Transpose { .. } => {}
        Op::ScaleShift { axis, bounds } => scale_shift::scale_shift(emitter, node, *axis, *bounds),
        Op::Quantize => affine::quantize(emitter, node),
        Op::Dequantize => affine::dequantize(emitter, node),
        Op::Requantize => affine::requantize(emitter, node),
        Op::QuantizeAlong { axis, block } => {
            quantize_along::quantize(emitter, node, *axis, *block);
        }
        Op::DequantizeAlong { axis, block } => {
            quantize_along::dequantize(emitter, node, *axis, *block);
        }
        Op::DynamicQuantize => quantize_along::dynamic(emitter, node),
        Op::FlipSign => affine::flip_sign(emitter, node),
        Op::BatchNormalization { .. } => unreachable!("legalised into a scale and a shift"),
    }
}
