use core::cell::Cell;
use proptest::prelude::*;
use std::vec::Vec;

use super::*;
use crate::testing::{cells, reals, values};

/// Extents of an attention, and how many tokens came before and come now.
#[derive(Clone, Copy, Debug)]
struct Case {
    group: usize,
    heads: usize,
    size: usize,
    context: usize,
    position: usize,
    tokens: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let heads = (1_usize..4, 1_usize..4, 1_usize..20);
    (heads, 1_usize..40, 0_usize..40, 1_usize..6).prop_map(
        |((group, heads, size), context, position, tokens)| Case {
            group,
            heads,
            size,
            context,
            position,
            tokens,
        },
    )
}

/// Operands of a case, made of a seed.
struct Operands {
    query: Vec<Cell<f32>>,
    key: Vec<Cell<f32>>,
    value: Vec<Cell<f32>>,
    keys: Vec<Cell<f32>>,
    values: Vec<Cell<f32>>,
    output: Vec<Cell<f32>>,
    scratch: Vec<Cell<f32>>,
}

impl Operands {
    fn new(case: &Case, seed: u32) -> Operands {
        let a_token = case.heads * case.size;
        let made = |count: usize, of: u32| cells(&reals(count, seed + of));
        Operands {
            query: made(case.tokens * a_token * case.group, 1),
            key: made(case.tokens * a_token, 2),
            value: made(case.tokens * a_token, 3),
            keys: made(case.context * a_token, 4),
            values: made(case.context * a_token, 5),
            output: made(case.tokens * a_token * case.group, 6),
            scratch: made(case.context, 7),
        }
    }

    fn op(&self, case: &Case) -> F32<'_> {
        F32 {
            query_heads: case.group * case.heads,
            heads: case.heads,
            size: case.size,
            context: case.context,
            position: case.position,
            scale: 0.3,
            query: &self.query,
            key: &self.key,
            value: &self.value,
            keys: &self.keys,
            values: &self.values,
            output: &self.output,
            scratch: &self.scratch,
        }
    }
}

/// One output element by the definition, in double precision, from caches that hold all tokens.
fn exact(case: &Case, of: &Operands, token: usize, head: usize, element: usize) -> f64 {
    let (size, context) = (case.size, case.context);
    let group_head = head / case.group;
    let at = |cells: &[Cell<f32>], index: usize| f64::from(cells[index].get());
    let scores = (0..=case.position + token).map(|place| {
        let first = (token * case.group * case.heads + head) * size;
        let products = (0..size).map(|i| {
            at(&of.query, first + i) * at(&of.keys, (group_head * size + i) * context + place)
        });
        0.3 * products.sum::<f64>()
    });
    let scores: Vec<f64> = scores.collect();
    let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - max).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let mixed = weights.iter().enumerate().map(|(place, weight)| {
        weight * at(&of.values, (group_head * context + place) * size + element)
    });
    mixed.sum::<f64>() / sum
}

proptest! {
    #[test]
    fn is_the_definition(case in case(), seed in 0_u32..1000) {
        let of = Operands::new(&case, seed);
        let before = [values(&of.keys), values(&of.values)];
        f32(&of.op(&case), Isa::Baseline).unwrap();
        let (size, context) = (case.size, case.context);
        for place in 0..context {
            let token = place.checked_sub(case.position).filter(|token| *token < case.tokens);
            for channel in 0..case.heads * size {
                let (head, element) = (channel / size, channel % size);
                let key = channel * context + place;
                let value = (head * context + place) * size + element;
                let wanted = match token.map(|token| token * case.heads * size + channel) {
                    Some(new) => [of.key[new].get(), of.value[new].get()],
                    None => [before[0][key], before[1][value]],
                };
                prop_assert_eq!([of.keys[key].get(), of.values[value].get()], wanted);
            }
        }
        let heads = case.group * case.heads;
        for (index, y) in values(&of.output).into_iter().enumerate() {
            let (token, head, element) =
                (index / (heads * size), index / size % heads, index % size);
            if case.position + token >= context {
                prop_assert_eq!(y, 0.0);
                continue;
            }
            let wanted = exact(&case, &of, token, head, element);
            prop_assert!((f64::from(y) - wanted).abs() < 1e-5, "{y} for {wanted} at {index}");
        }
    }

    /// Every instruction set gives the same bits.
    #[test]
    fn instruction_sets_change_no_bit(case in case(), wide in 0_usize..9, seed in 0_u32..1000) {
        // Long enough for registers side by side.
        let case = Case {
            size: case.size + 16 * wide,
            context: case.context + 40 * wide,
            position: case.position * (wide + 1),
            ..case
        };
        let scalar = Operands::new(&case, seed);
        f32(&scalar.op(&case), Isa::Baseline).unwrap();
        for isa in Isa::all() {
            let of = Operands::new(&case, seed);
            f32(&of.op(&case), isa).unwrap();
            prop_assert_eq!(values(&of.output), values(&scalar.output), "{}", isa.name());
            prop_assert_eq!(values(&of.keys), values(&scalar.keys));
            prop_assert_eq!(values(&of.values), values(&scalar.values));
        }
    }

    /// Several tokens at once give what one after the other gives, bit for bit.
    #[test]
    fn chunks_are_single_tokens(case in case(), seed in 0_u32..1000) {
        let (at_once, by_one) = (Operands::new(&case, seed), Operands::new(&case, seed));
        f32(&at_once.op(&case), Isa::Baseline).unwrap();
        let a_token = case.heads * case.size;
        for token in 0..case.tokens {
            let all = by_one.op(&case);
            let new = token * a_token..(token + 1) * a_token;
            let queries = new.start * case.group..new.end * case.group;
            f32(&F32 {
                position: case.position + token,
                query: &all.query[queries.clone()],
                key: &all.key[new.clone()],
                value: &all.value[new],
                output: &all.output[queries],
                ..all
            }, Isa::Baseline)
            .unwrap();
        }
        prop_assert_eq!(values(&at_once.output), values(&by_one.output));
        prop_assert_eq!(values(&at_once.keys), values(&by_one.keys));
        prop_assert_eq!(values(&at_once.values), values(&by_one.values));
    }
}

#[test]
fn nan_reaches_only_those_who_see_it() {
    let case = Case {
        group: 1,
        heads: 1,
        size: 2,
        context: 4,
        position: 0,
        tokens: 3,
    };
    let of = Operands::new(&case, 1);
    of.key[2].set(f32::NAN);
    f32(&of.op(&case), Isa::Baseline).unwrap();
    let is_nan: Vec<bool> = values(&of.output).iter().map(|y| y.is_nan()).collect();
    assert_eq!(is_nan, [false, false, true, true, true, true]);
}

#[test]
fn refuses_lengths_that_do_not_fit() {
    let case = Case {
        group: 2,
        heads: 2,
        size: 3,
        context: 5,
        position: 1,
        tokens: 2,
    };
    let of = Operands::new(&case, 1);
    let good = of.op(&case);
    let refused = [
        F32 { heads: 0, ..good },
        F32 {
            query_heads: 3,
            ..good
        },
        F32 { size: 4, ..good },
        F32 { context: 6, ..good },
        F32 {
            value: &good.value[1..],
            ..good
        },
        F32 {
            output: &good.output[1..],
            ..good
        },
        F32 {
            values: &good.values[1..],
            ..good
        },
        F32 {
            scratch: &good.scratch[1..],
            ..good
        },
    ];
    for (index, bad) in refused.iter().enumerate() {
        assert!(f32(bad, Isa::Baseline).is_err(), "{index}");
    }
}
