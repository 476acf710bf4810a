use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{DataError, Dataset, Use};

/// Images and labels in IDX, the format of MNIST
/// (<http://yann.lecun.com/exdb/mnist/>): unsigned bytes, plain or gzipped.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IdxConfig {
    /// Images to train on and to select by, `[rows, h, w]`.
    pub images: PathBuf,
    /// Their labels, `[rows]`.
    pub labels: PathBuf,
    /// Images of the test set.
    pub test_images: PathBuf,
    /// Labels of the test set.
    pub test_labels: PathBuf,
    /// What a pixel is multiplied by.
    pub scale: f32,
    /// Number of classes.
    pub classes: usize,
}

impl IdxConfig {
    /// The rows for training and selection, items `[1, h, w]`.
    pub fn load(&self, name: &str) -> Result<Dataset, DataError> {
        self.read(name, Use::Train, &self.images, &self.labels)
    }

    /// The test rows; callers reach them through a [`crate::SealedTest`].
    pub(crate) fn load_test(&self, name: &str) -> Result<Dataset, DataError> {
        self.read(name, Use::Eval, &self.test_images, &self.test_labels)
    }

    fn read(
        &self,
        name: &str,
        usage: Use,
        images: &Path,
        labels: &Path,
    ) -> Result<Dataset, DataError> {
        let pixels = IdxFile::open(images, 3)?;
        let classes = IdxFile::open(labels, 1)?;
        let item_shape = vec![1, pixels.dims[1], pixels.dims[2]];
        let item_len = pixels.dims[1] * pixels.dims[2];
        let rows = pixels
            .bytes
            .chunks_exact(item_len)
            .map(|item| Sha256::digest(item).into());
        Dataset::new(
            name,
            usage,
            item_shape,
            pixels
                .bytes
                .iter()
                .map(|&pixel| f32::from(pixel) * self.scale)
                .collect(),
            Some(
                classes
                    .bytes
                    .iter()
                    .map(|&label| usize::from(label))
                    .collect(),
            ),
            (0..self.classes).map(|class| class.to_string()).collect(),
            rows.collect(),
        )
    }
}

struct IdxFile {
    dims: Vec<usize>,
    bytes: Vec<u8>,
}

impl IdxFile {
    fn open(path: &Path, rank: usize) -> Result<Self, DataError> {
        let io = |source| DataError::Io {
            action: "read",
            path: path.into(),
            source,
        };
        let mut bytes = Vec::new();
        let mut file = File::open(path).map_err(io)?;
        file.read_to_end(&mut bytes).map_err(io)?;
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut plain = Vec::new();
            GzDecoder::new(bytes.as_slice())
                .read_to_end(&mut plain)
                .map_err(io)?;
            bytes = plain;
        }
        Self::parse(bytes, rank).map_err(|reason| DataError::Idx {
            path: path.into(),
            reason,
        })
    }

    fn parse(mut bytes: Vec<u8>, rank: usize) -> Result<Self, String> {
        let header_len = 4 + 4 * rank;
        if bytes.len() < header_len {
            return Err(format!("{} bytes are too few for its header", bytes.len()));
        }
        let magic = [0, 0, 8, rank as u8];
        if bytes[..4] != magic {
            return Err(format!(
                "it starts with {:02x?}, not with {magic:02x?} (unsigned bytes, {rank} axes)",
                &bytes[..4]
            ));
        }
        let dims: Vec<usize> = bytes[4..header_len]
            .chunks_exact(4)
            .map(|dim| u32::from_be_bytes([dim[0], dim[1], dim[2], dim[3]]) as usize)
            .collect();
        let expected = dims
            .iter()
            .try_fold(1_usize, |product, &dim| product.checked_mul(dim));
        let data_len = bytes.len() - header_len;
        if expected != Some(data_len) || dims.contains(&0) {
            return Err(format!("its shape {dims:?} does not hold {data_len} bytes"));
        }
        bytes.drain(..header_len);
        Ok(Self { dims, bytes })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        bytes.extend(dims.iter().flat_map(|dim| dim.to_be_bytes()));
        bytes.extend(data);
        bytes
    }

    #[test]
    fn reads_plain_and_gzipped_files() {
        let folder = tempfile::tempdir().unwrap();
        let images = folder.path().join("images.gz");
        let labels = folder.path().join("labels");
        let mut zip = GzEncoder::new(File::create(&images).unwrap(), Compression::fast());
        zip.write_all(&idx(&[2, 1, 2], &[0, 51, 102, 255])).unwrap();
        zip.finish().unwrap();
        std::fs::write(&labels, idx(&[2], &[1, 0])).unwrap();
        let config = IdxConfig {
            test_images: images.clone(),
            test_labels: labels.clone(),
            images,
            labels,
            scale: 0.5,
            classes: 2,
        };
        let data = config.load("tiny").unwrap();
        assert_eq!(data.item_shape(), [1, 1, 2]);
        assert_eq!(data.inputs(), [0.0, 25.5, 51.0, 127.5]);
        assert_eq!(data.labels(), Some(&[1, 0][..]));
        assert_eq!(config.load_test("tiny").unwrap().usage(), Use::Eval);
    }

    #[test]
    fn says_what_is_wrong() {
        let reason = |bytes| IdxFile::parse(bytes, 1).err().unwrap();
        assert!(reason(vec![0, 0, 8]).contains("too few"));
        assert!(reason(idx(&[1, 1, 1], &[0])).contains("starts with"));
        assert!(reason(idx(&[3], &[0, 1])).contains("does not hold 2 bytes"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(file) = IdxFile::parse(bytes, 3) {
                prop_assert_eq!(file.dims.iter().product::<usize>(), file.bytes.len());
            }
        }
    }
}
