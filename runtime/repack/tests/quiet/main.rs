//! A session neither allocates nor calls the system, from its making to its last output: every package of the corpus, in
//! every layout, with every instruction set that the processor has.

#[path = "../support/mod.rs"]
mod support;

mod allocations;
#[cfg(target_os = "linux")]
mod system_calls;

use cadet_format::Package;
use cadet_kernels::Isa;
use cadet_runtime::{Error, Session, self_test};
use support::{Buffers, Entry, corpus};

/// Whatever a caller can do with a session.
fn use_up(session: &mut Session<'_, '_>, values: &[u8]) -> Result<(), Error> {
    let package = *session.package();
    session.reset_state();
    for program in 0..package.programs().len() {
        let inputs = package.inputs(program).ok_or(Error::NoSuchIndex)?.len();
        for input in 0..inputs {
            let bytes = session.input_info(program, input)?.bytes;
            let values = values.get(..bytes).ok_or(Error::WrongShape)?;
            session.write_input(program, input, values)?;
        }
        session.run(program)?;
        session.run_fed(program, &mut |offset, part| {
            let values = values.get(offset..).and_then(|it| it.get(..part.len()));
            part.copy_from_slice(values.ok_or(Error::FeedFailed)?);
            Ok(())
        })?;
        for step in 0..package.steps(program).ok_or(Error::NoSuchIndex)?.len() {
            session.step(program, step)?;
        }
        for output in 0..package.outputs(program).ok_or(Error::NoSuchIndex)?.len() {
            session.read_output::<u8>(program, output)?;
        }
    }
    match self_test(session) {
        Err(divergence) if divergence.error != Error::NoGolden => Err(divergence.error),
        _ => Ok(()),
    }
}

/// Calls `watch` with a name and something to be watched for each package, layout and instruction set; gives how often.
fn for_each_session(mut watch: impl FnMut(&str, &mut dyn FnMut() -> Result<(), Error>)) -> usize {
    let mut sessions = 0;
    for Entry { path, flashes } in corpus() {
        for (layout, flash) in flashes {
            for isa in Isa::all() {
                let header = *Package::new(flash.as_slice()).unwrap().header();
                let mut buffers = Buffers::new(&header);
                let largest = header.arena_bytes[0].max(header.input_bytes);
                let values = vec![17; largest as usize];
                let name = format!("{} {layout:?} by {}", path.display(), isa.name());
                watch(&name, &mut || {
                    let mut session = buffers.session(Package::new(flash.as_slice())?);
                    session.set_isa(isa);
                    use_up(&mut session, &values)
                });
                sessions += 1;
            }
        }
    }
    sessions
}
