//! Datasets with their splits and uses.
//!
//! Rows fall into four sets: **train** (gradients see it), **select** (early stopping, calibration
//! and every other choice), **preference** (scores for alignment) and **test** (read once, for the
//! final report). A [`Dataset`] carries its [`Use`], and [`Dataset::for_training`] is the only way
//! to a [`TrainRows`], so that rows of another use cannot reach a gradient by accident. The test
//! rows stay behind a [`SealedTest`], which logs every reading.

mod dataset;
mod error;
mod idx;
mod rng;
mod sealed;
mod split;
mod synthetic;

pub use dataset::{Dataset, RowId, TrainRows, Use};
pub use error::DataError;
pub use idx::IdxConfig;
pub use rng::Rng;
pub use sealed::SealedTest;
pub use split::hold_out;
pub use synthetic::{GESTURES, SyntheticConfig, SyntheticTask};
