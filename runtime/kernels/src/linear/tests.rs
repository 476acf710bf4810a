use core::cell::Cell;
use proptest::prelude::*;
use std::vec::Vec;

use super::*;
use crate::math::fma;
use crate::testing::{cells, numbers, reals, values};

/// Extents of a product, and what it is made of.
#[derive(Clone, Copy, Debug)]
struct Case {
    rows: usize,
    inputs: usize,
    group: usize,
    outputs: usize,
    is_q4: bool,
    has_bias: bool,
    adds: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let extents = (1_usize..8, 1_usize..120, 1_usize..20, 1_usize..100);
    (extents, any::<[bool; 3]>()).prop_map(|((rows, inputs, quads, outputs), flags)| {
        let [is_q4, has_bias, adds] = flags;
        Case {
            rows,
            inputs,
            group: if is_q4 { Q4_GROUP } else { quads * QUAD },
            outputs,
            is_q4,
            has_bias,
            adds,
        }
    })
}

/// Operands of a case, made of a seed; weights `[o, k]` and in blocks.
struct Operands {
    input: Vec<Cell<f32>>,
    weights: Vec<i8>,
    q8: Vec<i8>,
    q4: Vec<u8>,
    scales: Vec<f16>,
    bias: Vec<f32>,
    held: Vec<f32>,
}

impl Case {
    fn groups(&self) -> usize {
        self.inputs.div_ceil(self.group)
    }
}

impl Operands {
    fn new(case: &Case, seed: u32) -> Operands {
        let inputs = case.inputs;
        let filled_up = case.groups() * case.group;
        let blocks = case.outputs.div_ceil(CHANNELS);
        let bits = numbers(case.outputs * inputs, seed);
        let weights: Vec<i8> = match case.is_q4 {
            true => bits.map(|n| n >> 4).collect(),
            false => bits.map(|n| n.max(-127)).collect(),
        };
        let (mut q8, mut q4) = (Vec::new(), Vec::new());
        if case.is_q4 {
            q4.resize(blocks * CHANNELS * filled_up / 2, 0);
            pack_q4(&weights, inputs, &mut q4).unwrap();
        } else {
            q8.resize(blocks * CHANNELS * filled_up, 0);
            pack_q8(&weights, inputs, case.group, &mut q8).unwrap();
        }
        let scales = reals(blocks * case.groups() * CHANNELS, seed + 1);
        Operands {
            input: cells(&reals(case.rows * inputs, seed + 2)),
            weights,
            q8,
            q4,
            scales: scales.into_iter().map(f16::from_f32).collect(),
            bias: reals(case.outputs, seed + 3),
            held: reals(case.rows * case.outputs, seed + 4),
        }
    }

    /// What a kernel makes of them.
    fn run(&self, case: &Case, isa: Isa) -> Vec<f32> {
        let inputs = case.inputs;
        let output = cells(&self.held);
        let scratch = scratch_words(case.rows, inputs, case.group).unwrap();
        f32(
            &F32 {
                rows: case.rows,
                inputs,
                outputs: case.outputs,
                group: case.group,
                input: &self.input,
                weights: match case.is_q4 {
                    true => Weights::Q4(&self.q4),
                    false => Weights::Q8(&self.q8),
                },
                scales: &self.scales,
                bias: case.has_bias.then_some(&self.bias),
                adds: case.adds,
                output: &output,
                scratch: &cells(&std::vec![0xa5a5_a5a5; scratch]),
            },
            isa,
        )
        .unwrap();
        values(&output)
    }

    /// One output by the definition.
    fn defined(&self, case: &Case, row: usize, output: usize) -> f32 {
        let inputs = case.inputs;
        let mut sum = 0.0_f32;
        for group in 0..case.groups() {
            let first = group * case.group;
            let count = case.group.min(inputs - first);
            let x = &self.input[row * inputs + first..][..count];
            let w = &self.weights[output * inputs + first..][..count];
            let most = x.iter().map(|x| x.get().abs()).fold(0.0, f32::max);
            let factor = if most > 0.0 { 127.0 / most } else { 0.0 };
            let products = x
                .iter()
                .zip(w)
                .map(|(x, w)| (x.get() * factor).round_ties_even() as i32 * i32::from(*w));
            let products: i32 = products.sum();
            let lane = (output / CHANNELS * case.groups() + group) * CHANNELS + output % CHANNELS;
            let scale = most / 127.0 * self.scales[lane].to_f32();
            sum = fma(products as f32, scale, sum);
        }
        if case.has_bias {
            sum += self.bias[output];
        }
        if case.adds {
            sum += self.held[row * case.outputs + output];
        }
        sum
    }
}

proptest! {
    #[test]
    fn is_the_definition_by_every_instruction_set(case in case(), seed in 0_u32..1000) {
        let of = Operands::new(&case, seed);
        for isa in Isa::all() {
            for (index, y) in of.run(&case, isa).into_iter().enumerate() {
                let wanted = of.defined(&case, index / case.outputs, index % case.outputs);
                prop_assert!(y.to_bits() == wanted.to_bits(), "{y} for {wanted} at {index}, {}", isa.name());
            }
        }
    }

    #[test]
    fn extremes_stay_within_their_bits(case in case(), seed in 0_u32..1000) {
        let mut of = Operands::new(&case, seed);
        let signs = reals(of.input.len(), seed);
        for (x, sign) in of.input.iter().zip(signs) {
            x.set(1.0_f32.copysign(sign));
        }
        let inputs = case.inputs;
        let bits = numbers(case.outputs * inputs, seed + 9).map(|n| n < 0);
        of.weights = bits.map(|low| match (case.is_q4, low) {
            (true, true) => -8,
            (true, false) => 7,
            (false, true) => -127,
            (false, false) => 127,
        }).collect();
        match case.is_q4 {
            true => pack_q4(&of.weights, inputs, &mut of.q4).unwrap(),
            false => pack_q8(&of.weights, inputs, case.group, &mut of.q8).unwrap(),
        }
        for isa in Isa::all() {
            for (index, y) in of.run(&case, isa).into_iter().enumerate() {
                let wanted = of.defined(&case, index / case.outputs, index % case.outputs);
                prop_assert_eq!(y.to_bits(), wanted.to_bits(), "at {} by {}", index, isa.name());
            }
        }
    }

    /// What is not finite makes its row NaN, and no other.
    #[test]
    fn rows_that_are_not_finite_are_nan(case in case(), seed in 0_u32..1000, bad in 0_usize..3) {
        let of = Operands::new(&case, seed);
        let at = seed as usize % of.input.len();
        of.input[at].set([f32::NAN, f32::INFINITY, f32::NEG_INFINITY][bad]);
        let row = at / case.inputs;
        for isa in Isa::all() {
            for (index, y) in of.run(&case, isa).into_iter().enumerate() {
                prop_assert_eq!(y.is_nan(), index / case.outputs == row, "{}", isa.name());
            }
        }
    }
}

#[test]
fn refuses_lengths_that_do_not_fit() {
    let case = Case {
        rows: 2,
        inputs: 64,
        group: Q4_GROUP,
        outputs: 5,
        is_q4: true,
        has_bias: true,
        adds: false,
    };
    let of = Operands::new(&case, 1);
    let output = cells(&of.held);
    let scratch = cells(&std::vec![0; scratch_words(2, 64, Q4_GROUP).unwrap()]);
    let good = F32 {
        rows: 2,
        inputs: 64,
        outputs: 5,
        group: Q4_GROUP,
        input: &of.input,
        weights: Weights::Q4(&of.q4),
        scales: &of.scales,
        bias: Some(&of.bias),
        adds: false,
        output: &output,
        scratch: &scratch,
    };
    assert!(f32(&good, Isa::Baseline).is_ok());
    let refused = [
        F32 { rows: 1, ..good },
        F32 { inputs: 32, ..good },
        F32 { outputs: 6, ..good },
        F32 { group: 16, ..good },
        F32 { group: 0, ..good },
        F32 {
            weights: Weights::Q4(&of.q4[1..]),
            ..good
        },
        F32 {
            weights: Weights::Q8(&[]),
            ..good
        },
        F32 {
            scales: &of.scales[1..],
            ..good
        },
        F32 {
            bias: Some(&of.bias[1..]),
            ..good
        },
        F32 {
            scratch: &scratch[1..],
            ..good
        },
    ];
    for (index, bad) in refused.iter().enumerate() {
        assert!(f32(bad, Isa::Baseline).is_err(), "{index}");
    }
}
