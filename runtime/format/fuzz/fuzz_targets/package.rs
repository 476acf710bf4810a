#![no_main]

#[path = "../../tests/touch/mod.rs"]
mod touch;

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
    read(package);
    // Most changes break length or checksum, which hide what comes behind them.
    if package.len() >= HEADER_BYTES {
        package[12..16].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        let crc = package_crc(package).expect("it holds a header");
        package[124..128].copy_from_slice(&crc.to_le_bytes());
        read(package);
    }
});

fn read(bytes: &[u8]) {
    if let Ok(package) = Package::new(bytes) {
        touch::touch_all(&package);
        let _ = package.verify(&[0x42; 32]);
    }
}
