//! Ed25519 keys in files, as OpenSSL writes and reads them: secret keys in PKCS#8 PEM
//! (`openssl genpkey -algorithm ed25519`), public keys in SPKI PEM (`openssl pkey -pubout`); RFC 8410.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use cadet_format::Key;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes,
};
use ed25519_dalek::{SigningKey, VerifyingKey};

/// Reads a secret key.
pub(crate) fn read_secret(path: &Path) -> Result<Key> {
    read(path, secret_from_pem)
}

/// Reads a public key.
pub(crate) fn read_public(path: &Path) -> Result<Key> {
    read(path, public_from_pem)
}

fn read(path: &Path, from_pem: fn(&str) -> Result<Key>) -> Result<Key> {
    let context = || format!("cannot read a key from {}", path.display());
    from_pem(&fs::read_to_string(path).with_context(context)?).with_context(context)
}

/// A secret key from the text of its file.
pub(crate) fn secret_from_pem(pem: &str) -> Result<Key> {
    let key =
        SigningKey::from_pkcs8_pem(pem).map_err(
            |error| match VerifyingKey::from_public_key_pem(pem) {
                Ok(_) => anyhow!("it holds a public key; signing takes the secret one"),
                Err(_) => anyhow!(
                    "{error}; write one with `cadet keygen` or `openssl genpkey -algorithm ed25519`"
                ),
            },
        )?;
    Ok(key.to_bytes())
}

/// A public key from the text of its file.
pub(crate) fn public_from_pem(pem: &str) -> Result<Key> {
    let key = VerifyingKey::from_public_key_pem(pem).map_err(|error| match SigningKey::from_pkcs8_pem(pem) {
        Ok(_) => anyhow!("it holds a secret key; checking takes the public one, which `openssl pkey -pubout` extracts"),
        Err(_) => anyhow!("{error}"),
    })?;
    Ok(key.to_bytes())
}

/// A secret key and its public key, as the texts of their files.
pub(crate) fn to_pem(secret: &Key) -> Result<(String, String)> {
    // Without the public key, which older releases of OpenSSL do not accept in the file of a secret one.
    let pair = KeypairBytes {
        secret_key: *secret,
        public_key: None,
    };
    let public = SigningKey::from_bytes(secret).verifying_key();
    let secret = pair
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| anyhow!("{error}"))?;
    let public = public
        .to_public_key_pem(LineEnding::LF)
        .map_err(|error| anyhow!("{error}"))?;
    Ok((secret.to_string(), public))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Written by OpenSSL.
    const SECRET: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
";

    #[test]
    fn keys_are_openssl_s() {
        let secret = secret_from_pem(SECRET).unwrap();
        assert_eq!(secret[..4], [0x9d, 0x61, 0xb1, 0x9d]);
        assert_eq!(to_pem(&secret).unwrap(), (SECRET.into(), PUBLIC.into()));
        assert_eq!(public_from_pem(PUBLIC).unwrap()[..2], [0xd7, 0x5a]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(at in 0..SECRET.len(), with in any::<char>(), text in ".*") {
            let mut changed: Vec<char> = SECRET.chars().collect();
            changed[at] = with;
            for text in [changed.iter().collect(), text] {
                let _ = secret_from_pem(&text);
                let _ = public_from_pem(&text);
            }
        }
    }

    #[test]
    fn one_half_is_not_taken_for_the_other() {
        let error = secret_from_pem(PUBLIC).unwrap_err().to_string();
        assert!(error.contains("public key"), "{error}");
        let error = public_from_pem(SECRET).unwrap_err().to_string();
        assert!(error.contains("secret key"), "{error}");
        let error = secret_from_pem("nonsense").unwrap_err().to_string();
        assert!(error.contains("openssl genpkey"), "{error}");
    }
}
