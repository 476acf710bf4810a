//! Recipes, teachers and the run from a teacher to a packaged student.
//!
//! [`Run::open`] reads a [`Recipe`] and makes or resumes its run directory; its stages train the
//! teacher and the students, export ONNX, pack and evaluate. [`distill`] does all of them. Every
//! stage leaves its result in the run directory and is skipped where that is already there, so a
//! killed run goes on where it was.

mod accuracy;
mod error;
mod event;
mod logits;
mod pack;
mod paths;
mod recipe;
mod report;
mod run;
mod run_dir;
mod teacher;

pub use accuracy::Accuracy;
pub use error::DistillError;
pub use event::{Event, Observer};
pub use recipe::{
    Budget, DataConfig, OnnxTeacherConfig, Recipe, SourceConfig, StudentConfig, TeacherConfig,
    TrainTeacherConfig,
};
pub use report::{NetworkReport, Report};
pub use run::{Run, Students, distill};
pub use run_dir::RunDir;
pub use teacher::{OnnxTeacher, Teacher, TrainedTeacher};
