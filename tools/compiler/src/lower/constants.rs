/// The weight region under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Constants {
    bytes: Vec<u8>,
}

impl Constants {
    /// Appends bytes at a multiple of `align` and gives their offset.
    pub(super) fn add(&mut self, bytes: &[u8], align: usize) -> usize {
        let offset = self.bytes.len().next_multiple_of(align);
        self.bytes.resize(offset, 0);
        self.bytes.extend_from_slice(bytes);
        offset
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
