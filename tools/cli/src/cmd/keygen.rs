use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use crate::keys;
use crate::output::print_line;

/// Make a pair of keys to sign packages with
///
/// Ed25519, in the files that `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write: KEY for
/// the signer alone, and KEY with the ending `.pub.pem` for whoever checks.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to write the secret key, such as `key.pem`; never over another file
    key: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)
        .map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    let (secret, public) = keys::to_pem(&secret)?;
    let public_path = args.key.with_extension("pub.pem");
    // The public key first: where its file exists, no secret is left without its other half.
    create(&public_path, &public, 0o644)?;
    create(&args.key, &secret, 0o600)?;
    print_line(&format!(
        "wrote {} (keep it secret) and {}",
        args.key.display(),
        public_path.display()
    ))
}

fn create(path: &Path, text: &str, mode: u32) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}
