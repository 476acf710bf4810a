use bytemuck::{bytes_of, pod_read_unaligned};
use ed25519_dalek::ed25519::signature::{MultipartSigner, MultipartVerifier};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};

use crate::{
    Error, HEADER_BYTES, Header, MAGIC, Package, SIGNATURE_SCHEME_ED25519, package_crc,
    signed_parts,
};

/// An Ed25519 key (RFC 8032): the seed of a secret key, or a public key.
pub type Key = [u8; 32];

/// Signs a package in place, over an earlier signature if it has one. `key_id` tells devices with several
/// keys which one to check it by.
///
/// # Errors
/// [`Error::Truncated`], [`Error::BadMagic`] or [`Error::BadChecksum`] where `package` is not one whole
/// package; nothing is written then.
pub fn sign(package: &mut [u8], secret_key: &Key, key_id: u16) -> Result<(), Error> {
    let mut header: Header =
        pod_read_unaligned(package.get(..HEADER_BYTES).ok_or(Error::Truncated)?);
    if header.magic != MAGIC {
        return Err(Error::BadMagic);
    }
    if header.length as usize != package.len() {
        return Err(Error::Truncated);
    }
    if package_crc(package)? != header.crc {
        return Err(Error::BadChecksum);
    }
    header.signature_scheme = SIGNATURE_SCHEME_ED25519;
    header.key_id = key_id;
    // The checksum covers scheme and key id, the signature covers the checksum.
    write(package, &header)?;
    header.crc = package_crc(package)?;
    write(package, &header)?;
    let (head, body) = signed_parts(package)?;
    let signature = SigningKey::from_bytes(secret_key).multipart_sign(&[head, body]);
    header.signature = signature.to_bytes();
    write(package, &header)
}

fn write(package: &mut [u8], header: &Header) -> Result<(), Error> {
    let head = package.get_mut(..HEADER_BYTES).ok_or(Error::Truncated)?;
    head.copy_from_slice(bytes_of(header));
    Ok(())
}

impl Package<'_> {
    /// Checks that the holder of `public_key`'s secret half signed these very bytes. A device with several
    /// keys chooses by the header's `key_id`.
    ///
    /// # Errors
    /// [`Error::NotSigned`]; [`Error::BadSignature`] where another key signed, a byte has changed since, or
    /// `public_key` is none that could have signed anything.
    ///
    /// # Complexity
    /// Linear in the package's length; no memory but the stack.
    pub fn verify(&self, public_key: &Key) -> Result<(), Error> {
        if self.header().signature_scheme != SIGNATURE_SCHEME_ED25519 {
            return Err(Error::NotSigned);
        }
        let key = VerifyingKey::from_bytes(public_key).map_err(|_| Error::BadSignature)?;
        // Some signatures hold for every message under a key of small order.
        if key.is_weak() {
            return Err(Error::BadSignature);
        }
        let (head, body) = signed_parts(self.bytes())?;
        let signature = Signature::from_bytes(&self.header().signature);
        key.multipart_verify(&[head, body], &signature)
            .map_err(|_| Error::BadSignature)
    }
}
