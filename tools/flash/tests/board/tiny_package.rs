//! The C API is tested with the package of these tests, kept as a file.

use crate::support;

#[test]
fn the_file_is_current() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../runtime/capi/tests/tiny.cadet"
    );
    let package = support::package(|_| ());
    if std::env::var_os("CADET_UPDATE").is_some() {
        std::fs::write(path, &package).unwrap();
    }
    let file = std::fs::read(path).unwrap();
    assert!(
        file == package,
        "runtime/capi/tests/tiny.cadet is out of date: run this test with CADET_UPDATE=1"
    );
}
