//! NumPy's `.npy` files of plain numbers.
//!
//! Read here and not by a crate: those parse the header as any Python literal, in time exponential in its depth.

use std::io::Read;

use anyhow::{Context, Result, bail, ensure};

const MAGIC: &[u8] = b"\x93NUMPY";
const MAX_HEADER_BYTES: usize = 1 << 16;

/// An array, row by row.
#[derive(Debug, PartialEq)]
pub(crate) struct Array {
    pub(crate) shape: Vec<usize>,
    /// Its element type as NumPy writes it, such as `<f4`.
    pub(crate) dtype: String,
    bytes: Vec<u8>,
}

impl Array {
    /// Reads an array of format 1, 2 or 3.
    pub(crate) fn read(mut file: impl Read) -> Result<Array> {
        let header = read_header(&mut file)?;
        let field = |key: &str| {
            let (_, value) = header.split_once(key)?;
            Some(value.trim_start())
        };
        let order = field("'fortran_order':").context("the header has no order")?;
        ensure!(
            order.starts_with("False"),
            "the array is in Fortran order; save it with numpy.ascontiguousarray"
        );
        let dtype = field("'descr':").context("the header has no element type")?;
        let dtype = dtype.strip_prefix('\'').and_then(|it| it.split_once('\''));
        let (dtype, _) = dtype.context("the array has named fields; save plain numbers")?;
        let shape = field("'shape':").and_then(|it| it.strip_prefix('(')?.split_once(')'));
        let (shape, _) = shape.context("the header has no shape")?;
        let extents = shape.split(',').map(str::trim).filter(|it| !it.is_empty());
        let shape: Vec<usize> = extents
            .map(str::parse)
            .collect::<Result<_, _>>()
            .context("the header has no shape")?;

        let element_bytes: usize = dtype
            .get(2..)
            .and_then(|digits| digits.parse().ok())
            .with_context(|| format!("the array is of type {dtype}"))?;
        let wanted = shape
            .iter()
            .try_fold(element_bytes, |bytes, &extent| bytes.checked_mul(extent));
        let wanted = wanted.context("the array is larger than memory")?;
        let mut bytes = Vec::new();
        file.take(wanted as u64).read_to_end(&mut bytes)?;
        ensure!(
            bytes.len() == wanted,
            "the file ends after {} of {wanted} bytes of the array",
            bytes.len()
        );
        Ok(Array {
            shape,
            dtype: dtype.into(),
            bytes,
        })
    }

    /// The elements, of `N` bytes each.
    pub(crate) fn elements<const N: usize>(&self) -> impl Iterator<Item = [u8; N]> {
        self.bytes.as_chunks().0.iter().copied()
    }
}

fn read_header(file: &mut impl Read) -> Result<String> {
    let mut start = [0; 8];
    file.read_exact(&mut start)?;
    ensure!(start.starts_with(MAGIC), "it is no NumPy file");
    let length = match start[6] {
        1 => {
            let mut length = [0; 2];
            file.read_exact(&mut length)?;
            u16::from_le_bytes(length).into()
        }
        2 | 3 => {
            let mut length = [0; 4];
            file.read_exact(&mut length)?;
            u32::from_le_bytes(length) as usize
        }
        version => bail!("it has version {version} of NumPy's format; 1 to 3 are read"),
    };
    ensure!(length <= MAX_HEADER_BYTES, "its header is too long");
    let mut header = vec![0; length];
    file.read_exact(&mut header)?;
    String::from_utf8(header).context("its header is no text")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use npyz::WriterBuilder;
    use proptest::prelude::*;

    /// An array as NumPy writes it, with the header padded with spaces.
    pub(crate) fn written(header: &str, values: &[u8]) -> Vec<u8> {
        let header = format!("{header:<117}\n");
        let length = (header.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), values].concat()
    }

    fn read(header: &str, values: &[u8]) -> Result<Array> {
        Array::read(&written(header, values)[..])
    }

    #[test]
    fn shape_type_and_elements_are_read() {
        let header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 1), }";
        let array = read(header, &[1, 0, 2, 1]).unwrap();
        assert_eq!((&array.shape[..], &array.dtype[..]), (&[2, 1][..], "<i2"));
        assert_eq!(array.elements().collect::<Vec<_>>(), [[1, 0], [2, 1]]);
        let scalar = "{'descr': '|u1', 'fortran_order': False, 'shape': (), }";
        assert!(read(scalar, &[7]).unwrap().shape.is_empty());
    }

    #[test]
    fn other_arrays_are_refused_with_the_reason() {
        let cases = [
            (
                "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }",
                "Fortran",
            ),
            (
                "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
                "named fields",
            ),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
                "after 4 of 8",
            ),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9999999999), }",
                "larger than memory",
            ),
            ("{'descr': '<f4', 'shape': (2,), }", "no order"),
        ];
        for (header, reason) in cases {
            let error = format!("{:#}", read(header, &[0; 4]).unwrap_err());
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_nested_header_takes_no_time() {
        let header = format!("{{'descr': {}", "{[(".repeat(20));
        assert!(read(&header, &[]).is_err());
    }

    proptest! {
        #[test]
        fn what_another_library_writes_is_read(values: Vec<f64>, columns in 1_usize..5) {
            let rows = values.len() / columns;
            let values = &values[..rows * columns];
            let mut file = Vec::new();
            let mut writer = npyz::WriteOptions::new()
                .default_dtype()
                .shape(&[rows as u64, columns as u64])
                .writer(&mut file)
                .begin_nd()
                .unwrap();
            writer.extend(values).unwrap();
            writer.finish().unwrap();
            let array = Array::read(&file[..]).unwrap();
            prop_assert_eq!(&array.shape[..], &[rows, columns]);
            prop_assert_eq!(&array.dtype, "<f8");
            prop_assert!(array.elements().eq(values.iter().map(|it| it.to_le_bytes())));
        }
    }
}
