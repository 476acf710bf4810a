use crate::{Execution, FlashError, PackageFile};
use cadet_format::protocol::{
    Clock, Finish, MemoryUse, Message, PROTOCOL_VERSION, Start, StepResult,
};
use serde::Serialize;

/// What a package did on a board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Name of the board.
    pub board: String,
    /// Whether the package's golden CRCs hold on every target; where not, they were not compared.
    pub is_exact: bool,
    /// What a tick is.
    pub clock: Clock,
    /// Ticks of one inference, all programs once.
    pub ticks: u64,
    /// Every step of every golden vector.
    pub steps: Vec<StepReport>,
    /// The outputs of every golden vector.
    pub outputs: Vec<OutputTensor>,
    /// The arena, promised and measured.
    pub arena: MemoryUse,
    /// The state, promised and measured.
    pub state: MemoryUse,
    /// Deepest stack below the firmware's main function, in bytes.
    pub stack_bytes: u32,
}

/// What a step of a golden vector did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepReport {
    /// Name of the step's source node.
    pub name: String,
    /// What the board measured.
    #[serde(flatten)]
    pub result: StepResult,
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
    /// Instructions of one inference, where the board counts them: exact to one tick.
    pub fn instructions(&self) -> Option<u64> {
        match self.clock {
            Clock::Instructions(per_tick) => Some(self.ticks.saturating_mul(per_tick.into())),
            Clock::Cycles => None,
        }
    }

    /// Reads what the firmware wrote while it ran `package`.
    ///
    /// # Errors
    /// [`FlashError::Device`] where the board reports a failure, [`FlashError::Crashed`] where the firmware ended
    /// early, [`FlashError::BadReport`] where its messages make no sense.
    pub fn decode(execution: &Execution, package: &PackageFile) -> Result<Self, FlashError> {
        let names = package.step_names();
        let mut start: Option<Start> = None;
        let mut finish: Option<Finish> = None;
        let mut steps = Vec::new();
        let mut outputs: Vec<OutputTensor> = Vec::new();
        for frame in execution.stdout.split(|&byte| byte == 0) {
            if frame.is_empty() {
                continue;
            }
            match Message::decode(&mut frame.to_vec()) {
                Some(Message::Start(message)) => start = Some(message),
                Some(Message::Step(result)) => steps.push(StepReport {
                    name: names.get(result.step as usize).cloned().unwrap_or_default(),
                    result,
                }),
                Some(Message::Output(chunk)) => {
                    let same = |it: &&mut OutputTensor| {
                        (it.vector, it.program, it.output)
                            == (chunk.vector, chunk.program, chunk.output)
                    };
                    match outputs.last_mut().filter(same) {
                        Some(output) => output.bytes.extend(&chunk.bytes),
                        None => outputs.push(OutputTensor {
                            vector: chunk.vector,
                            program: chunk.program,
                            output: chunk.output,
                            bytes: chunk.bytes.to_vec(),
                        }),
                    }
                }
                Some(Message::Finish(message)) => finish = Some(message),
                Some(Message::Failure(failure)) => {
                    return Err(FlashError::Device { code: failure.code });
                }
                // Cut off by a crash, or something else that the board prints.
                None => {}
            }
        }

        let (Some(start), Some(finish), true) = (start, finish, execution.success) else {
            return Err(crashed(execution, steps.last()));
        };
        let bad = |reason: String| Err(FlashError::BadReport { reason });
        let package = package.package();
        let header = package.header();
        if start.protocol != PROTOCOL_VERSION {
            return bad(format!(
                "it has protocol version {}, this release reads {PROTOCOL_VERSION}",
                start.protocol
            ));
        }
        if start.package_crc != header.crc {
            return bad("it is about another package".into());
        }
        let arena_bytes: u32 = header.arena_bytes.iter().sum();
        let state_bytes: u32 = header.state_bytes.iter().sum();
        if finish.arena.promised != arena_bytes || finish.state.promised != state_bytes {
            return bad("its memory sizes are not the package's".into());
        }
        let vectors = package.golden().map_or(0, |golden| golden.vectors());
        let expected = vectors * names.len();
        if steps.len() != expected {
            return bad(format!("it has {} step results of {expected}", steps.len()));
        }
        Ok(Self {
            board: start.board.as_str().into(),
            is_exact: start.is_exact,
            clock: start.clock,
            ticks: finish.ticks,
            steps,
            outputs,
            arena: finish.arena,
            state: finish.state,
            stack_bytes: finish.stack_bytes,
        })
    }

    /// Whether every golden vector came out right and all memory stayed within the promise.
    ///
    /// # Errors
    /// [`FlashError::Mismatch`] with the first step that differs, [`FlashError::MemoryOverrun`].
    pub fn check(&self) -> Result<(), FlashError> {
        if self.is_exact
            && let Some(wrong) = self.steps.iter().find(|step| !step.result.matches)
        {
            return Err(FlashError::Mismatch {
                vector: wrong.result.vector,
                step: wrong.result.step,
                name: wrong.name.clone(),
                crc: wrong.result.crc,
            });
        }
        for (memory, used) in [("arena", self.arena), ("state", self.state)] {
            let found = if !used.guards_intact {
                "memory beside it was overwritten".into()
            } else if used.touched > used.promised {
                format!("{} bytes were touched", used.touched)
            } else {
                continue;
            };
            return Err(FlashError::MemoryOverrun {
                memory,
                promised: used.promised,
                found,
            });
        }
        Ok(())
    }
}

fn crashed(execution: &Execution, last: Option<&StepReport>) -> FlashError {
    let progress = match last {
        Some(step) => format!(
            "after step {} ({}) of golden vector {}",
            step.result.step, step.name, step.result.vector
        ),
        None => "before its first step".into(),
    };
    FlashError::Crashed {
        progress,
        status: execution.status.clone(),
        stderr: execution.stderr.clone(),
    }
}
