#![no_main]

use std::fs;

use cadet_decoder::llama2c;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model.bin");
    fs::write(&path, bytes).expect("a file");
    if let Ok(weights) = llama2c::read(&path) {
        assert!(4 * weights.config().parameters() <= bytes.len() as u128);
    }
});
