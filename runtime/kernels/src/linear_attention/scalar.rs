use super::F32;
use crate::math::exp;
use crate::{Cell, Source, load, store};

/// One step of one head: first elements of its operands.
struct Step {
    key: usize,
    value: usize,
    state: usize,
    /// Index of `[n, t]`, and the head.
    time: usize,
    head: usize,
}

pub(super) fn f32(op: &F32<'_>) {
    for (at, state) in op.state.iter().enumerate() {
        state.set(op.initial_state.map_or(0.0, |s| s.get(at)));
    }
    for sequence in 0..op.batch {
        for time in sequence * op.steps..(sequence + 1) * op.steps {
            for head in 0..op.heads {
                op.step(&Step {
                    key: (time * op.heads + head) * op.key_size,
                    value: (time * op.heads + head) * op.value_size,
                    state: (sequence * op.heads + head) * op.key_size * op.value_size,
                    time,
                    head,
                });
            }
        }
    }
}

impl F32<'_> {
    fn step(&self, step: &Step) {
        if let Some(decay) = self.decay {
            self.decay_state(decay, step);
        }
        let beta = self.beta.map(|b| {
            let heads = b.len().checked_div(self.batch * self.steps).unwrap_or(1);
            b.get(step.time * heads + if heads == 1 { 0 } else { step.head })
        });
        let key = |i: usize| self.key.get(step.key + i);
        for column in 0..self.value_size {
            let mut value = self.value.get(step.value + column);
            if let Some(beta) = beta {
                value = beta * (value - self.dot(step.state + column, key));
            }
            for (i, cell) in self.column(step.state + column).enumerate() {
                cell.set(cell.get() + key(i) * value);
            }
        }
        self.read(step);
    }

    /// Scales the rows of the head's state.
    fn decay_state(&self, decay: Source<'_, f32>, step: &Step) {
        // As many as the keys' elements, or one a head.
        let per_row = decay.len() == self.key.len();
        for i in 0..self.key_size {
            let at = if per_row {
                step.key + i
            } else {
                step.time * self.heads + step.head
            };
            let factor = exp(decay.get(at));
            for column in 0..self.value_size {
                let at = step.state + i * self.value_size + column;
                store(self.state, at, load(self.state, at) * factor);
            }
        }
    }

    /// The outputs of the query heads that share this head's state.
    fn read(&self, step: &Step) {
        let group = self.query_heads.checked_div(self.heads).unwrap_or(0);
        for member in 0..group {
            let vector = step.time * self.query_heads + step.head * group + member;
            let query = |i: usize| self.query.get(vector * self.key_size + i);
            for column in 0..self.value_size {
                let sum = self.dot(step.state + column, query);
                store(
                    self.output,
                    vector * self.value_size + column,
                    self.scale * sum,
                );
            }
        }
    }

    /// One column of a head's state, from its first element on.
    fn column(&self, first: usize) -> impl Iterator<Item = &Cell<f32>> {
        let behind = self.state.get(first..).unwrap_or_default();
        behind
            .iter()
            .step_by(self.value_size.max(1))
            .take(self.key_size)
    }

    fn dot(&self, first: usize, vector: impl Fn(usize) -> f32) -> f32 {
        let mut sum = 0.0;
        for (i, cell) in self.column(first).enumerate() {
            sum += vector(i) * cell.get();
        }
        sum
    }
}
