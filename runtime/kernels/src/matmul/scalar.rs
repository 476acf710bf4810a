use super::shape::{Dot, Plan};
use super::{Bytes, F32, Integer, Quantised};
use crate::{Cell, store};

pub(super) fn f32(op: &F32<'_>, plan: Plan) {
    plan.for_each_dot(|dot| {
        let (mut a, mut b) = (dot.a.0, dot.b.0);
        let mut sum = 0.0f32;
        for _ in 0..plan.depth {
            sum += op.a.get(a) * op.b.get(b);
            a += dot.a.1;
            b += dot.b.1;
        }
        store(op.output, dot.output, sum);
    });
}

pub(super) fn i32(op: &Integer<'_>, plan: Plan, output: &[Cell<i32>]) {
    plan.for_each_dot(|dot| store(output, dot.output, op.dot(&dot, plan.depth)));
}

pub(super) fn quantised(op: &Integer<'_>, result: &Quantised<'_>, plan: Plan) {
    let sign = sign(result.unsigned);
    plan.for_each_dot(|dot| {
        let scaled = result
            .multipliers
            .scale(op.dot(&dot, plan.depth), dot.column);
        store(
            result.output,
            dot.output,
            result.quant.finish(scaled) as u8 ^ sign,
        );
    });
}

/// The bit that turns a u8 into the i8 that is 128 less.
fn sign(unsigned: bool) -> u8 {
    if unsigned { 0x80 } else { 0 }
}

impl Integer<'_> {
    #[inline(always)]
    fn dot(&self, dot: &Dot, depth: usize) -> i32 {
        let (a_sign, b_sign) = (sign(self.a.unsigned), sign(self.b.unsigned));
        let (a_zero, b_zero) = (self.a.zero_point(dot.row), self.b.zero_point(dot.column));
        let (mut a, mut b) = (dot.a.0, dot.b.0);
        let mut sum = 0i32;
        for _ in 0..depth {
            let x = i32::from((self.a.elements.get(a) ^ a_sign) as i8) - a_zero;
            let y = i32::from((self.b.elements.get(b) ^ b_sign) as i8) - b_zero;
            sum = sum.wrapping_add(x * y);
            a += dot.a.1;
            b += dot.b.1;
        }
        sum
    }
}

impl Bytes<'_> {
    /// Zero point of row or column `index`, as i8.
    #[inline(always)]
    fn zero_point(&self, index: usize) -> i32 {
        let byte = self
            .zero_points
            .map_or(0, |z| z.get(if z.len() == 1 { 0 } else { index }));
        i32::from((byte ^ sign(self.unsigned)) as i8)
    }
}
