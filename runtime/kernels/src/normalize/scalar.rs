use super::{F32, Kind};
use crate::groups::Groups;
use crate::math::sqrt;
use crate::{Walk, load, store};

pub(super) fn f32(op: &F32<'_>, groups: Groups<3>) {
    let count = groups.size() as f32;
    groups.for_each(|index, walk| {
        let mean = match op.kind {
            Kind::Standard => sum(op, walk, |x| x) / count,
            Kind::RootMeanSquare | Kind::L1 | Kind::L2 => 0.0,
        };
        let square_sum = || sum(op, walk, |x| (x - mean) * (x - mean));
        let deviation = match op.kind {
            Kind::Standard | Kind::RootMeanSquare => sqrt(square_sum() / count + op.epsilon),
            Kind::L1 => norm(sum(op, walk, f32::abs)),
            Kind::L2 => norm(sqrt(square_sum())),
        };
        write(op, walk, mean, deviation);
        if let Some(means) = op.mean {
            store(means, index, mean);
        }
        if let Some(inverses) = op.inverse_deviation {
            store(inverses, index, 1.0 / deviation);
        }
    });
}

/// Sum of `f` of the group's elements, in order.
#[inline(always)]
fn sum(op: &F32<'_>, mut walk: Walk<3>, f: impl Fn(f32) -> f32) -> f32 {
    let mut sum = 0.0;
    while let Some([at, _, _]) = walk.next() {
        sum += f(load(op.input, at));
    }
    sum
}

/// A norm of 0 comes from zeros only, which any divisor keeps.
fn norm(norm: f32) -> f32 {
    if norm == 0.0 { 1.0 } else { norm }
}

fn write(op: &F32<'_>, mut walk: Walk<3>, mean: f32, deviation: f32) {
    while let Some([at, scale, bias]) = walk.next() {
        let scale = op.scale.map_or(1.0, |s| s.elements.get(scale));
        let bias = op.bias.map_or(0.0, |b| b.elements.get(bias));
        let normal = (load(op.input, at) - mean) / deviation;
        store(op.output, at, normal * scale + bias);
    }
}
