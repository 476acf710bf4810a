use crate::{DataError, Dataset, Use};

/// Splits off about `count` rows for choices: those with the smallest hashes, so the select set
/// depends on the rows alone, not on their order. Copies of a row stay on one side, for which the
/// select set may come out a little smaller.
///
/// Returns (train, select), both in the order of `dataset`. *Errors*: `NotForTraining` where
/// `dataset` is not marked for training, `Mismatch` where `count` leaves no row on a side.
pub fn hold_out(dataset: &Dataset, count: usize) -> Result<(Dataset, Dataset), DataError> {
    dataset.for_training()?;
    let mut by_hash: Vec<usize> = (0..dataset.len()).collect();
    by_hash.sort_by_key(|&row| dataset.row_ids()[row]);
    let mut cut = count.min(dataset.len());
    let id = |rank: usize| dataset.row_ids()[by_hash[rank]];
    while cut > 0 && cut < dataset.len() && id(cut) == id(cut - 1) {
        cut -= 1;
    }
    if cut == 0 || cut == dataset.len() {
        return Err(DataError::Mismatch {
            name: dataset.name().into(),
            reason: format!(
                "holding out {count} of {} rows leaves nothing to train on or to select by",
                dataset.len()
            ),
        });
    }
    let (select, train) = by_hash.split_at_mut(cut);
    select.sort_unstable();
    train.sort_unstable();
    let part = |set: &str, usage, rows: &[usize]| {
        dataset.select(format!("{}/{set}", dataset.name()), usage, rows)
    };
    Ok((
        part("train", Use::Train, train),
        part("select", Use::Eval, select),
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dataset(ids: &[u8]) -> Dataset {
        let inputs = ids.iter().map(|&id| f32::from(id)).collect();
        let rows = ids.iter().map(|&id| [id; 32]).collect();
        Dataset::new("set", Use::Train, vec![1], inputs, None, vec![], rows).unwrap()
    }

    proptest! {
        #[test]
        fn parts_are_disjoint_and_complete(
            ids in prop::collection::vec(any::<u8>(), 2..60),
            count in 1..40_usize,
        ) {
            let data = dataset(&ids);
            if let Ok((train, select)) = hold_out(&data, count) {
                prop_assert_eq!(train.len() + select.len(), data.len());
                prop_assert!(select.len() <= count);
                prop_assert_eq!(train.rows_shared_with(&select), 0);
                prop_assert!(select.for_training().is_err());
            }
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let (_, forward) = hold_out(&dataset(&[5, 1, 9, 3]), 2).unwrap();
        let (_, backward) = hold_out(&dataset(&[3, 9, 1, 5]), 2).unwrap();
        assert_eq!(forward.inputs(), [1.0, 3.0]);
        assert_eq!(backward.inputs(), [3.0, 1.0]);
    }

    #[test]
    fn an_empty_side_is_refused() {
        assert!(hold_out(&dataset(&[1, 2]), 0).is_err());
        assert!(hold_out(&dataset(&[1, 2]), 2).is_err());
        assert!(hold_out(&dataset(&[1, 1]), 1).is_err());
    }
}
