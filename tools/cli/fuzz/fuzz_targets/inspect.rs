#![no_main]

#[allow(dead_code)]
#[path = "../../src/cmd/inspect/contents.rs"]
mod contents;
#[path = "../../src/cmd/inspect/params.rs"]
mod params;

use cadet_format::{HEADER_BYTES, Package, package_crc};
use libfuzzer_sys::fuzz_target;

#[repr(align(64))]
struct Aligned([u8; 16 * 1024]);

fuzz_target!(|bytes: &[u8]| {
    let mut aligned = Box::new(Aligned([0; 16 * 1024]));
    let Some(package) = aligned.0.get_mut(..bytes.len()) else {
        return;
    };
    package.copy_from_slice(bytes);
    if package.len() < HEADER_BYTES {
        return;
    }
    package[12..16].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
    let crc = package_crc(package).expect("it holds a header");
    package[124..128].copy_from_slice(&crc.to_le_bytes());
    if let Ok(package) = Package::new(package)
        && let Ok(contents) = contents::Contents::of(&package)
    {
        let _ = serde_json::to_string(&contents).expect("contents have a JSON form");
    }
});
