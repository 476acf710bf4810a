use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cadet_format::{Error, Manifest, Package, SIGNATURE_SCHEME_NONE};
use cadet_host::{HostMemory, PackageFile, measure_memory};
use cadet_runtime::self_test;
use serde::Serialize;

use crate::keys;
use crate::output::{print_json, print_line, thousands};

/// Check a package: its bytes, its golden vectors step by step, and the memory that it touches
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The package
    package: PathBuf,
    /// Check that this key signed it: a public key in SPKI PEM, as `cadet keygen` and OpenSSL write it
    #[arg(long)]
    key: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Verdict {
    signature: Signature,
    golden_vectors: usize,
    steps: usize,
    arena_bytes: u32,
    arena_touched: u32,
    state_bytes: u32,
    state_touched: u32,
    guards_intact: bool,
    problem: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Signature {
    None,
    NotChecked,
    Valid,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let file = PackageFile::open(&args.package)?;
    let package = file.package()?;
    let signature = check_signature(&package, args.key.as_deref())
        .with_context(|| args.package.display().to_string())?;
    let mut memory = HostMemory::for_package(&package);
    let mut session = memory.session(package)?;
    let steps = package
        .programs()
        .iter()
        .map(|p| p.step_count as usize)
        .sum();
    let names = Manifest::decode(package.manifest_bytes())
        .unwrap_or_default()
        .steps;
    let problem = match self_test(&mut session) {
        Ok(()) => None,
        // Float packages have no vectors that hold everywhere: nothing to compare.
        Err(divergence) if divergence.error == Error::NoGolden => None,
        Err(divergence) => Some(format!(
            "golden vector {} diverges first at step {} ({}): {}",
            divergence.vector,
            divergence.step,
            names.lines().nth(divergence.step).unwrap_or("unnamed"),
            divergence.error,
        )),
    };
    let measured = measure_memory(&package)?;
    let golden = package.golden().filter(cadet_format::Golden::is_exact);
    let verdict = Verdict {
        signature,
        golden_vectors: golden.map_or(0, |g| g.vectors()),
        steps,
        arena_bytes: measured.arena.promised,
        arena_touched: measured.arena.touched,
        state_bytes: measured.state.promised,
        state_touched: measured.state.touched,
        guards_intact: measured.arena.guards_intact && measured.state.guards_intact,
        problem,
    };
    if args.json {
        print_json(&verdict)?;
    } else {
        print_line(&format!(
            "signature: {}\ngolden vectors: {} over {} steps\narena: {} bytes promised, {} touched\nstate: {} bytes promised, {} touched",
            match verdict.signature {
                Signature::None => "none",
                Signature::NotChecked => "not checked, pass --key",
                Signature::Valid => "valid",
            },
            match verdict.golden_vectors {
                0 => "none that hold on every target".to_owned(),
                n => n.to_string(),
            },
            verdict.steps,
            thousands(u64::from(verdict.arena_bytes)),
            thousands(u64::from(verdict.arena_touched)),
            thousands(u64::from(verdict.state_bytes)),
            thousands(u64::from(verdict.state_touched)),
        ))?;
    }
    if let Some(problem) = verdict.problem {
        bail!("{}: {problem}", args.package.display());
    }
    if !verdict.guards_intact {
        bail!(
            "{}: memory outside the arena or state was written",
            args.package.display()
        );
    }
    Ok(())
}

/// Without a key there is nothing to check a signature by.
fn check_signature(package: &Package<'_>, key: Option<&Path>) -> Result<Signature> {
    Ok(match key {
        Some(path) => {
            package.verify(&keys::read_public(path)?)?;
            Signature::Valid
        }
        None if package.header().signature_scheme == SIGNATURE_SCHEME_NONE => Signature::None,
        None => Signature::NotChecked,
    })
}
