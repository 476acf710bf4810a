#![no_main]

#[allow(dead_code)]
#[path = "../../src/npy.rs"]
mod npy;
#[allow(dead_code)]
#[path = "../../src/samples.rs"]
mod samples;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for extension in ["npy", "jsonl"] {
        if let Ok(rows) = samples::parse(extension, bytes, 3) {
            assert!(rows.iter().all(|row| row.len() == 3));
        }
        let _ = samples::parse_classes(extension, bytes);
    }
});
