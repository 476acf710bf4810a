//! The filters against plain ones in double precision, and what is drawn against the likelihoods.

use std::collections::BTreeSet;
use std::vec::Vec;
use std::{println, vec};

use proptest::prelude::*;

use super::*;

/// The likelihood of each token, filtered one after the other as the documentation says; 0 for those that are not left.
fn reference(logits: &[f32], sampling: Sampling, seen: &[u32]) -> Vec<f64> {
    let mut logits: Vec<f64> = logits.iter().map(|&it| f64::from(it)).collect();
    let penalty = f64::from(sampling.repetition_penalty);
    for token in seen.iter().copied().collect::<BTreeSet<_>>() {
        let Some(logit) = logits.get_mut(token as usize) else {
            continue;
        };
        *logit = if *logit > 0.0 {
            *logit / penalty
        } else {
            *logit * penalty
        };
    }
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]).then(a.cmp(&b)));
    order.retain(|&it| logits[it] > f64::NEG_INFINITY);
    if sampling.top_k > 0 {
        order.truncate(sampling.top_k as usize);
    }
    let best = logits[order[0]];
    let weight = |it: usize| (logits[it] - best).exp();
    let total: f64 = order.iter().map(|&it| weight(it)).sum();
    if sampling.top_p < 1.0 {
        let mut sum = 0.0;
        let inside = |&it: &usize| {
            sum += weight(it);
            sum < f64::from(sampling.top_p) * total
        };
        let count = order.iter().copied().take_while(inside).count();
        order.truncate(count + 1);
    }
    order.retain(|&it| weight(it) >= f64::from(sampling.min_p));
    let warm = |it: usize| ((logits[it] - best) / f64::from(sampling.temperature)).exp();
    let total: f64 = order.iter().map(|&it| warm(it)).sum();
    let mut shares = vec![0.0; logits.len()];
    for &it in &order {
        shares[it] = warm(it) / total;
    }
    shares
}

/// How often each token is drawn.
fn drawn(logits: &[f32], sampling: Sampling, seed: u64, seen: &[u32], draws: u32) -> Vec<u32> {
    let mut candidates = vec![Candidate::EMPTY; sampling.candidates(logits.len())];
    let mut counts = vec![0; logits.len()];
    let mut window = vec![0; seen.len()];
    let mut sampler = Sampler::new(sampling, seed, &mut candidates, &mut window).unwrap();
    for _ in 0..draws {
        sampler.observe(seen);
        let token = sampler.choose(&mut logits.to_vec()).unwrap();
        counts[token as usize] += 1;
    }
    counts
}

/// Pearson's statistic is below what one in a hundred thousand samples exceeds, by Wilson and Hilferty's approximation.
fn check_distribution(logits: &[f32], sampling: Sampling, seen: &[u32]) {
    let draws = 20_000;
    let shares = reference(logits, sampling, seen);
    let counts = drawn(logits, sampling, 5, seen, draws);
    let (mut statistic, mut freedom) = (0.0, -1.0);
    for (share, count) in shares.iter().zip(&counts) {
        let wanted = share * f64::from(draws);
        if wanted == 0.0 {
            assert_eq!(*count, 0);
            continue;
        }
        assert!(wanted > 5.0, "too few draws to tell: {wanted}");
        statistic += (f64::from(*count) - wanted).powi(2) / wanted;
        freedom += 1.0;
    }
    let spread: f64 = 2.0 / (9.0 * f64::max(freedom, 1.0));
    let bound = f64::max(freedom, 1.0) * (1.0 - spread + 4.265 * spread.sqrt()).powi(3);
    println!("{sampling:?}: {statistic} of {bound}, {freedom} degrees of freedom");
    assert!(statistic < bound, "{sampling:?}: {statistic} of {bound}");
}

fn logits() -> Vec<f32> {
    (0..20)
        .map(|n| ((n * 13 + 5) % 20) as f32 / 4.0 - 2.0)
        .collect()
}

#[test]
fn tokens_come_as_often_as_they_are_likely() {
    let plain = Sampling::PLAIN;
    for sampling in [
        plain,
        Sampling {
            temperature: 0.7,
            ..plain
        },
        Sampling {
            temperature: 1.8,
            ..plain
        },
        Sampling { top_k: 1, ..plain },
        Sampling { top_k: 7, ..plain },
        Sampling { top_k: 99, ..plain },
        Sampling {
            top_p: 0.6,
            ..plain
        },
        Sampling {
            top_p: 1e-6,
            ..plain
        },
        Sampling {
            min_p: 0.2,
            ..plain
        },
        Sampling {
            min_p: 1.0,
            ..plain
        },
        Sampling {
            top_k: 9,
            top_p: 0.8,
            min_p: 0.3,
            temperature: 1.5,
            ..plain
        },
        Sampling {
            repetition_penalty: 1.5,
            top_k: 12,
            ..plain
        },
    ] {
        check_distribution(&logits(), sampling, &[]);
    }
}

#[test]
fn what_was_seen_is_less_likely() {
    // The window holds these again before each choice: fewer would leave what was drawn in it.
    let penalty = Sampling {
        repetition_penalty: 1.5,
        ..Sampling::PLAIN
    };
    check_distribution(&logits(), penalty, &[3, 3, 7, 15, 3, 99]);
    let reward = Sampling {
        repetition_penalty: 0.8,
        ..Sampling::PLAIN
    };
    check_distribution(&logits(), reward, &[0, 1, 2]);
}

#[test]
fn the_window_forgets() {
    let sampling = Sampling {
        repetition_penalty: 2.0,
        ..Sampling::GREEDY
    };
    let logits = [4.0, 3.9, 3.8, -1.0];
    let mut window = [0; 2];
    let mut sampler = Sampler::new(sampling, 0, &mut [], &mut window).unwrap();
    let found = [(); 6].map(|()| sampler.choose(&mut logits.to_vec()).unwrap());
    assert_eq!(found, [0, 1, 2, 0, 1, 2]);
    let mut sampler = Sampler::new(sampling, 0, &mut [], &mut []).unwrap();
    let found = [(); 3].map(|()| sampler.choose(&mut logits.to_vec()).unwrap());
    assert_eq!(found, [0; 3]);
}

proptest! {
    /// What can be drawn at all is what the reference leaves; shares at the very edge of a filter aside.
    #[test]
    fn filters_leave_what_plain_ones_leave(
        ranks in prop::collection::vec(-20_i32..20, 1..40),
        top_k in 0_u32..12,
        top_p in prop_oneof![Just(1.0_f32), 0.05_f32..0.99],
        min_p in prop_oneof![Just(0.0_f32), 0.01_f32..0.99],
        gone in prop::collection::vec(any::<bool>(), 40),
    ) {
        let mut logits: Vec<f32> = ranks.iter().map(|&it| it as f32 * 0.137).collect();
        for (logit, _) in logits.iter_mut().skip(1).zip(&gone).filter(|it| *it.1) {
            *logit = f32::NEG_INFINITY;
        }
        // Hot enough that everything that is left is drawn.
        let sampling = Sampling { temperature: 1e6, top_k, top_p, min_p, ..Sampling::PLAIN };
        let at = |share: f32| {
            let moved = Sampling { top_p: if top_p < 1.0 { top_p * share } else { 1.0 }, min_p: min_p * share, ..sampling };
            reference(&logits, moved, &[])
        };
        let wanted = at(1.0);
        let is_left = |shares: &[f64]| shares.iter().map(|&it| it > 0.0).collect::<Vec<_>>();
        prop_assume!(is_left(&at(1.0 - 1e-5)) == is_left(&wanted) && is_left(&at(1.0 + 1e-5)) == is_left(&wanted));
        let counts = drawn(&logits, sampling, 3, &[], 1000);
        let found: Vec<bool> = counts.iter().map(|&it| it > 0).collect();
        prop_assert_eq!(found, is_left(&wanted), "{:?} {:?}", logits, sampling);
    }

    /// Greedy is the best token, and so is everything that leaves one.
    #[test]
    fn the_best_of_equals_is_the_first(ranks in prop::collection::vec(-3_i32..3, 1..40), seed: u64) {
        let logits: Vec<f32> = ranks.iter().map(|&it| it as f32).collect();
        let best = logits.iter().copied().fold(f32::MIN, f32::max);
        let first = logits.iter().position(|&it| it == best).unwrap();
        for sampling in [
            Sampling::GREEDY,
            Sampling { top_k: 1, ..Sampling::PLAIN },
            Sampling { top_p: 1e-9, ..Sampling::PLAIN },
            Sampling { temperature: 1e-30, top_k: 1, ..Sampling::PLAIN },
        ] {
            prop_assert_eq!(drawn(&logits, sampling, seed, &[], 1)[first], 1);
        }
    }
}

#[test]
fn odd_logits_and_numbers_are_refused() {
    let choose = |sampling, logits: &[f32], count| {
        let mut candidates = vec![Candidate::EMPTY; count];
        let sampler = Sampler::new(sampling, 0, &mut candidates, &mut []);
        sampler?.choose(&mut logits.to_vec())
    };
    for sampling in [Sampling::GREEDY, Sampling::PLAIN] {
        for odd in [f32::NAN, f32::INFINITY] {
            let found = choose(sampling, &[0.0, odd, 1.0], 3);
            assert_eq!(found, Err(LanguageError::BadLogits));
        }
        for logits in [&[f32::NEG_INFINITY; 3][..], &[]] {
            let found = choose(sampling, logits, 3);
            assert_eq!(found, Err(LanguageError::NothingAllowed));
        }
        let one = [f32::NEG_INFINITY, -3.0, f32::NEG_INFINITY];
        assert_eq!(choose(sampling, &one, 3), Ok(1));
    }
    let few = LanguageError::TooFewCandidates { needed: 3 };
    assert_eq!(choose(Sampling::PLAIN, &[0.0; 3], 2), Err(few));
    let top = Sampling {
        top_k: 2,
        ..Sampling::PLAIN
    };
    assert!(choose(top, &[0.0; 3], 2).is_ok());

    let plain = Sampling::PLAIN;
    for bad in [f32::NAN, f32::INFINITY, -1.0] {
        for sampling in [
            Sampling {
                temperature: bad,
                ..plain
            },
            Sampling {
                top_p: bad,
                ..plain
            },
            Sampling {
                min_p: bad,
                ..plain
            },
            Sampling {
                repetition_penalty: bad,
                ..plain
            },
        ] {
            let found = choose(sampling, &[0.0; 3], 3);
            assert_eq!(found, Err(LanguageError::BadSampling));
        }
    }
    for sampling in [
        Sampling {
            top_p: 0.0,
            ..plain
        },
        Sampling {
            top_p: 1.1,
            ..plain
        },
        Sampling {
            min_p: 1.1,
            ..plain
        },
        Sampling {
            repetition_penalty: 0.0,
            ..plain
        },
    ] {
        let found = choose(sampling, &[0.0; 3], 3);
        assert_eq!(found, Err(LanguageError::BadSampling));
    }
}
