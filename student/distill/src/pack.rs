use std::collections::BTreeMap;
use std::thread;

use cadet_compiler::{Options, compile};
use cadet_data::Dataset;
use cadet_host::{HostError, HostMemory, PackageFile, read_real, write_real};

use crate::recipe::Budget;
use crate::{DistillError, Event, Observer};

/// Rows the engine runs between two events.
const ROWS: usize = 512;

/// An int8 package and the arena it asks for.
pub(crate) struct Package {
    pub(crate) bytes: Vec<u8>,
    pub(crate) arena_bytes: usize,
}

/// Compiles a student to int8, with the rows of `calibration` to take the ranges of its
/// activations from.
pub(crate) fn pack(
    onnx: &[u8],
    calibration: &Dataset,
    provenance: &BTreeMap<String, String>,
) -> Result<Package, DistillError> {
    let rows = 0..calibration.len();
    let samples = rows.map(|row| calibration.item(row).to_vec()).collect();
    let options = Options {
        labels: calibration.classes().to_vec(),
        provenance: provenance.clone(),
        ..Options::int8(samples)
    };
    let bytes = compile(onnx, &options)?.package;
    let file = PackageFile::from_bytes(&bytes)?;
    let arena = file.package()?.header().arena_bytes;
    Ok(Package {
        bytes,
        arena_bytes: arena.iter().map(|&bytes| bytes as usize).sum(),
    })
}

/// *Errors*: `OverBudget` for the first limit that the package does not keep.
pub(crate) fn check_budget(package: &Package, budget: Budget) -> Result<(), DistillError> {
    let limits = [
        ("package", package.bytes.len(), budget.package_bytes),
        ("arena", package.arena_bytes, budget.arena_bytes),
    ];
    for (what, bytes, limit) in limits {
        if let Some(limit) = limit.filter(|&limit| bytes > limit) {
            return Err(DistillError::OverBudget { what, bytes, limit });
        }
    }
    Ok(())
}

/// Logits `[rows, classes]` of the package for `data`, computed by the engine on `threads`
/// threads.
pub(crate) fn engine_logits(
    package: &Package,
    data: &Dataset,
    threads: usize,
    observer: &mut Observer<'_>,
) -> Result<Vec<f32>, DistillError> {
    let file = PackageFile::from_bytes(&package.bytes)?;
    let item_len = data.item_len();
    let mut logits = Vec::new();
    let mut done = 0;
    for inputs in data.inputs().chunks(ROWS * item_len) {
        logits.extend(run_parallel(&file, inputs, item_len, threads)?);
        done += inputs.len() / item_len;
        let rows = data.len();
        if observer(&Event::Logits { done, rows }).is_break() {
            return Err(DistillError::Interrupted);
        }
    }
    Ok(logits)
}

fn run_parallel(
    file: &PackageFile,
    inputs: &[f32],
    item_len: usize,
    threads: usize,
) -> Result<Vec<f32>, HostError> {
    let rows = inputs.len() / item_len;
    let part_len = rows.div_ceil(threads.max(1)).max(1) * item_len;
    let parts: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = inputs
            .chunks(part_len)
            .map(|part| scope.spawn(|| run_rows(file, part, item_len)))
            .collect();
        let finish = |handle: thread::ScopedJoinHandle<'_, _>| {
            handle
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        running.into_iter().map(finish).collect()
    });
    let parts: Result<Vec<Vec<f32>>, HostError> = parts.into_iter().collect();
    Ok(parts?.concat())
}

fn run_rows(file: &PackageFile, inputs: &[f32], item_len: usize) -> Result<Vec<f32>, HostError> {
    let package = file.package()?;
    let mut memory = HostMemory::for_package(&package);
    let mut session = memory.session(package)?;
    let mut logits = Vec::new();
    for item in inputs.chunks_exact(item_len) {
        write_real(&mut session, 0, 0, item)?;
        session.run(0)?;
        logits.extend(read_real(&session, 0, 0)?);
    }
    Ok(logits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_limit_not_kept_is_named() {
        let package = Package {
            bytes: vec![0; 100],
            arena_bytes: 50,
        };
        let check = |package_bytes, arena_bytes| {
            let budget = Budget {
                package_bytes,
                arena_bytes,
            };
            check_budget(&package, budget)
        };
        assert!(check(Some(100), Some(50)).is_ok());
        assert!(check(None, None).is_ok());
        let error = check(Some(100), Some(49)).unwrap_err().to_string();
        assert!(error.contains("arena") && error.contains("50") && error.contains("49"));
    }
}
