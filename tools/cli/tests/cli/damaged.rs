//! Damaged packages, by every verb that reads one.

use std::fs;

use crate::support::Desk;

#[test]
fn damaged_packages_are_named_with_their_error() {
    let desk = Desk::new();
    let bytes = desk.packed();
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut newer = bytes.clone();
    newer[8] = 2;
    let cases: [(&[u8], &str); 5] = [
        (&bytes[..bytes.len() / 2], "E0101"),
        (b"", "E0101"),
        (b"not a package, but long enough to hold a header; so what is in it has to be looked at: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901", "E0102"),
        (&newer, "E0103"),
        (&flipped, "E0104"),
    ];
    for (damaged, code) in cases {
        fs::write(desk.path("bad.cadet"), damaged).unwrap();
        for verb in ["inspect", "verify", "bench", "profile"] {
            let error = desk.fail(&[verb, "bad.cadet"]);
            assert!(
                error.contains("bad.cadet") && error.contains(code),
                "{verb}: {error}"
            );
        }
        let error = desk.fail(&["run", "bad.cadet", "--seed", "1"]);
        assert!(error.contains(code), "{error}");
    }
    let error = desk.fail(&["inspect", "none.cadet"]);
    assert!(
        error.contains("cannot read the package none.cadet"),
        "{error}"
    );
}
