use super::*;
use crate::testing::{cells, values};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

/// Extents of a test layer, and its operands but the outputs.
#[derive(Clone, Debug)]
struct Layer {
    gates: usize,
    extents: [usize; 5],
    reverse: bool,
    batch_first: bool,
    input: Vec<f32>,
    weights: Vec<f32>,
    recurrence: Vec<f32>,
    bias: Vec<f32>,
    peepholes: Vec<f32>,
    initial: [Vec<f32>; 2],
    lengths: Vec<i32>,
}

/// Output, last hidden state and last cell state.
type Results = [Vec<f32>; 3];

fn layer(gates: usize) -> impl Strategy<Value = Layer> {
    let extents = (0usize..4, 1usize..3, 1usize..4, 1usize..4, 1usize..3);
    (extents, any::<[bool; 2]>(), any::<u64>()).prop_map(move |(e, flags, seed)| {
        let (t, n, i, h, d) = e;
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        let mut vector = |length: usize| (0..length).map(|_| next()).collect::<Vec<_>>();
        Layer {
            gates,
            extents: [t, n, i, h, d],
            reverse: flags[0] && d == 1,
            batch_first: flags[1],
            input: vector(t * n * i),
            weights: vector(d * gates * h * i),
            recurrence: vector(d * gates * h * h),
            bias: vector(d * 2 * gates * h),
            peepholes: vector(d * 3 * h),
            initial: [vector(d * n * h), vector(d * n * h)],
            lengths: (0..n).map(|s| (t as i32 - s as i32).max(0)).collect(),
        }
    })
}

const ACTIVATIONS: [Function; 6] = [
    Function::Sigmoid,
    Function::Tanh,
    Function::Tanh,
    Function::Sigmoid,
    Function::Tanh,
    Function::Tanh,
];

impl Layer {
    fn run(&self, activations: [Function; 6], run: impl Fn(Sequence<'_>, &[Cell<f32>])) -> Results {
        let [t, n, i, h, d] = self.extents;
        let input = cells(&self.input);
        let output = cells(&vec![9.0; t * d * n * h]);
        let (hidden, cell) = (cells(&vec![9.0; d * n * h]), cells(&vec![9.0; d * n * h]));
        let scratch = cells(&vec![9.0; self.gates * h]);
        let sequence = Sequence {
            steps: t,
            batch: n,
            inputs: i,
            hidden: h,
            directions: d,
            reverse: self.reverse,
            batch_first: self.batch_first,
            activations,
            clip: f32::INFINITY,
            input: &input,
            weights: &self.weights,
            recurrence: &self.recurrence,
            bias: Some(&self.bias),
            lengths: Some(Source::Constant(&self.lengths)),
            initial_hidden: Some(Source::Constant(&self.initial[0])),
            output: Some(&output),
            last_hidden: &hidden,
            scratch: &scratch,
        };
        run(sequence, &cell);
        [values(&output), values(&hidden), values(&cell)]
    }

    /// The layer by ONNX's formulas in f64: `step(direction, sums of W x, sums of R h, state)` sets the
    /// state, `[hidden, cell]`; the sums hold no bias.
    fn exact(&self, step: impl Fn(usize, &[f64], &[f64], &mut [Vec<f64>; 2])) -> Results {
        let [t, n, i, h, d] = self.extents;
        let mut results = [
            vec![0.0; t * d * n * h],
            vec![0.0; d * n * h],
            vec![0.0; d * n * h],
        ];
        for (dir, s) in (0..d).flat_map(|dir| (0..n).map(move |s| (dir, s))) {
            let at = if self.batch_first {
                s * d + dir
            } else {
                dir * n + s
            } * h;
            let initial = |of: &Vec<f32>| of[at..at + h].iter().map(|&x| f64::from(x)).collect();
            let mut state: [Vec<f64>; 2] = [initial(&self.initial[0]), initial(&self.initial[1])];
            let length = self.lengths[s] as usize;
            for p in 0..length {
                let time = if self.reverse || dir == 1 {
                    length - 1 - p
                } else {
                    p
                };
                let x = if self.batch_first {
                    s * t + time
                } else {
                    time * n + s
                } * i;
                let sums = |matrix: &[f32], vector: &[f64]| -> Vec<f64> {
                    let rows = matrix.chunks(vector.len()).skip(dir * self.gates * h);
                    let dot =
                        |row: &[f32]| row.iter().zip(vector).map(|(&w, x)| f64::from(w) * x).sum();
                    rows.take(self.gates * h).map(dot).collect()
                };
                let x: Vec<f64> = self.input[x..x + i].iter().map(|&x| f64::from(x)).collect();
                let (wx, rh) = (sums(&self.weights, &x), sums(&self.recurrence, &state[0]));
                step(dir, &wx, &rh, &mut state);
                let y = if self.batch_first {
                    (s * t + time) * d + dir
                } else {
                    (time * d + dir) * n + s
                };
                for (j, value) in state[0].iter().enumerate() {
                    results[0][y * h + j] = *value as f32;
                }
            }
            for (result, state) in results[1..].iter_mut().zip(&state) {
                for (j, value) in state.iter().enumerate() {
                    result[at + j] = *value as f32;
                }
            }
        }
        results
    }

    fn bias(&self, dir: usize, side: usize, row: usize) -> f64 {
        let rows = self.gates * self.extents[3];
        f64::from(self.bias[(dir * 2 + side) * rows + row])
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn assert_close(ours: &[f32], exact: &[f32]) -> core::result::Result<(), TestCaseError> {
    prop_assert_eq!(ours.len(), exact.len());
    for (y, wanted) in ours.iter().zip(exact) {
        prop_assert!((y - wanted).abs() < 1e-5, "{} for {}", y, wanted);
    }
    Ok(())
}

proptest! {
    #[test]
    fn rnn_follows_the_formulas(layer in layer(1)) {
        let ours = layer.run([Function::Tanh; 6], |sequence, _| Rnn { sequence }.run().unwrap());
        let exact = layer.exact(|dir, wx, rh, state| {
            for j in 0..wx.len() {
                state[0][j] = (wx[j] + rh[j] + layer.bias(dir, 0, j) + layer.bias(dir, 1, j)).tanh();
            }
        });
        assert_close(&ours[0], &exact[0])?;
        assert_close(&ours[1], &exact[1])?;
    }

    #[test]
    fn gru_follows_the_formulas(layer in layer(3), linear_before_reset: bool) {
        let ours = layer.run(ACTIVATIONS, |sequence, _| {
            Gru { sequence, linear_before_reset }.run().unwrap();
        });
        let h = layer.extents[3];
        let exact = layer.exact(|dir, wx, rh, state| {
            let old = state[0].clone();
            let gate = |g: usize, j: usize| {
                let row = g * h + j;
                sigmoid(wx[row] + rh[row] + layer.bias(dir, 0, row) + layer.bias(dir, 1, row))
            };
            for (j, value) in state[0].iter_mut().enumerate() {
                let row = 2 * h + j;
                let (wb, rb) = (layer.bias(dir, 0, row), layer.bias(dir, 1, row));
                let sum = if linear_before_reset {
                    wx[row] + gate(1, j) * (rh[row] + rb) + wb
                } else {
                    let r = &layer.recurrence[(dir * 3 * h + row) * h..][..h];
                    let reset = (0..h).map(|k| f64::from(r[k]) * gate(1, k) * old[k]).sum::<f64>();
                    wx[row] + reset + wb + rb
                };
                *value = (1.0 - gate(0, j)) * sum.tanh() + gate(0, j) * old[j];
            }
        });
        assert_close(&ours[0], &exact[0])?;
        assert_close(&ours[1], &exact[1])?;
    }

    #[test]
    fn lstm_follows_the_formulas(layer in layer(4), input_forget: bool) {
        let ours = layer.run(ACTIVATIONS, |sequence, last_cell| {
            Lstm {
                sequence,
                input_forget,
                peepholes: Some(&layer.peepholes),
                initial_cell: Some(Source::Constant(&layer.initial[1])),
                last_cell,
            }.run().unwrap();
        });
        let h = layer.extents[3];
        let exact = layer.exact(|dir, wx, rh, state| {
            let sum = |g: usize, j: usize| {
                let row = g * h + j;
                wx[row] + rh[row] + layer.bias(dir, 0, row) + layer.bias(dir, 1, row)
            };
            let peephole = |g: usize, j: usize| f64::from(layer.peepholes[(dir * 3 + g) * h + j]);
            let [hidden, cells] = state;
            for (j, (hidden, cell)) in hidden.iter_mut().zip(cells).enumerate() {
                let old = *cell;
                let input = sigmoid(sum(0, j) + peephole(0, j) * old);
                let forget = sigmoid(sum(2, j) + peephole(2, j) * old);
                let forget = if input_forget { 1.0 - input } else { forget };
                *cell = forget * old + input * sum(3, j).tanh();
                *hidden = sigmoid(sum(1, j) + peephole(1, j) * *cell) * cell.tanh();
            }
        });
        for (ours, exact) in ours.iter().zip(&exact) {
            assert_close(ours, exact)?;
        }
    }
}

/// One step of one unit with weight 1 on input and state.
fn tiny<'a>(
    input: &'a [Cell<f32>],
    hidden: &'a [Cell<f32>],
    scratch: &'a [Cell<f32>],
) -> Sequence<'a> {
    Sequence {
        steps: input.len(),
        batch: 1,
        inputs: 1,
        hidden: 1,
        directions: 1,
        reverse: false,
        batch_first: false,
        activations: [Function::Clamp(f32::NEG_INFINITY, f32::INFINITY); 6],
        clip: f32::INFINITY,
        input,
        weights: &[1.0],
        recurrence: &[1.0],
        bias: None,
        lengths: None,
        initial_hidden: None,
        output: None,
        last_hidden: hidden,
        scratch,
    }
}

#[test]
fn clip_cuts_the_sums() {
    let (input, hidden, scratch) = (cells(&[5.0f32, -0.25]), cells(&[0.0f32]), cells(&[0.0f32]));
    let sequence = Sequence {
        clip: 2.0,
        ..tiny(&input, &hidden, &scratch)
    };
    Rnn { sequence }.run().unwrap();
    assert_eq!(values(&hidden), [1.75]);
}

#[test]
fn lengths_are_cut_to_the_steps() {
    for (length, sum) in [(-1, 0.0), (1, 1.0), (4, 3.0)] {
        let (input, hidden, scratch) = (cells(&[1.0f32, 2.0]), cells(&[9.0f32]), cells(&[0.0f32]));
        let sequence = Sequence {
            lengths: Some(Source::Constant(&[length])),
            ..tiny(&input, &hidden, &scratch)
        };
        Rnn { sequence }.run().unwrap();
        assert_eq!(values(&hidden), [sum]);
    }
}

#[test]
fn refuses_what_does_not_fit() {
    let (input, hidden, scratch) = (cells(&[1.0f32; 3]), cells(&[0.0f32]), cells(&[0.0f32]));
    let good = tiny(&input, &hidden, &scratch);
    Rnn { sequence: good }.run().unwrap();
    assert_eq!(values(&hidden), [3.0]);
    let bad = [
        Sequence {
            directions: 3,
            ..good
        },
        Sequence {
            weights: &[1.0; 2],
            ..good
        },
        Sequence {
            bias: Some(&[0.0]),
            ..good
        },
        Sequence {
            output: Some(&input[1..]),
            ..good
        },
        Sequence {
            scratch: &[],
            ..good
        },
        Sequence {
            steps: usize::MAX,
            inputs: 0,
            weights: &[],
            input: &[],
            ..good
        },
    ];
    for (which, sequence) in bad.into_iter().enumerate() {
        assert!(Rnn { sequence }.run().is_err(), "{which}");
    }
    assert!(
        Gru {
            sequence: good,
            linear_before_reset: false
        }
        .run()
        .is_err()
    );
}
