use crate::transcript::Transcript;
use crate::{Execution, FlashError, PackageFile};
use cadet_format::protocol::{Clock, Finish, MemoryUse, PROTOCOL_VERSION, Start, StepResult};
use serde::Serialize;

/// What a package did on a board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Name of the board.
    pub board: String,
    /// Whether the package's golden CRCs hold on every target; where not, they are not compared.
    pub is_exact: bool,
    /// What a tick is.
    pub clock: Clock,
    /// The steps of all programs, in order.
    pub steps: Vec<StepReport>,
    /// What every step made of every golden vector.
    pub results: Vec<StepResult>,
    /// The outputs of every golden vector.
    pub outputs: Vec<OutputTensor>,
    /// The arena, promised and measured.
    pub arena: MemoryUse,
    /// The state, promised and measured.
    pub state: MemoryUse,
    /// Stack that one inference needs below its caller's, in bytes.
    pub stack_bytes: u32,
}

/// A step of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepReport {
    /// Name of the step's source node.
    pub name: String,
    /// Ticks that it took.
    pub ticks: u32,
    /// Stack that it needs below its session's caller, in bytes.
    pub stack_bytes: u32,
}

/// An output tensor of a golden vector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutputTensor {
    /// Index of the golden vector.
    pub vector: u32,
    /// Index of the program.
    pub program: u32,
    /// Index of the output among the program's.
    pub output: u16,
    /// The bytes, as they lie in memory: type and shape are the package's.
    pub bytes: Vec<u8>,
}

impl Report {
    /// Ticks of one inference, all programs once.
    pub fn ticks(&self) -> u64 {
        self.steps.iter().map(|step| u64::from(step.ticks)).sum()
    }

    /// Instructions of one inference, where the board counts them: exact to one tick a step.
    pub fn instructions(&self) -> Option<u64> {
        match self.clock {
            Clock::Instructions(per_tick) => Some(self.ticks() * u64::from(per_tick)),
            Clock::Cycles => None,
        }
    }

    /// Reads what the firmware wrote while it ran `package`.
    ///
    /// # Errors
    /// [`FlashError::Device`] where the board reports a failure, [`FlashError::Crashed`] where the firmware ended
    /// early, [`FlashError::BadReport`] where its messages are not about this package.
    pub fn decode(execution: &Execution, package: &PackageFile) -> Result<Self, FlashError> {
        let names = package.step_names();
        let transcript = Transcript::read(execution)?;
        let (Some(start), Some(finish), true) =
            (&transcript.start, &transcript.finish, execution.success)
        else {
            return Err(crashed(execution, transcript.results.last(), &names));
        };
        check_about(package, start, finish)?;
        let vectors = package.package().golden().map_or(0, |it| it.vectors());
        let costs = transcript.times.iter().zip(&transcript.stacks);
        let mut numbered = costs.clone().zip(0..);
        let in_order =
            numbered.all(|((time, stack), step)| time.step == step && stack.step == step);
        if transcript.results.len() != vectors * names.len()
            || transcript.times.len() != names.len()
            || transcript.stacks.len() != names.len()
            || !in_order
        {
            return bad_report("results are missing".into());
        }
        let steps = names
            .into_iter()
            .zip(costs)
            .map(|(name, (time, stack))| StepReport {
                name,
                ticks: time.ticks,
                stack_bytes: stack.stack_bytes,
            })
            .collect();
        Ok(Self {
            board: start.board.as_str().into(),
            is_exact: start.is_exact,
            clock: start.clock,
            steps,
            arena: finish.arena,
            state: finish.state,
            stack_bytes: finish.stack_bytes,
            results: transcript.results,
            outputs: transcript.outputs,
        })
    }

    /// Whether every golden vector came out right and all memory stayed within the promise.
    ///
    /// # Errors
    /// [`FlashError::Mismatch`] with the first step that differs, [`FlashError::MemoryOverrun`].
    pub fn check(&self) -> Result<(), FlashError> {
        if self.is_exact
            && let Some(wrong) = self.results.iter().find(|result| !result.matches)
        {
            return Err(FlashError::Mismatch {
                vector: wrong.vector,
                step: wrong.step,
                name: self
                    .steps
                    .get(wrong.step as usize)
                    .map_or("unknown", |it| &it.name)
                    .into(),
                crc: wrong.crc,
            });
        }
        for (memory, used) in [("arena", self.arena), ("state", self.state)] {
            if !used.guards_intact {
                return Err(FlashError::MemoryOverrun {
                    memory,
                    promised: used.promised,
                });
            }
        }
        Ok(())
    }
}

fn check_about(package: &PackageFile, start: &Start, finish: &Finish) -> Result<(), FlashError> {
    let package = package.package();
    let header = package.header();
    if start.protocol != PROTOCOL_VERSION {
        return bad_report(format!(
            "it has protocol version {}, this release reads {PROTOCOL_VERSION}",
            start.protocol
        ));
    }
    if start.package_crc != header.crc {
        return bad_report("it is about another package".into());
    }
    let is_promise = |promised: u32, bytes: [u32; 4]| {
        u64::from(promised) == bytes.map(u64::from).iter().sum::<u64>()
    };
    if !is_promise(finish.arena.promised, header.arena_bytes)
        || !is_promise(finish.state.promised, header.state_bytes)
    {
        return bad_report("its memory sizes are not the package's".into());
    }
    Ok(())
}

fn bad_report<T>(reason: String) -> Result<T, FlashError> {
    Err(FlashError::BadReport { reason })
}

fn crashed(execution: &Execution, last: Option<&StepResult>, names: &[String]) -> FlashError {
    let progress = match last {
        Some(result) => format!(
            "after step {} ({}) of golden vector {}",
            result.step,
            names
                .get(result.step as usize)
                .map_or("unknown", String::as_str),
            result.vector
        ),
        None => "before its first step".into(),
    };
    FlashError::Crashed {
        progress,
        status: execution.status.clone(),
        stderr: execution.stderr.clone(),
    }
}
