use std::ops::ControlFlow;

use cadet_nets::Progress;

/// What a run tells while it works.
#[derive(Debug)]
pub enum Event<'a> {
    /// A stage begins.
    Stage(&'a str),
    /// A teacher, or a packaged student in the engine, answers.
    Logits {
        /// Rows answered.
        done: usize,
        /// Rows asked.
        rows: usize,
    },
    /// A network is trained; told after every step.
    Training {
        /// `teacher`, `student` or `baseline`.
        network: &'a str,
        /// Where it stands.
        progress: &'a Progress<'a>,
    },
}

/// Listens to events; `Break` ends the run, which can be resumed.
pub type Observer<'a> = dyn FnMut(&Event<'_>) -> ControlFlow<()> + 'a;
