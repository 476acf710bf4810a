#![no_main]

use std::fs;

use cadet_decoder::hugging_face;
use libfuzzer_sys::fuzz_target;

// Up to the first zero the configuration, up to the second the index (none where that is empty), then
// the weights.
fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, bytes: &[u8]| {
        fs::write(folder.path().join(name), bytes).expect("a file");
    };
    let mut texts = bytes.splitn(3, |&byte| byte == 0);
    write("config.json", texts.next().unwrap_or_default());
    let index = texts.next().unwrap_or_default();
    if !index.is_empty() {
        write("model.safetensors.index.json", index);
    }
    write("model.safetensors", texts.next().unwrap_or_default());
    if let Ok(weights) = hugging_face::read(folder.path()) {
        assert!(2 * weights.config().parameters() <= bytes.len() as u128);
    }
});
