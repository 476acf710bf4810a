//! What is left of the candidates, and the choice among them.

use cadet_kernels::math::exp;

use crate::logits::{Candidate, candidates};
use crate::random::Random;

/// All candidates, by their numbers: as many as `places` has room for.
pub(crate) fn all<'c>(logits: &[f32], places: &'c mut [Candidate]) -> &'c mut [Candidate] {
    let count = fill(places, candidates(logits));
    first(places, count)
}

/// As many candidates as `places` has room for, the most likely ones, in this order.
pub(crate) fn top_k<'c>(logits: &[f32], places: &'c mut [Candidate]) -> &'c mut [Candidate] {
    let mut rest = candidates(logits);
    let count = fill(places, &mut rest);
    let kept = first(places, count);
    // The least likely of those that are kept is on top, to be replaced.
    let is_above = |a: &Candidate, b: &Candidate| b.precedes(a);
    heap(kept, is_above);
    for candidate in rest {
        let Some(least) = kept.first_mut() else { break };
        if candidate.precedes(least) {
            *least = candidate;
            sink(kept, 0, is_above);
        }
    }
    for end in (1..kept.len()).rev() {
        swap(kept, 0, end);
        sink(first(kept, end), 0, is_above);
    }
    kept
}

/// The fewest most likely candidates that have a share of at least `share` of all that are left, in this order.
pub(crate) fn top_p(left: &mut [Candidate], best: f32, share: f32) -> &mut [Candidate] {
    let weight = |it: &Candidate| f64::from(exp(it.logit - best));
    let wanted = f64::from(share) * left.iter().map(weight).sum::<f64>();
    heap(left, Candidate::precedes);
    let mut found = 0.0;
    let mut end = left.len();
    while let Some(last) = end.checked_sub(1) {
        swap(left, 0, last);
        end = last;
        sink(first(left, end), 0, Candidate::precedes);
        found += left.get(end).map_or(0.0, weight);
        if found >= wanted {
            break;
        }
    }
    let kept = left.get_mut(end..).unwrap_or_default();
    kept.reverse();
    kept
}

/// The candidates that are at least `share` as likely as the best one, in their order.
pub(crate) fn min_p(left: &mut [Candidate], best: f32, share: f32) -> &mut [Candidate] {
    let mut count = 0;
    for place in 0..left.len() {
        let likely = |it: &Candidate| exp(it.logit - best) >= share;
        if left.get(place).is_some_and(likely) {
            swap(left, place, count);
            count += 1;
        }
    }
    first(left, count)
}

/// One of the candidates, each as often as `e^(logit / temperature)` says: the first up to which more than a random
/// share of the sum of these lies, both sums in double precision and in the candidates' order. `None` of none.
pub(crate) fn draw(
    left: &[Candidate],
    best: f32,
    temperature: f32,
    random: &mut Random,
) -> Option<u32> {
    let weight = |it: &Candidate| f64::from(exp((it.logit - best) / temperature));
    let wanted = random.fraction() * left.iter().map(weight).sum::<f64>();
    let mut sum = 0.0;
    let mut last = None;
    for candidate in left {
        let weight = weight(candidate);
        sum += weight;
        if sum > wanted {
            return Some(candidate.token);
        }
        // Only where the product above was rounded up to the sum itself.
        if weight > 0.0 {
            last = Some(candidate.token);
        }
    }
    last
}

fn fill(places: &mut [Candidate], from: impl Iterator<Item = Candidate>) -> usize {
    let mut count = 0;
    for (place, candidate) in places.iter_mut().zip(from) {
        *place = candidate;
        count += 1;
    }
    count
}

fn first(candidates: &mut [Candidate], count: usize) -> &mut [Candidate] {
    candidates.get_mut(..count).unwrap_or_default()
}

/// Like `slice::swap`, which would panic outside of it.
fn swap(candidates: &mut [Candidate], a: usize, b: usize) {
    let (Some(&first), Some(&second)) = (candidates.get(a), candidates.get(b)) else {
        return;
    };
    for (place, value) in [(a, second), (b, first)] {
        if let Some(place) = candidates.get_mut(place) {
            *place = value;
        }
    }
}

/// Orders candidates as a heap: none is above its parent, which is at half its place.
fn heap(candidates: &mut [Candidate], is_above: impl Fn(&Candidate, &Candidate) -> bool + Copy) {
    for at in (0..candidates.len() / 2).rev() {
        sink(candidates, at, is_above);
    }
}

/// Moves a candidate of a heap down to where it belongs.
fn sink(heap: &mut [Candidate], mut at: usize, is_above: impl Fn(&Candidate, &Candidate) -> bool) {
    loop {
        let left = at.saturating_mul(2).saturating_add(1);
        let mut top = at;
        for child in [left, left.saturating_add(1)] {
            if let (Some(a), Some(b)) = (heap.get(child), heap.get(top))
                && is_above(a, b)
            {
                top = child;
            }
        }
        if top == at {
            return;
        }
        swap(heap, at, top);
        at = top;
    }
}
