use serde::{Deserialize, Serialize};

use crate::Error;

/// What hosts and tools want to know of a package and the engine does not: postcard, section `MANI`.
///
/// Lists of strings are one string with a line for each entry, so that reading takes no memory. Grows only
/// by new sections: postcard structs cannot grow in place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest<'a> {
    /// Name and version of the compiler.
    pub producer: &'a str,
    /// Name of the model.
    pub model: &'a str,
    /// Name of the target board, or empty for any.
    pub board: &'a str,
    /// Names of the inputs of all programs, one a line.
    pub inputs: &'a str,
    /// Names of the outputs of all programs, one a line.
    pub outputs: &'a str,
    /// Name of each step, by its source node, one a line.
    pub steps: &'a str,
    /// Name of each tensor, one a line; empty lines for unnamed ones.
    pub tensors: &'a str,
    /// Name of each class, one a line; empty where the model has no classes.
    pub labels: &'a str,
    /// How raw samples become the input, in words.
    pub preprocessing: &'a str,
    /// `key=value` facts on the model's origin, one a line.
    pub provenance: &'a str,
}

impl<'a> Manifest<'a> {
    /// Decodes a manifest section.
    ///
    /// # Errors
    /// [`Error::BadManifest`] where the bytes are not one.
    pub fn decode(bytes: &'a [u8]) -> Result<Manifest<'a>, Error> {
        postcard::from_bytes(bytes).map_err(|_| Error::BadManifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// A manifest whose strings all have one letter.
    fn encoded() -> Vec<u8> {
        [1, b'x'].repeat(10)
    }

    #[test]
    fn ten_strings_are_decoded() {
        let bytes = encoded();
        let manifest = Manifest::decode(&bytes).unwrap();
        assert_eq!((manifest.producer, manifest.provenance), ("x", "x"));
        for length in 0..bytes.len() {
            assert_eq!(Manifest::decode(&bytes[..length]), Err(Error::BadManifest));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(
            at in 0..encoded().len(),
            with: u8,
            bytes in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut changed = encoded();
            changed[at] = with;
            for bytes in [changed, bytes] {
                let _ = Manifest::decode(&bytes);
            }
        }
    }
}
