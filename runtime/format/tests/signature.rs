//! Signatures over a package of the corpus.
#![cfg(feature = "signature")]

mod repair;

use cadet_format::{Error, HEADER_BYTES, Key, Package, sign};
use repair::repair;

/// The keys of test 1 of RFC 8032, section 7.1.
const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/// OpenSSL's signature by key 7 over bytes `0..128` and `192..` of the package.
const SIGNATURE: &str = "a7f2809723cbbbbdf8f2862fdf9885dffe00843257f82ca0a441d83699d54846\
                         0332478ebe7d627b1b3c972dae129e46446bdf3ad044a061e54e5ccddc259903";

fn hex<const N: usize>(text: &str) -> [u8; N] {
    std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
}

fn package() -> Vec<u8> {
    include_bytes!("../corpus/1.0-tiny.cadet").to_vec()
}

fn signed() -> Vec<u8> {
    let mut bytes = package();
    sign(&mut bytes, &hex(SECRET), 7).unwrap();
    bytes
}

fn verify(bytes: &[u8], public_key: &Key) -> Result<(), Error> {
    #[repr(align(64))]
    struct Aligned([u8; 4096]);
    let mut aligned = Aligned([0; 4096]);
    aligned.0[..bytes.len()].copy_from_slice(bytes);
    Package::new(&aligned.0[..bytes.len()])?.verify(public_key)
}

#[test]
fn a_signature_is_the_one_of_the_standard() {
    let bytes = signed();
    assert_eq!(bytes[128..HEADER_BYTES], hex::<64>(SIGNATURE));
    assert_eq!(verify(&bytes, &hex(PUBLIC)), Ok(()));
    let mut again = bytes.clone();
    sign(&mut again, &hex(SECRET), 7).unwrap();
    assert_eq!(again, bytes, "signing is deterministic");
}

#[test]
fn only_the_signer_s_key_fits() {
    let bytes = signed();
    assert_eq!(verify(&package(), &hex(PUBLIC)), Err(Error::NotSigned));
    let other = [1; 32];
    let mut by_other = package();
    sign(&mut by_other, &other, 7).unwrap();
    assert_eq!(verify(&by_other, &hex(PUBLIC)), Err(Error::BadSignature));
    // Not a point of the curve; then the neutral element, under which all zeros would sign anything.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut forged = bytes.clone();
    forged[128..HEADER_BYTES].copy_from_slice(&[0; 64]);
    forged[128] = 1;
    for key in [[2; 32], neutral] {
        assert_eq!(verify(&forged, &key), Err(Error::BadSignature));
    }
}

#[test]
fn every_flipped_bit_is_seen() {
    let bytes = signed();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let in_signature = (128..HEADER_BYTES).contains(&(bit / 8));
        let error = verify(&flipped, &hex(PUBLIC)).unwrap_err();
        assert_eq!(error == Error::BadSignature, in_signature, "bit {bit}");
    }
}

#[test]
fn a_right_checksum_does_not_hide_a_change() {
    let mut bytes = signed();
    *bytes.last_mut().unwrap() ^= 1;
    repair(&mut bytes);
    assert_eq!(verify(&bytes, &hex(PUBLIC)), Err(Error::BadSignature));
}

#[test]
fn what_is_not_one_whole_package_is_not_signed() {
    let refused = |mut bytes: Vec<u8>, error| {
        let before = bytes.clone();
        assert_eq!(sign(&mut bytes, &hex(SECRET), 0), Err(error));
        assert_eq!(bytes, before);
    };
    refused(package()[..100].to_vec(), Error::Truncated);
    refused([package(), vec![0]].concat(), Error::Truncated);
    refused(vec![0; 4096], Error::BadMagic);
    let mut damaged = package();
    *damaged.last_mut().unwrap() ^= 1;
    refused(damaged, Error::BadChecksum);
}
