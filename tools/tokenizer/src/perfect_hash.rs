//! A table in which each key has a slot of its own (hash and displace: Belazzougui, Botelho and Dietzfelbinger, 2009).

use cadet_text::{bucket, hash, slot};

/// Keys a bucket, on average.
const BUCKET_KEYS: usize = 4;
/// Seeds that are tried: two keys of one hash have no slots of their own.
const SEEDS: u32 = 64;

pub(crate) struct PerfectHash {
    pub(crate) seed: u32,
    pub(crate) displacements: Vec<u16>,
    /// Which key is in a slot.
    pub(crate) slots: Vec<Option<u32>>,
}

/// A table of keys that differ. `None` where no seed gives one, which does not happen with millions of keys.
pub(crate) fn perfect_hash(keys: &[(u32, &[u8])]) -> Option<PerfectHash> {
    (0..SEEDS).find_map(|seed| with_seed(keys, seed))
}

fn with_seed(keys: &[(u32, &[u8])], seed: u32) -> Option<PerfectHash> {
    if keys.is_empty() {
        return Some(PerfectHash {
            seed,
            displacements: Vec::new(),
            slots: Vec::new(),
        });
    }
    let mut slots = vec![None; keys.len() + keys.len() / 32 + 1];
    let mut buckets = vec![Vec::new(); keys.len().div_ceil(BUCKET_KEYS)];
    let count = buckets.len();
    for &(token, bytes) in keys {
        let hash = hash(seed, [bytes, b""]);
        buckets[bucket(hash, count)].push((token, hash));
    }
    // The fullest first, while most slots are free.
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(buckets[index].len()));
    let mut displacements = vec![0; count];
    for index in order {
        let keys = &buckets[index];
        let places = |displacement| -> Option<Vec<usize>> {
            let mut places = Vec::with_capacity(keys.len());
            for &(_, hash) in keys {
                let place = slot(hash, displacement, slots.len());
                if slots[place].is_some() || places.contains(&place) {
                    return None;
                }
                places.push(place);
            }
            Some(places)
        };
        let (displacement, places) =
            (0..=u16::MAX).find_map(|it| places(it).map(|places| (it, places)))?;
        displacements[index] = displacement;
        for (place, &(token, _)) in places.into_iter().zip(keys) {
            slots[place] = Some(token);
        }
    }
    Some(PerfectHash {
        seed,
        displacements,
        slots,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_slot() {
        let keys: Vec<Vec<u8>> = (0..20_000)
            .map(|n| format!("key {n}").into_bytes())
            .collect();
        for count in [0, 1, 2, 3, 100, keys.len()] {
            let keys: Vec<(u32, &[u8])> =
                (0..).zip(keys[..count].iter().map(Vec::as_slice)).collect();
            let table = perfect_hash(&keys).unwrap();
            for &(token, bytes) in &keys {
                let hash = hash(table.seed, [bytes, b""]);
                let displacement = table.displacements[bucket(hash, table.displacements.len())];
                assert_eq!(
                    table.slots[slot(hash, displacement, table.slots.len())],
                    Some(token)
                );
            }
        }
    }
}
