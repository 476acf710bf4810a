#![no_main]

#[path = "../../tests/repair/mod.rs"]
mod repair;
#[path = "../../tests/touch/mod.rs"]
mod touch;

use cadet_format::Package;
use libfuzzer_sys::fuzz_target;
use repair::repair;

#[repr(align(64))]
struct Aligned([u8; 16 * 1024]);

fuzz_target!(|bytes: &[u8]| {
    let mut aligned = Box::new(Aligned([0; 16 * 1024]));
    let Some(package) = aligned.0.get_mut(..bytes.len()) else {
        return;
    };
    package.copy_from_slice(bytes);
    read(package);
    repair(package);
    read(package);
});

fn read(bytes: &[u8]) {
    if let Ok(package) = Package::new(bytes) {
        touch::touch_all(&package);
        let _ = package.verify(&[0x42; 32]);
    }
}
