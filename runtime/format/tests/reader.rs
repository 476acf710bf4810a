//! The reader against every package of the corpus, whole, cut off and damaged.

mod repair;
mod touch;

use std::fs;
use std::path::Path;

use cadet_format::{Error, HEADER_BYTES, Package};
use proptest::prelude::*;
use repair::repair;
use touch::touch_all;

/// Bytes at an address that every package of the corpus accepts.
#[repr(align(64))]
struct Aligned([u8; 32 * 1024]);

fn with_aligned<T>(bytes: &[u8], f: impl FnOnce(&[u8]) -> T) -> T {
    let mut aligned = Box::new(Aligned([0; 32 * 1024]));
    aligned.0[..bytes.len()].copy_from_slice(bytes);
    f(&aligned.0[..bytes.len()])
}

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut packages: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "cadet"))
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect();
    packages.sort();
    assert!(!packages.is_empty(), "the corpus is empty");
    packages
}

#[test]
fn every_package_of_the_corpus_is_read() {
    for (name, bytes) in corpus() {
        with_aligned(&bytes, |bytes| {
            let package = Package::new(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(touch_all(&package) > 0);
            let sections = package.sections();
            assert_eq!(sections.len() as u32, package.header().section_count);
            let end = sections
                .iter()
                .map(|entry| entry.offset + entry.bytes)
                .max();
            assert_eq!(end, Some(package.header().length));
            assert_eq!(package.bytes().len(), bytes.len());
        });
    }
}

#[test]
fn what_follows_a_package_is_ignored() {
    let (_, mut bytes) = corpus().remove(0);
    let length = bytes.len();
    bytes.extend([0xFF; 100]);
    with_aligned(&bytes, |bytes| {
        assert_eq!(Package::new(bytes).unwrap().bytes().len(), length);
    });
}

#[test]
fn every_truncation_is_refused() {
    for (name, bytes) in corpus() {
        with_aligned(&bytes, |bytes| {
            for length in 0..bytes.len() {
                let error = Package::new(&bytes[..length]).unwrap_err();
                assert_eq!(error, Error::Truncated, "{name} cut to {length}");
            }
        });
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    for (name, bytes) in corpus() {
        with_aligned(&bytes, |bytes| {
            let mut copy = Box::new(Aligned([0; 32 * 1024]));
            let copy = &mut copy.0[..bytes.len()];
            copy.copy_from_slice(bytes);
            for bit in 0..bytes.len() * 8 {
                // The signature is not under the checksum: whoever checks it finds it wrong.
                if (128..HEADER_BYTES).contains(&(bit / 8)) {
                    continue;
                }
                copy[bit / 8] ^= 1 << (bit % 8);
                assert!(Package::new(copy).is_err(), "{name} with bit {bit} flipped");
                copy[bit / 8] ^= 1 << (bit % 8);
            }
        });
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let (_, bytes) = corpus().remove(0);
    let refused = |change: fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        with_aligned(&bytes, |bytes| Package::new(bytes).unwrap_err())
    };
    assert_eq!(refused(|b| b[0] = b'X'), Error::BadMagic);
    assert_eq!(refused(|b| b[8] = 2), Error::UnsupportedVersion);
    assert_eq!(refused(|b| *b.last_mut().unwrap() ^= 1), Error::BadChecksum);
    assert_eq!(
        refused(|b| {
            b[28] = 1;
            repair(b);
        }),
        Error::BadHeader
    );
    with_aligned(&[&[0], &bytes[..]].concat(), |bytes| {
        assert_eq!(Package::new(&bytes[1..]).unwrap_err(), Error::Misaligned);
    });
}

/// Some changes of bytes, with length and checksum made right again so that the tables are reached.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let packages = corpus();
    (
        0..packages.len(),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    )
        .prop_map(move |(package, changes)| {
            let mut bytes = packages[package].1.clone();
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            repair(&mut bytes);
            bytes
        })
}

/// `cargo xtask test --full` tries many more.
fn cases() -> u32 {
    match std::env::var_os("CADET_FULL") {
        Some(_) => 1 << 20,
        None => 4096,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in damaged()) {
        with_aligned(&bytes, |bytes| {
            if let Ok(package) = Package::new(bytes) {
                touch_all(&package);
            }
        });
    }
}
