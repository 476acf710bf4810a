//! A package that holds an ONNX model: tract against what it computed when the package was made.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cadet_format::{DType, Error, Manifest, Package};
use cadet_host::{HostMemory, real_values};
use sha2::{Digest, Sha256};

/// What is wrong first, in words. Floats may differ by `tolerance` of an output's largest value.
pub(super) fn check(package: &Package<'_>, onnx: &[u8], tolerance: f32) -> Result<Option<String>> {
    if Sha256::digest(onnx)[..16] != package.header().model_id {
        return Ok(Some(
            "the ONNX model in it is not the one that it names".into(),
        ));
    }
    let Some(golden) = package.golden() else {
        return Ok(None);
    };
    let names = Manifest::decode(package.manifest_bytes())?.outputs;
    let mut memory = HostMemory::for_package(package);
    let mut session = memory.session(*package)?;
    for vector in 0..golden.vectors() {
        let mut generator = golden.generator(vector).ok_or(Error::NoGolden)?;
        for input in 0..package.inputs(0).unwrap_or_default().len() {
            let dtype = session.input_info(0, input)?.dtype;
            generator.fill(dtype, session.input_mut(0, input)?);
        }
        session.run(0)?;
        let mut wanted = package.golden_output(vector).ok_or(Error::NoGolden)?;
        for output in 0..package.outputs(0).unwrap_or_default().len() {
            let info = session.output_info(0, output)?;
            let (bytes, rest) = wanted
                .split_at_checked(info.bytes)
                .ok_or(Error::BadGolden)?;
            wanted = rest;
            let found = real_values(&info, session.output(0, output)?)?;
            let bytes = real_values(&info, bytes)?;
            let share = if info.dtype == DType::F32 {
                tolerance
            } else {
                0.0
            };
            if let Some(difference) = difference(&found, &bytes, share) {
                let name = names.lines().nth(output).unwrap_or("unnamed");
                return Ok(Some(format!(
                    "golden vector {vector}: output `{name}` {difference}"
                )));
            }
        }
    }
    Ok(None)
}

/// The model beside the package must be the one in it: tract runs both.
pub(super) fn check_model(onnx: &[u8], model: &Path) -> Result<()> {
    let bytes = fs::read(model).with_context(|| format!("cannot read {}", model.display()))?;
    if bytes != onnx {
        bail!(
            "{} is not the model that the package holds",
            model.display()
        );
    }
    Ok(())
}

/// Where two outputs differ by more than `share` of the largest wanted magnitude.
fn difference(found: &[f32], wanted: &[f32], share: f32) -> Option<String> {
    let finite = wanted.iter().filter(|it| it.is_finite());
    let largest = finite.fold(0.0_f32, |most, it| most.max(it.abs()));
    let pairs = found.iter().zip(wanted).enumerate();
    let mut wrong = pairs.filter(|(_, (found, wanted))| {
        let same = found == wanted || (found.is_nan() && wanted.is_nan());
        let difference = (*found - *wanted).abs();
        !same && (difference.is_nan() || difference > share * largest)
    });
    let (index, (found, wanted)) = wrong.next()?;
    Some(format!(
        "is {found} at element {index} and was {wanted} when it was packed"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_may_differ_by_a_share_of_the_largest() {
        assert_eq!(difference(&[1.0, 100.0], &[1.005, 100.0], 1e-4), None);
        assert_eq!(difference(&[f32::NAN], &[f32::NAN], 0.0), None);
        let far = difference(&[1.0, 100.0], &[1.02, 100.0], 1e-4).unwrap();
        assert!(far.contains("element 0"), "{far}");
        assert!(difference(&[f32::NAN], &[1.0], 1e-4).is_some());
        assert!(difference(&[f32::INFINITY], &[1.0], 1e-4).is_some());
    }
}
