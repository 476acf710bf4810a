//! `cadet keygen` and `cadet sign`, and `cadet verify` with a key.

use std::fs;

use crate::support::{Desk, json};

#[test]
fn packages_are_signed_and_their_signatures_checked() {
    let desk = Desk::new();
    desk.succeed(&["keygen", "key.pem"]);
    desk.succeed(&["keygen", "other.pem"]);
    let error = desk.fail(&["keygen", "key.pem"]);
    assert!(
        error.contains("key.pub.pem") && error.contains("exists"),
        "{error}"
    );

    let packed = desk.packed();
    desk.succeed(&[
        "pack",
        "model.onnx",
        "--calib",
        "samples.jsonl",
        "--force",
        "--sign",
        "key.pem",
        "--key-id",
        "3",
    ]);
    let signed = fs::read(desk.path("model.cadet")).unwrap();
    assert!(
        desk.succeed(&["verify", "model.cadet"])
            .contains("not checked")
    );
    assert!(
        desk.succeed(&["verify", "model.cadet", "--key", "key.pub.pem"])
            .contains("signature: valid")
    );
    let inspect = json(&desk.succeed(&["inspect", "model.cadet", "--json"]));
    assert_eq!(inspect["signature"]["key_id"], 3);
    let error = desk.fail(&["verify", "model.cadet", "--key", "other.pub.pem"]);
    assert!(error.contains("model.cadet: E0116"), "{error}");

    fs::write(desk.path("plain.cadet"), packed).unwrap();
    let error = desk.fail(&["verify", "plain.cadet", "--key", "key.pub.pem"]);
    assert!(error.contains("plain.cadet: E0115"), "{error}");
    desk.succeed(&["sign", "plain.cadet", "--key", "key.pem", "--key-id", "3"]);
    assert_eq!(fs::read(desk.path("plain.cadet")).unwrap(), signed);
    let error = desk.fail(&["sign", "plain.cadet", "--key", "other.pem"]);
    assert!(
        error.contains("signed already") && error.contains("--force"),
        "{error}"
    );
    let error = desk.fail(&["sign", "plain.cadet", "--force", "--key", "key.pub.pem"]);
    assert!(error.contains("holds a public key"), "{error}");
    desk.succeed(&[
        "sign",
        "plain.cadet",
        "--force",
        "--key",
        "other.pem",
        "-o",
        "new.cadet",
    ]);
    assert_eq!(fs::read(desk.path("plain.cadet")).unwrap(), signed);
    desk.succeed(&["verify", "new.cadet", "--key", "other.pub.pem"]);
}
