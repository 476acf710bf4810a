#![no_main]

#[allow(dead_code)]
#[path = "../../src/cmd/inspect/contents.rs"]
mod contents;
#[path = "../../src/cmd/inspect/params.rs"]
mod params;
#[path = "../../../../runtime/format/tests/repair/mod.rs"]
mod repair;

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
    repair(package);
    if let Ok(package) = Package::new(package)
        && let Ok(contents) = contents::Contents::of(&package)
    {
        let _ = serde_json::to_string(&contents).expect("contents have a JSON form");
    }
});
