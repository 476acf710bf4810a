//! Progress of long work on standard error: a bar on a terminal, a line a stage elsewhere.

use std::ops::ControlFlow;

use cadet_distill::Event;
use indicatif::{ProgressBar, ProgressStyle};

/// Shows what a run tells.
pub(crate) struct Progress {
    bar: ProgressBar,
    quiet: bool,
    /// Last epoch that got a line of its own.
    reported: (String, usize),
}

impl Progress {
    /// `quiet` shows nothing.
    pub(crate) fn new(quiet: bool) -> Progress {
        let bar = if quiet {
            ProgressBar::hidden()
        } else {
            ProgressBar::no_length()
        };
        Progress {
            bar,
            quiet,
            reported: (String::new(), 0),
        }
    }

    /// An observer of runs that never stops them.
    pub(crate) fn observe(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        match event {
            Event::Stage(stage) => self.line(stage),
            Event::Logits { done, rows } => {
                self.style("  {bar:32} {pos}/{len} rows, {eta} left");
                self.bar.set_length(*rows as u64);
                self.bar.set_position(*done as u64);
            }
            Event::Training { network, progress } => {
                self.style("  {bar:32} {msg}, {eta} left");
                let done = (progress.epoch - 1) * progress.steps + progress.step;
                self.bar
                    .set_length((progress.epochs * progress.steps) as u64);
                self.bar.set_position(done as u64);
                self.bar.set_message(format!(
                    "epoch {}/{}, loss {:.4}",
                    progress.epoch, progress.epochs, progress.loss
                ));
                if let Some(epoch) = progress.history.last() {
                    let current = ((*network).to_string(), progress.history.len());
                    if self.reported != current {
                        self.line(&format!(
                            "  {network}: epoch {:2}/{}  loss {:.4}  select {:.4}",
                            progress.history.len(),
                            progress.epochs,
                            epoch.train_loss,
                            epoch.select_score,
                        ));
                        self.reported = current;
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| eprintln!("{text}"));
        }
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }
}
