use std::cmp::Reverse;

use super::bound::lower_bound;
use super::conflicts::{Conflict, conflicts};
use super::place::place_in_order;
use super::{Buffer, Overwrite, Placement};

/// Orders that the local search tries at the most.
const TRIES: usize = 2000;
/// Conflicts that it looks at at the most, which bounds its time to tenths of a second.
const WORK: usize = 4_000_000;

/// Places buffers so that two that are live together overlap only where `overwrites` gives leave,
/// at offsets that are multiples of `align` bytes.
///
/// Buffers are placed one after the other, each as low as those before it leave. Several orders are
/// tried, then changes to the best of them, until the arena is as small as the lower bound or a
/// fixed number of tries is used up. Deterministic.
///
/// # Panics
/// Where `align` is 0.
pub(crate) fn place(buffers: &[Buffer], overwrites: &[Overwrite], align: usize) -> Placement {
    let lower_bound_bytes = lower_bound(buffers, overwrites);
    let conflicts = conflicts(buffers, overwrites);
    let mut best = Attempt::default();
    for (number, order) in orders(buffers, &conflicts).into_iter().enumerate() {
        let attempt = Attempt::new(buffers, &conflicts, order, align);
        if number == 0 || attempt.arena_bytes < best.arena_bytes {
            best = attempt;
        }
    }
    let work = buffers.len() + conflicts.iter().map(Vec::len).sum::<usize>();
    let mut random = Random(1);
    for _ in 0..TRIES.min(WORK / work.max(1)) {
        if best.arena_bytes <= lower_bound_bytes {
            break;
        }
        let order = best.changed(buffers, &mut random);
        let attempt = Attempt::new(buffers, &conflicts, order, align);
        // One that is as good may lead further.
        if attempt.arena_bytes <= best.arena_bytes {
            best = attempt;
        }
    }
    Placement {
        offsets: best.offsets,
        arena_bytes: best.arena_bytes,
        lower_bound_bytes,
    }
}

/// An order of the buffers and the placement that it gives.
#[derive(Default)]
struct Attempt {
    order: Vec<usize>,
    offsets: Vec<usize>,
    arena_bytes: usize,
}

impl Attempt {
    fn new(
        buffers: &[Buffer],
        conflicts: &[Vec<Conflict>],
        order: Vec<usize>,
        align: usize,
    ) -> Attempt {
        let (offsets, arena_bytes) = place_in_order(buffers, conflicts, &order, align);
        Attempt {
            order,
            offsets,
            arena_bytes,
        }
    }

    /// The order with one buffer elsewhere: every other time one that ends at the top, earlier.
    fn changed(&self, buffers: &[Buffer], random: &mut Random) -> Vec<usize> {
        let mut order = self.order.clone();
        let is_top = |&place: &usize| {
            let index = self.order[place];
            self.offsets[index] + buffers[index].bytes == self.arena_bytes
        };
        let top: Vec<usize> = (0..order.len()).filter(is_top).collect();
        let (from, to) = if random.below(2) == 0 {
            let from = top[random.below(top.len())];
            (from, random.below(from + 1))
        } else {
            (random.below(order.len()), random.below(order.len()))
        };
        let moved = order.remove(from);
        order.insert(to, moved);
        order
    }
}

/// Orders to begin with.
fn orders(buffers: &[Buffer], conflicts: &[Vec<Conflict>]) -> Vec<Vec<usize>> {
    let by = |key: &dyn Fn(usize) -> (usize, usize)| {
        let mut order: Vec<usize> = (0..buffers.len()).collect();
        order.sort_by_cached_key(|&index| (Reverse(key(index)), index));
        order
    };
    let bytes = |index: usize| buffers[index].bytes;
    let steps = |index: usize| buffers[index].last - buffers[index].first + 1;
    // Bytes that are live at some time of the buffer's life.
    let pressure = |index: usize| {
        let others = conflicts[index]
            .iter()
            .map(|conflict| bytes(conflict.other));
        bytes(index) + others.sum::<usize>()
    };
    vec![
        by(&|index| (bytes(index), steps(index))),
        by(&|index| (bytes(index) * steps(index), bytes(index))),
        by(&|index| (steps(index), bytes(index))),
        by(&|index| (usize::MAX - buffers[index].first, bytes(index))),
        by(&|index| (buffers[index].last, bytes(index))),
        by(&|index| (pressure(index), bytes(index))),
    ]
}

/// Numbers that are the same on every machine (splitmix64, Steele and others, 2014).
struct Random(u64);

impl Random {
    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cadet_kernels::Overlap;
    use proptest::prelude::*;

    fn chain(sizes: &[usize]) -> Vec<Buffer> {
        let buffers = sizes.iter().enumerate();
        let buffers = buffers.map(|(step, &bytes)| Buffer {
            bytes,
            first: step,
            last: step + 1,
        });
        buffers.collect()
    }

    #[test]
    fn a_chain_needs_its_two_largest_neighbours() {
        let placement = place(&chain(&[1000, 4000, 2000, 500]), &[], 4);
        assert_eq!(placement.lower_bound_bytes, 6000);
        assert_eq!(placement.arena_bytes, 6000);
    }

    #[test]
    fn a_chain_that_overlaps_goes_to_and_fro() {
        let chain = chain(&[1000; 20]);
        let overwrites: Vec<Overwrite> = (1..20)
            .map(|output| Overwrite {
                input: output - 1,
                output,
                overlap: Overlap {
                    before: 60,
                    after: 70,
                },
            })
            .collect();
        let placement = place(&chain, &overwrites, 1);
        assert_eq!(placement.lower_bound_bytes, 1060);
        assert_eq!(placement.arena_bytes, 1070);
    }

    #[test]
    fn nothing_needs_nothing() {
        assert_eq!(place(&[], &[], 16).arena_bytes, 0);
    }

    fn buffer() -> impl Strategy<Value = Buffer> {
        (0_usize..5000, 0_usize..40, 0_usize..12).prop_map(|(bytes, first, length)| Buffer {
            bytes,
            first,
            last: first + length,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn live_buffers_overlap_only_where_they_may(
            buffers in prop::collection::vec(buffer(), 0..60),
            distances in prop::collection::vec((0_usize..5000, 1_usize..5000), 3000),
            align in prop::sample::select(vec![1_usize, 4, 16, 64]),
        ) {
            let mut distances = distances.into_iter();
            let mut overwrites = Vec::new();
            for (input, a) in buffers.iter().enumerate() {
                for (output, b) in buffers.iter().enumerate() {
                    if a.last == b.first && a.first < b.first && a.last < b.last {
                        let (before, after) = distances.next().unwrap();
                        let overlap = Overlap { before: before.min(b.bytes), after: after.min(a.bytes) };
                        overwrites.push(Overwrite { input, output, overlap });
                    }
                }
            }
            let placement = place(&buffers, &overwrites, align);
            prop_assert_eq!(&place(&buffers, &overwrites, align), &placement);
            prop_assert!(placement.arena_bytes >= placement.lower_bound_bytes);
            for (i, a) in buffers.iter().enumerate() {
                let start = placement.offsets[i];
                prop_assert_eq!(start % align, 0);
                prop_assert!(start + a.bytes <= placement.arena_bytes);
                for (j, b) in buffers.iter().enumerate() {
                    let other = placement.offsets[j];
                    let apart = start + a.bytes <= other || other + b.bytes <= start;
                    if i == j || apart || !a.is_live_with(b) || a.bytes == 0 || b.bytes == 0 {
                        continue;
                    }
                    let of = |input, output| overwrites.iter().find(|o| o.input == input && o.output == output);
                    let (pair, input, output) = match (of(i, j), of(j, i)) {
                        (Some(pair), _) => (pair, start, other),
                        (_, Some(pair)) => (pair, other, start),
                        (None, None) => return Err(TestCaseError::fail(format!("{i} and {j} overlap"))),
                    };
                    let Overlap { before, after } = pair.overlap;
                    prop_assert!(output + before <= input || input + after <= output);
                }
            }
        }
    }
}
