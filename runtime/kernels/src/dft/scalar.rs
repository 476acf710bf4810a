use super::{Direction, F32};
use crate::{load, store};

/// A line of the input along the axis, from the first element of a frame on.
struct Line {
    outer: usize,
    inner: usize,
    first: usize,
}

pub(super) fn f32(op: &F32<'_>, size: usize) {
    let components = op.output_components();
    let scale = match op.direction {
        Direction::Forward => 1.0,
        Direction::Inverse | Direction::InverseHermitian => 1.0 / size as f32,
    };
    let mut at = 0;
    for outer in 0..op.outer {
        for frame in 0..op.frames {
            for bin in 0..op.bins {
                for inner in 0..op.inner {
                    let first = frame * op.hop;
                    let sum = op.bin(
                        size,
                        bin,
                        &Line {
                            outer,
                            inner,
                            first,
                        },
                    );
                    for value in sum.into_iter().take(components) {
                        store(op.output, at, value * scale);
                        at += 1;
                    }
                }
            }
        }
    }
}

impl F32<'_> {
    /// Real and imaginary part of one bin.
    fn bin(&self, size: usize, bin: usize, line: &Line) -> [f32; 2] {
        let sign = if self.direction == Direction::Forward {
            -1.0
        } else {
            1.0
        };
        let (mut real, mut imaginary) = (0.0f32, 0.0f32);
        // `bin * j` modulo the size.
        let mut turn = 0;
        for j in 0..size {
            let [x, y] = self.element(size, j, line);
            let twiddle = |part: usize| self.twiddles.get(2 * turn + part).copied().unwrap_or(0.0);
            let (cosine, sine) = (twiddle(0), sign * twiddle(1));
            real += x * cosine - y * sine;
            imaginary += x * sine + y * cosine;
            turn += bin;
            if turn >= size {
                turn -= size;
            }
        }
        [real, imaginary]
    }

    /// Element `j` of a frame, windowed.
    fn element(&self, size: usize, j: usize, line: &Line) -> [f32; 2] {
        let weight = self
            .window
            .map_or(1.0, |w| w.get(j).copied().unwrap_or(0.0));
        // The upper half of a Hermitian spectrum mirrors the lower one.
        let mirrored = self.direction == Direction::InverseHermitian && j > size / 2;
        let position = line.first + if mirrored { size - j } else { j };
        if position >= self.length {
            return [0.0; 2];
        }
        let at =
            ((line.outer * self.length + position) * self.inner + line.inner) * self.components;
        let imaginary = if self.components == 2 {
            load(self.input, at + 1)
        } else {
            0.0
        };
        let sign = if mirrored { -1.0 } else { 1.0 };
        [weight * load(self.input, at), weight * sign * imaginary]
    }
}
