#![no_main]

#[allow(dead_code)]
#[path = "../../src/keys.rs"]
mod keys;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = keys::public_from_pem(text);
    if let Ok(secret) = keys::secret_from_pem(text) {
        let (again, _) = keys::to_pem(&secret).expect("a key has a text");
        assert_eq!(keys::secret_from_pem(&again).ok(), Some(secret));
    }
});
