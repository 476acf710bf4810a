use super::{Buffer, Overwrite};

/// What keeps a buffer away from another: the offset of the first less that of the other must not
/// lie between `low` and `high`, both exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    pub(super) other: usize,
    pub(super) low: isize,
    pub(super) high: isize,
}

/// The conflicts of each buffer with those that are live with it.
pub(super) fn conflicts(buffers: &[Buffer], overwrites: &[Overwrite]) -> Vec<Vec<Conflict>> {
    let of = |index: usize| {
        let buffer = &buffers[index];
        let live = buffers.iter().enumerate().filter(move |&(other, live)| {
            other != index && buffer.is_live_with(live) && buffer.bytes > 0 && live.bytes > 0
        });
        let apart = live.map(move |(other, live)| Conflict {
            other,
            low: -(buffer.bytes as isize),
            high: live.bytes as isize,
        });
        apart.collect()
    };
    let mut conflicts: Vec<Vec<Conflict>> = (0..buffers.len()).map(of).collect();
    for pair in overwrites {
        if buffers[pair.input].last != buffers[pair.output].first {
            continue;
        }
        let (before, after) = (pair.overlap.before as isize, pair.overlap.after as isize);
        let mut set = |index: usize, other: usize, low: isize, high: isize| {
            let known = conflicts[index]
                .iter_mut()
                .find(|known| known.other == other);
            if let Some(known) = known {
                (known.low, known.high) = (low, high);
            }
        };
        set(pair.output, pair.input, -before, after);
        set(pair.input, pair.output, -after, before);
    }
    conflicts
}
