use std::path::PathBuf;

use anyhow::{Result, bail};
use cadet_format::{SIGNATURE_SCHEME_NONE, sign};
use cadet_host::PackageFile;

use crate::keys;
use crate::output::{print_line, write_new};

/// Sign a package (Ed25519)
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The package
    package: PathBuf,
    /// The secret key: PKCS#8 PEM, as `cadet keygen` and OpenSSL write it
    #[arg(long)]
    key: PathBuf,
    /// Which of a device's keys this is
    #[arg(long, default_value_t = 0)]
    key_id: u16,
    /// Where to write the signed package; without, over the unsigned one
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Replace a signature, or the output where it exists
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let file = PackageFile::open(&args.package)?;
    let package = file.package()?;
    if package.header().signature_scheme != SIGNATURE_SCHEME_NONE && !args.force {
        bail!(
            "{} is signed already; pass --force to sign it anew",
            args.package.display()
        );
    }
    let mut bytes = package.bytes().to_vec();
    sign(&mut bytes, &keys::read_secret(&args.key)?, args.key_id)?;
    match &args.output {
        Some(output) => write_new(output, &bytes, args.force)?,
        None => write_new(&args.package, &bytes, true)?,
    }
    let output = args.output.as_ref().unwrap_or(&args.package);
    print_line(&format!(
        "signed {} as key {}",
        output.display(),
        args.key_id
    ))
}
