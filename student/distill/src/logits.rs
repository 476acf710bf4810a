use std::fs;
use std::path::Path;

use cadet_data::Dataset;
use sha2::{Digest, Sha256};

use crate::run_dir::{hex, write_atomic};
use crate::{DistillError, Event, Observer, Teacher};

/// Rows a teacher is asked at a time.
const ROWS: usize = 256;

/// The teacher's logits for `data`, `[rows, classes]`, from the cache in `folder` or asked now.
///
/// A cache file is named after the hash of teacher and data and written in one piece, so it is
/// either right or not there.
pub(crate) fn cached_logits(
    folder: &Path,
    teacher: &mut dyn Teacher,
    data: &Dataset,
    observer: &mut Observer<'_>,
) -> Result<Vec<f32>, DistillError> {
    if !data.classes().is_empty() && teacher.classes() != data.classes().len() {
        return Err(DistillError::Teacher {
            teacher: teacher.name().into(),
            reason: format!(
                "it gives {} logits, `{}` has {} classes",
                teacher.classes(),
                data.name(),
                data.classes().len()
            ),
        });
    }
    let mut key = Sha256::new();
    key.update(teacher.fingerprint());
    key.update(data.fingerprint());
    let path = folder.join(format!("logits-{}.f32", &hex(&key.finalize())[..16]));
    let expected = data.len() * teacher.classes();
    if let Ok(bytes) = fs::read(&path)
        && bytes.len() == expected * 4
    {
        let value = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        return Ok(bytes.chunks_exact(4).map(value).collect());
    }
    let mut logits = Vec::with_capacity(expected);
    let mut done = 0;
    for inputs in data.inputs().chunks(ROWS * data.item_len()) {
        let rows = inputs.len() / data.item_len();
        logits.extend(teacher.logits(inputs, rows)?);
        done += rows;
        let rows = data.len();
        if observer(&Event::Logits { done, rows }).is_break() {
            return Err(DistillError::Interrupted);
        }
    }
    if logits.len() != expected || logits.iter().any(|logit| !logit.is_finite()) {
        return Err(DistillError::Teacher {
            teacher: teacher.name().into(),
            reason: format!(
                "it answered {} rows of `{}` with {} values, {expected} finite ones are needed",
                data.len(),
                data.name(),
                logits.len()
            ),
        });
    }
    let bytes: Vec<u8> = logits
        .iter()
        .flat_map(|logit| logit.to_le_bytes())
        .collect();
    write_atomic(&path, &bytes)?;
    Ok(logits)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use cadet_data::Use;

    use super::*;

    struct Doubler {
        asked: usize,
    }

    impl Teacher for Doubler {
        fn name(&self) -> &str {
            "doubler"
        }

        fn classes(&self) -> usize {
            1
        }

        fn fingerprint(&self) -> String {
            "doubler".into()
        }

        fn logits(&mut self, inputs: &[f32], rows: usize) -> Result<Vec<f32>, DistillError> {
            self.asked += rows;
            Ok(inputs.iter().map(|value| 2.0 * value).collect())
        }
    }

    fn rows(count: usize) -> Dataset {
        let inputs = (0..count).map(|row| row as f32).collect();
        let ids = (0..count).map(|row| [row as u8; 32]).collect();
        let class = vec!["only".into()];
        Dataset::new("rows", Use::Train, vec![1], inputs, None, class, ids).unwrap()
    }

    #[test]
    fn a_teacher_is_asked_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut teacher = Doubler { asked: 0 };
        let mut ask = |data: &Dataset| {
            let mut observer = |_: &Event<'_>| ControlFlow::Continue(());
            cached_logits(folder.path(), &mut teacher, data, &mut observer).unwrap()
        };
        assert_eq!(ask(&rows(3)), [0.0, 2.0, 4.0]);
        assert_eq!(ask(&rows(3)), [0.0, 2.0, 4.0]);
        assert_eq!(ask(&rows(2)), [0.0, 2.0]);
        assert_eq!(teacher.asked, 5);
    }
}
