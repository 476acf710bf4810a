use cadet_format::{Error, Generator, Package, Region, crc32};

use crate::Session;

/// Where a self-test went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Golden vector.
    pub vector: usize,
    /// Step, counted over all programs.
    pub step: usize,
    /// [`Error::SelfTestFailed`] for another result, or the error that stopped the run.
    pub error: Error,
}

/// Runs every golden vector of the session's package and compares what every step makes of it.
///
/// # Errors
/// The first step that diverges. [`Error::NoGolden`] where the package has no vectors, or vectors whose
/// results are not promised to be the same on every target.
pub fn self_test(session: &mut Session<'_, '_>) -> Result<(), Divergence> {
    let none = Divergence {
        vector: 0,
        step: 0,
        error: Error::NoGolden,
    };
    let golden = session
        .package()
        .golden()
        .filter(|g| g.is_exact())
        .ok_or(none)?;
    for vector in 0..golden.vectors() {
        let mut reached = 0;
        let mut generator = golden.generator(vector).ok_or(none)?;
        run_golden(session, &mut generator, |_, step, crc| {
            reached = step;
            if golden.crc(vector, step) == Some(crc) {
                Ok(())
            } else {
                Err(Error::SelfTestFailed)
            }
        })
        .map_err(|error| Divergence {
            vector,
            step: reached,
            error,
        })?;
    }
    Ok(())
}

/// Runs all programs, one after the other, on inputs from `generator`; `on_step` is given the session as each
/// step leaves it, the step's number and the CRC-32 of its outputs, and may stop the run.
///
/// # Errors
/// The first error of the session or of `on_step`.
pub fn run_golden(
    session: &mut Session<'_, '_>,
    generator: &mut Generator,
    mut on_step: impl FnMut(&Session<'_, '_>, usize, u32) -> Result<(), Error>,
) -> Result<(), Error> {
    session.reset_state();
    let package = *session.package();
    let mut number = 0;
    for program in 0..package.programs().len() {
        let start = generator.clone();
        for input in 0..package.inputs(program).ok_or(Error::NoSuchIndex)?.len() {
            let info = session.input_info(program, input)?;
            match session.input_mut(program, input) {
                Ok(bytes) => generator.fill(info.dtype, bytes),
                Err(_) if info.region == Region::Input => generator.skip(info.dtype, info.bytes),
                Err(error) => return Err(error),
            }
        }
        let mut feed = |offset: usize, part: &mut [u8]| {
            fill_part(&package, program, start.clone(), offset, part)
        };
        let steps = package.steps(program).ok_or(Error::NoSuchIndex)?;
        for (index, step) in steps.iter().enumerate() {
            session.step_fed(program, index, &mut feed)?;
            let mut crc = 0u32;
            for &output in package.step_outputs(step) {
                // A step with several outputs chains their checksums.
                crc = crc.rotate_left(1) ^ crc32(session.tensor(output)?);
            }
            on_step(session, number, crc)?;
            number += 1;
        }
    }
    Ok(())
}

/// Fills a part of the caller's input as a generator would that fills all inputs of a program in turn.
fn fill_part(
    package: &Package<'_>,
    program: usize,
    mut generator: Generator,
    offset: usize,
    part: &mut [u8],
) -> Result<(), Error> {
    for &input in package.inputs(program).ok_or(Error::NoSuchIndex)? {
        let input = package.tensor(input).ok_or(Error::BadProgram)?;
        let within = offset.checked_sub(input.offset);
        match within.filter(|&within| input.region == Region::Input && within < input.bytes) {
            Some(within) => {
                generator.skip(input.dtype, within);
                generator.fill(input.dtype, part);
                return Ok(());
            }
            None => generator.skip(input.dtype, input.bytes),
        }
    }
    Err(Error::BadProgram)
}
