use super::Buffer;
use super::conflicts::Conflict;

/// Places buffers one after the other, each at the lowest multiple of `align` bytes that its
/// conflicts with those before it leave, and gives the bytes up to the end of the last.
///
/// Every placement that cannot be pushed together comes out of some order: that of its offsets.
pub(super) fn place_in_order(
    buffers: &[Buffer],
    conflicts: &[Vec<Conflict>],
    order: &[usize],
    align: usize,
) -> (Vec<usize>, usize) {
    let mut placed: Vec<Option<isize>> = vec![None; buffers.len()];
    let mut forbidden = Vec::new();
    let mut arena_bytes = 0;
    for &index in order {
        forbidden.clear();
        for conflict in &conflicts[index] {
            if let Some(other) = placed[conflict.other] {
                forbidden.push((other + conflict.low, other + conflict.high));
            }
        }
        forbidden.sort_unstable();
        let offset = lowest(&forbidden, align);
        placed[index] = Some(offset as isize);
        arena_bytes = arena_bytes.max(offset + buffers[index].bytes);
    }
    let offsets = placed.iter().map(|offset| offset.unwrap_or(0) as usize);
    (offsets.collect(), arena_bytes)
}

/// The lowest multiple of `align` in none of the open ranges, which come in the order of their
/// starts.
fn lowest(forbidden: &[(isize, isize)], align: usize) -> usize {
    let mut offset = 0_usize;
    for &(low, high) in forbidden {
        if low >= offset as isize {
            break;
        }
        if high > offset as isize {
            offset = (high as usize).next_multiple_of(align);
        }
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_open() {
        assert_eq!(lowest(&[], 16), 0);
        assert_eq!(lowest(&[(0, 40)], 16), 0);
        assert_eq!(lowest(&[(-8, 40), (-3, 0)], 16), 48);
        assert_eq!(lowest(&[(-8, 10), (5, 20), (30, 50)], 1), 20);
    }
}
