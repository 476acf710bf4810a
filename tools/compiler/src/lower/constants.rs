use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

/// The weight region under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Constants {
    bytes: Vec<u8>,
    /// Where what is to be there once lies, by its SHA-256.
    shared: HashMap<[u8; 32], usize>,
}

impl Constants {
    /// Those that are there already.
    pub(super) fn of(bytes: Vec<u8>) -> Constants {
        Constants {
            bytes,
            shared: HashMap::new(),
        }
    }

    /// Appends bytes at a multiple of `align` and gives their offset.
    pub(super) fn add(&mut self, bytes: &[u8], align: usize) -> usize {
        let offset = self.bytes.len().next_multiple_of(align);
        self.bytes.resize(offset, 0);
        self.bytes.extend_from_slice(bytes);
        offset
    }

    /// As [`add`](Self::add), or where the same bytes were added by this before.
    pub(super) fn add_once(&mut self, bytes: &[u8], align: usize) -> usize {
        let digest = Sha256::digest(bytes).into();
        if let Some(&offset) = self.shared.get(&digest) {
            return offset;
        }
        let offset = self.add(bytes, align);
        self.shared.insert(digest, offset);
        offset
    }

    /// Says that bytes lie at an offset, for [`add_once`](Self::add_once).
    pub(super) fn note(&mut self, offset: usize, length: usize) {
        let digest = Sha256::digest(&self.bytes[offset..offset + length]).into();
        self.shared.entry(digest).or_insert(offset);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
