use cadet_kernels::Isa;
use cadet_runtime::{Error, Feed, Memory, Package, Session, Team, kernels, self_test};

/// Where the linker starts to look for what is needed.
#[unsafe(no_mangle)]
fn everything(
    flash: &[u8],
    memory: Memory<'_>,
    isa: &Isa,
    (team, scratch): (&dyn Team, &mut [u8]),
    values: &[u32],
    feed: &mut Feed<'_>,
) -> Result<u32, Error> {
    let (index, value) = (values.len(), *values.first().ok_or(Error::NoSuchIndex)?);
    let mut session = Session::new(Package::new(flash)?, memory, kernels::ALL)?;
    session.set_isa(*isa);
    session.set_crew(team, scratch);
    session.reset_state();
    session.set_scalar(index, value)?;
    session.write_input(index, index, values)?;
    session.run(index)?;
    session.run_fed(index, feed)?;
    session.step(index, index)?;
    session.step_fed(index, index, feed)?;
    session.tensor_mut(value as u16)?.fill(1);
    let bytes = session.state(index).len();
    session.state_mut(index).fill(bytes as u8);
    self_test(&mut session).map_err(|it| it.error)?;
    let outputs = session.read_output::<u32>(index, index)?;
    Ok(outputs.iter().fold(0, |sum, &it| sum ^ it) ^ session.tensor(value as u16)?.len() as u32)
}
