//! A package against its golden vectors, and where it fails, its kernels against the reference.

use anyhow::Result;
use cadet_format::{Error, Package};
use cadet_host::{HostMemory, real_values};
use cadet_runtime::{Divergence, Kernel, kernels, run_golden, self_test};

/// What diverges first, in words.
pub(super) fn check(package: &Package<'_>, step_names: &str) -> Result<Option<String>> {
    let mut memory = HostMemory::for_package(package);
    let Err(divergence) = self_test(&mut memory.session_with(*package, kernels::ALL)?) else {
        return Ok(None);
    };
    if divergence.error == Error::NoGolden {
        // Float packages have no vectors that hold everywhere: nothing to compare.
        return Ok(None);
    }
    let Divergence {
        vector,
        step,
        error,
    } = divergence;
    let name = step_names.lines().nth(step).unwrap_or("unnamed");
    let reason = match error {
        Error::SelfTestFailed => {
            let found = outputs_of(package, kernels::ALL, vector, step)?;
            explain(
                &found,
                &outputs_of(package, kernels::REFERENCE, vector, step)?,
            )
        }
        error => error.to_string(),
    };
    Ok(Some(format!(
        "golden vector {vector} diverges first at step {step} ({name}): {reason}"
    )))
}

/// The real values that a step writes for a golden vector.
fn outputs_of(
    package: &Package<'_>,
    kernels: &[Kernel],
    vector: usize,
    step: usize,
) -> Result<Vec<f32>> {
    let golden = package.golden().ok_or(Error::NoGolden)?;
    let mut generator = golden.generator(vector).ok_or(Error::NoGolden)?;
    let mut memory = HostMemory::for_package(package);
    let mut session = memory.session_with(*package, kernels)?;
    let steps = (0..package.programs().len()).flat_map(|it| package.steps(it).unwrap_or_default());
    let outputs: Vec<u16> = steps
        .skip(step)
        .take(1)
        .flat_map(|it| package.step_outputs(it))
        .copied()
        .collect();
    let mut values = Vec::new();
    run_golden(&mut session, &mut generator, |session, number, _| {
        for &row in outputs.iter().filter(|_| number == step) {
            let info = package.tensor(row).ok_or(Error::NoSuchIndex)?;
            let of_row = real_values(&info, session.tensor(row)?);
            values.extend(of_row.map_err(|_| Error::WrongShape)?);
        }
        Ok(())
    })?;
    Ok(values)
}

fn explain(found: &[f32], reference: &[f32]) -> String {
    let differences = found.iter().zip(reference).enumerate();
    let differences = differences.map(|(index, (a, b))| (index, (a - b).abs()));
    let largest = differences
        .filter(|(_, difference)| *difference != 0.0)
        .max_by(|a, b| a.1.total_cmp(&b.1));
    match largest {
        Some((index, difference)) => format!(
            "it differs from the scalar reference by up to {difference}: element {index} is {}, not {}",
            found[index], reference[index]
        ),
        None => {
            "the scalar reference computes this too, so the package promises what none of these \
                 kernels give"
                .into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cadet_host::PackageFile;

    #[test]
    fn a_wrong_kernel_is_held_against_the_reference() {
        let bytes = include_bytes!("../../../../../runtime/format/corpus/1.0-tiny.cadet");
        let file = PackageFile::from_bytes(bytes).unwrap();
        let package = file.package().unwrap();
        let broken: Vec<Kernel> = kernels::ALL
            .iter()
            .map(|kernel| Kernel {
                run: |context| {
                    let output = context.output(0)?;
                    output.byte_cells()?.iter().for_each(|cell| cell.set(7));
                    Ok(())
                },
                ..*kernel
            })
            .collect();
        let found = outputs_of(&package, &broken, 0, 0).unwrap();
        let reference = outputs_of(&package, kernels::REFERENCE, 0, 0).unwrap();
        let text = explain(&found, &reference);
        assert!(text.contains("differs from the scalar reference"), "{text}");
        let text = explain(&reference, &reference);
        assert!(text.contains("computes this too"), "{text}");
    }
}
