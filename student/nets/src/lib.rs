//! Student networks: training with burn, checkpoints and ONNX export.
//!
//! An [`Architecture`] (from a recipe) and the shape of the data give the [`Layers`] of a network;
//! [`train`] fits it to labels, to a teacher's logits or to both, and returns a [`Model`], which
//! predicts and exports. This is the only crate that knows burn.

mod architecture;
mod augment;
mod checkpoint;
mod error;
mod export;
mod fold;
mod layers;
mod loss;
mod model;
mod net;
mod norm;
mod replicas;
mod schedule;
mod score;
mod task;
mod train;

pub use architecture::{Architecture, CnnConfig, DsCnnConfig, Head, MlpConfig};
pub use error::NetsError;
pub use layers::{ConvLayer, DenseLayer, Layers};
pub use loss::Loss;
pub use model::Model;
pub use score::predicted_class;
pub use task::{Task, TrainConfig};
pub use train::{EpochSummary, Progress, Trained, train};
