//! What tract executes for a model, on the processors that it tells apart. Unlike ours, its counts differ from run to run,
//! by a few thousandths.

use super::counter::Counter;
use crate::{aarch64, setup};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A processor of the emulator, and what tract is to take it for: the file where it looks may be this machine's.
struct Processor {
    heading: &'static str,
    emulated: &'static str,
    kind: &'static str,
}

const PROCESSORS: [Processor; 3] = [
    // Has kernels of its own, ordered for it.
    Processor {
        heading: "cortex-a53",
        emulated: "cortex-a53",
        kind: "a53",
    },
    // Gets the kernels for every other processor.
    Processor {
        heading: "cortex-a72",
        emulated: "cortex-a72",
        kind: "a72",
    },
    // With dot products of int8, and no longer vectors than our kernels use.
    Processor {
        heading: "dotprod",
        emulated: "max,sve=off,sme=off",
        kind: "other",
    },
];

/// tract and the ONNX models that packages were made of.
pub(super) struct Tract<'a> {
    program: PathBuf,
    models: &'a Path,
    /// Counts of the models that have run, in the order of the processors.
    counts: BTreeMap<String, Counts>,
}

/// Instructions of a run on each processor; `None` where it did not run.
pub(super) type Counts = [Option<u64>; PROCESSORS.len()];

impl<'a> Tract<'a> {
    /// Builds it, which takes minutes the first time.
    pub(super) fn build(root: &Path, models: &'a Path) -> Result<Tract<'a>> {
        setup::install_part(root, "aarch64-cc")?;
        let arguments = ["build", "--release", "--package", "cadet-benches"];
        let status = aarch64::cargo(root, &arguments)
            .args(["--features", "tract", "--bin", "repeat_onnx"])
            .env("CC_aarch64_unknown_linux_musl", "aarch64-linux-gnu-gcc")
            .env("AR_aarch64_unknown_linux_musl", "aarch64-linux-gnu-ar")
            .status()
            .context("cannot start cargo build")?;
        ensure!(status.success(), "tract does not build");
        let program = aarch64::release(root).join("repeat_onnx");
        Ok(Tract {
            program,
            models,
            counts: BTreeMap::new(),
        })
    }

    /// Headings of the counts.
    pub(super) fn headings() -> [String; PROCESSORS.len()] {
        PROCESSORS.map(|it| format!("tract {}", it.heading))
    }

    /// Counts the model called `name`: none where there is no such model, or tract does not run it.
    pub(super) fn inference(&mut self, counter: &Counter, name: &str) -> Counts {
        if let Some(counts) = self.counts.get(name) {
            return *counts;
        }
        let model = self.models.join(format!("{name}.onnx"));
        let has_model = model.exists();
        let counts = PROCESSORS.map(|processor| {
            let count = has_model.then(|| {
                counter.inference(processor.emulated, &self.program, |command| {
                    command.arg(&model);
                    command.env("TRACT_CPU_AARCH64_KIND", processor.kind);
                })
            })?;
            count.map_err(|error| eprintln!("{name}: {error:#}")).ok()
        });
        self.counts.insert(name.into(), counts);
        counts
    }
}
