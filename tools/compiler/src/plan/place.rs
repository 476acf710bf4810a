use super::{Buffer, Placement};

/// Places buffers so that no two that are live together overlap, at offsets that are multiples of
/// `align` bytes.
///
/// Offline best fit (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net
/// Inference", 2020), tried in several orders; the smallest arena wins. Deterministic.
///
/// # Panics
/// Where `align` is 0.
pub(crate) fn place(buffers: &[Buffer], align: usize) -> Placement {
    let by = |key: fn(&Buffer) -> (usize, usize)| {
        let mut order: Vec<usize> = (0..buffers.len()).collect();
        order.sort_by_key(|&i| {
            let (major, minor) = key(&buffers[i]);
            (std::cmp::Reverse(major), std::cmp::Reverse(minor), i)
        });
        order
    };
    let orders = [
        by(|b| (b.bytes, b.last - b.first)),
        by(|b| (b.bytes * (b.last - b.first + 1), b.bytes)),
        by(|b| (b.last - b.first, b.bytes)),
        by(|b| (usize::MAX - b.first, b.bytes)),
        by(|b| (b.last, b.bytes)),
        by_pressure(buffers),
    ];
    let best = orders
        .into_iter()
        .map(|order| place_in_order(buffers, &order, align))
        .min_by_key(|(_, arena_bytes)| *arena_bytes);
    let (offsets, arena_bytes) = best.unwrap_or_default();
    Placement {
        offsets,
        arena_bytes,
        lower_bound_bytes: lower_bound(buffers),
    }
}

/// Steps by the bytes live in them, most first; within a step the largest buffer first.
fn by_pressure(buffers: &[Buffer]) -> Vec<usize> {
    let pressure = |buffer: &Buffer| {
        let steps = buffer.first..=buffer.last;
        steps
            .map(|step| live_bytes(buffers, step))
            .max()
            .unwrap_or(0)
    };
    let mut order: Vec<usize> = (0..buffers.len()).collect();
    order.sort_by_cached_key(|&i| {
        (
            std::cmp::Reverse(pressure(&buffers[i])),
            std::cmp::Reverse(buffers[i].bytes),
            i,
        )
    });
    order
}

fn live_bytes(buffers: &[Buffer], step: usize) -> usize {
    let live = buffers
        .iter()
        .filter(|b| (b.first..=b.last).contains(&step));
    live.map(|b| b.bytes).sum()
}

fn lower_bound(buffers: &[Buffer]) -> usize {
    let starts = buffers.iter().map(|b| live_bytes(buffers, b.first));
    starts.max().unwrap_or(0)
}

fn place_in_order(buffers: &[Buffer], order: &[usize], align: usize) -> (Vec<usize>, usize) {
    let mut offsets = vec![0; buffers.len()];
    let mut placed: Vec<usize> = Vec::with_capacity(buffers.len());
    let mut arena_bytes = 0;
    for &index in order {
        let buffer = &buffers[index];
        let mut taken: Vec<(usize, usize)> = placed
            .iter()
            .filter(|&&other| buffers[other].is_live_with(buffer) && buffers[other].bytes > 0)
            .map(|&other| (offsets[other], offsets[other] + buffers[other].bytes))
            .collect();
        taken.sort_unstable();
        offsets[index] = best_gap(&taken, buffer.bytes, align);
        arena_bytes = arena_bytes.max(offsets[index] + buffer.bytes);
        placed.push(index);
    }
    (offsets, arena_bytes)
}

/// The offset in the smallest gap between the ranges that holds `bytes`, or after the last.
fn best_gap(taken: &[(usize, usize)], bytes: usize, align: usize) -> usize {
    let mut best: Option<(usize, usize)> = None;
    let mut end = 0;
    for &(start, stop) in taken {
        let offset = usize::next_multiple_of(end, align);
        if offset + bytes <= start {
            let slack = start - offset - bytes;
            if best.is_none_or(|(least, _)| slack < least) {
                best = Some((slack, offset));
            }
        }
        end = end.max(stop);
    }
    best.map_or(end.next_multiple_of(align), |(_, offset)| offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_chain_needs_its_two_largest_neighbours() {
        let sizes = [1000, 4000, 2000, 500];
        let chain: Vec<Buffer> = (0..4)
            .map(|i| Buffer {
                bytes: sizes[i],
                first: i,
                last: i + 1,
            })
            .collect();
        let placement = place(&chain, 4);
        assert_eq!(placement.lower_bound_bytes, 6000);
        assert_eq!(placement.arena_bytes, 6000);
    }

    #[test]
    fn nothing_needs_nothing() {
        assert_eq!(place(&[], 16).arena_bytes, 0);
    }

    fn buffer() -> impl Strategy<Value = Buffer> {
        (0_usize..5000, 0_usize..40, 0_usize..12).prop_map(|(bytes, first, length)| Buffer {
            bytes,
            first,
            last: first + length,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn live_buffers_never_overlap(
            buffers in prop::collection::vec(buffer(), 0..60),
            align in prop::sample::select(vec![1_usize, 4, 16, 64]),
        ) {
            let placement = place(&buffers, align);
            prop_assert_eq!(&place(&buffers, align), &placement);
            prop_assert!(placement.arena_bytes >= placement.lower_bound_bytes);
            for (i, a) in buffers.iter().enumerate() {
                prop_assert_eq!(placement.offsets[i] % align, 0);
                prop_assert!(placement.offsets[i] + a.bytes <= placement.arena_bytes);
                for (j, b) in buffers.iter().enumerate().take(i) {
                    let apart = placement.offsets[i] + a.bytes <= placement.offsets[j]
                        || placement.offsets[j] + b.bytes <= placement.offsets[i];
                    prop_assert!(apart || !a.is_live_with(b) || a.bytes == 0 || b.bytes == 0);
                }
            }
        }
    }
}
