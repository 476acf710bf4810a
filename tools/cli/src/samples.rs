//! Samples in files: NumPy arrays and lines of JSON.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::npy::Array;

/// Reads a file for each input of a program, whose elements are `lengths`: the values of all inputs, sample by
/// sample.
pub(crate) fn read_inputs(paths: &[PathBuf], lengths: &[usize]) -> Result<Vec<Vec<Vec<f32>>>> {
    if paths.len() != lengths.len() {
        bail!(
            "the program has {} inputs, {} files were given; pass --input once for each",
            lengths.len(),
            paths.len()
        );
    }
    let columns = paths.iter().zip(lengths);
    let columns: Vec<_> = columns
        .map(|(path, &length)| read(path, length))
        .collect::<Result<_>>()?;
    let count = columns.first().map_or(0, Vec::len);
    if columns.iter().any(|column| column.len() != count) {
        bail!("the input files hold different numbers of samples");
    }
    let sample = |index: usize| columns.iter().map(|column| column[index].clone()).collect();
    Ok((0..count).map(sample).collect())
}

/// Reads samples of `length` elements each: `.npy` (f32, f64, u8 or i8; the first axis counts samples, or there is
/// just one) or `.jsonl` (an array of numbers a line).
pub(crate) fn read(path: &Path, length: usize) -> Result<Vec<Vec<f32>>> {
    let context = || format!("cannot read samples from {}", path.display());
    let file = BufReader::new(File::open(path).with_context(context)?);
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    parse(extension, file, length).with_context(context)
}

/// Reads samples from a file with this extension.
pub(crate) fn parse(extension: &str, file: impl BufRead, length: usize) -> Result<Vec<Vec<f32>>> {
    let samples = match extension {
        "npy" => read_npy(file, length)?,
        "jsonl" => read_jsonl(file, length)?,
        _ => bail!("samples are read from .npy and .jsonl files"),
    };
    if samples.is_empty() {
        bail!("it holds no samples");
    }
    Ok(samples)
}

/// Reads one class a sample: `.npy` of integers, or text with a number a line.
pub(crate) fn read_classes(path: &Path) -> Result<Vec<usize>> {
    let context = || format!("cannot read classes from {}", path.display());
    let file = BufReader::new(File::open(path).with_context(context)?);
    let extension = path.extension().and_then(|e| e.to_str());
    parse_classes(extension.unwrap_or_default(), file).with_context(context)
}

/// Reads classes from a file with this extension.
pub(crate) fn parse_classes(extension: &str, file: impl BufRead) -> Result<Vec<usize>> {
    let classes = match extension {
        "npy" => read_npy_integers(file)?,
        _ => read_integers(file)?,
    };
    let index = |(row, class)| {
        usize::try_from(class).with_context(|| format!("row {row} has the class {class}"))
    };
    classes.into_iter().enumerate().map(index).collect()
}

fn read_npy_integers(file: impl BufRead) -> Result<Vec<i64>> {
    let array = Array::read(file)?;
    Ok(match array.dtype.as_str() {
        "<i8" => array.elements().map(i64::from_le_bytes).collect(),
        "<i4" => array
            .elements()
            .map(|it| i32::from_le_bytes(it).into())
            .collect(),
        "|i1" => array
            .elements()
            .map(|it| i8::from_le_bytes(it).into())
            .collect(),
        "|u1" => array.elements().map(|[byte]| byte.into()).collect(),
        dtype => bail!("the array is of type {dtype}; <i8, <i4, |i1 and |u1 are read"),
    })
}

fn read_integers(file: impl BufRead) -> Result<Vec<i64>> {
    let mut classes = Vec::new();
    for (number, line) in file.lines().enumerate() {
        let line = line?;
        let text = line.trim();
        if !text.is_empty() {
            let class = text.parse();
            classes.push(class.with_context(|| format!("line {} is no integer", number + 1))?);
        }
    }
    Ok(classes)
}

fn read_npy(file: impl BufRead, length: usize) -> Result<Vec<Vec<f32>>> {
    let array = Array::read(file)?;
    let values: Vec<f32> = match array.dtype.as_str() {
        "<f4" => array.elements().map(f32::from_le_bytes).collect(),
        "<f8" => array
            .elements()
            .map(|it| f64::from_le_bytes(it) as f32)
            .collect(),
        "|u1" => array.elements().map(|[byte]| byte.into()).collect(),
        "|i1" => array
            .elements()
            .map(|it| i8::from_le_bytes(it).into())
            .collect(),
        dtype => bail!("the array is of type {dtype}; <f4, <f8, |u1 and |i1 are read"),
    };
    if length == 0 || !values.len().is_multiple_of(length) {
        bail!(
            "the array has the shape {:?}, but a sample has {length} elements",
            array.shape
        );
    }
    Ok(values.chunks(length).map(<[f32]>::to_vec).collect())
}

fn read_jsonl(file: impl BufRead, length: usize) -> Result<Vec<Vec<f32>>> {
    let mut samples = Vec::new();
    for (number, line) in file.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let sample: Vec<f32> = serde_json::from_str(&line)
            .with_context(|| format!("line {} is not an array of numbers", number + 1))?;
        if sample.len() != length {
            bail!(
                "line {} has {} numbers, a sample has {length}",
                number + 1,
                sample.len()
            );
        }
        samples.push(sample);
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::npy::tests::written;
    use proptest::prelude::*;
    use std::fs;

    #[test]
    fn lines_of_another_length_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("samples.jsonl");
        fs::write(&path, "[1, 2]\n\n[3, 4.5]\n").unwrap();
        assert_eq!(read(&path, 2).unwrap(), [vec![1.0, 2.0], vec![3.0, 4.5]]);
        let error = format!("{:#}", read(&path, 3).unwrap_err());
        assert!(
            error.contains("line 1 has 2 numbers, a sample has 3"),
            "{error}"
        );
    }

    #[test]
    fn numpy_arrays_are_cut_into_samples() {
        let bytes = npy();
        assert_eq!(
            parse("npy", &bytes[..], 3).unwrap(),
            [[1.0, 2.0, 3.0], [4.0, 5.0, 255.0]]
        );
        assert!(parse("npy", &bytes[..], 4).is_err());
    }

    /// A `[2, 3]` array of u8.
    fn npy() -> Vec<u8> {
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
        written(header, &[1, 2, 3, 4, 5, 255])
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            at in 0..npy().len(),
            with: u8,
            bytes in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut changed = npy();
            changed[at] = with;
            for bytes in [changed, bytes] {
                for extension in ["npy", "jsonl"] {
                    let _ = parse(extension, &bytes[..], 3);
                    let _ = parse_classes(extension, &bytes[..]);
                }
            }
        }
    }
}
