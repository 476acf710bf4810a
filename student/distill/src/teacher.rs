use std::fs;

use cadet_host::OnnxRunner;
use cadet_nets::Model;
use sha2::{Digest, Sha256};

use crate::DistillError;
use crate::recipe::OnnxTeacherConfig;
use crate::run_dir::hex;

/// Whom a student learns from.
pub trait Teacher {
    /// Name for messages and reports.
    fn name(&self) -> &str;

    /// Number of logits a row.
    fn classes(&self) -> usize;

    /// Hash of everything that decides its answers; equal for equal answers.
    fn fingerprint(&self) -> String;

    /// Logits `[rows, classes]` of inputs `[rows, item..]`.
    fn logits(&mut self, inputs: &[f32], rows: usize) -> Result<Vec<f32>, DistillError>;
}

/// An ONNX classifier, run by tract one row at a time.
#[derive(Debug)]
pub struct OnnxTeacher {
    runner: OnnxRunner,
    config: OnnxTeacherConfig,
    name: String,
    sha256: String,
}

impl OnnxTeacher {
    /// Loads the model. *Errors*: `Io` where it is missing, `TeacherModel` where tract cannot use
    /// it, `Teacher` where it is no classifier.
    pub fn load(config: &OnnxTeacherConfig) -> Result<Self, DistillError> {
        let path = &config.path;
        let bytes = fs::read(path).map_err(DistillError::io("read the teacher", path))?;
        let runner =
            OnnxRunner::from_bytes(&bytes, 1).map_err(|source| DistillError::TeacherModel {
                path: path.clone(),
                source,
            })?;
        let name = path
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let [_] = runner.inputs() else {
            return Err(DistillError::Teacher {
                teacher: name,
                reason: format!("it has {} inputs, one is needed", runner.inputs().len()),
            });
        };
        Ok(Self {
            runner,
            config: config.clone(),
            name,
            sha256: hex(&Sha256::digest(&bytes)),
        })
    }
}

impl Teacher for OnnxTeacher {
    fn name(&self) -> &str {
        &self.name
    }

    fn classes(&self) -> usize {
        self.runner
            .outputs()
            .first()
            .map_or(0, |output| output.shape.iter().product())
    }

    fn fingerprint(&self) -> String {
        let OnnxTeacherConfig {
            input_scale,
            logit_scale,
            ..
        } = self.config;
        format!("onnx {} {input_scale} {logit_scale}", self.sha256)
    }

    fn logits(&mut self, inputs: &[f32], rows: usize) -> Result<Vec<f32>, DistillError> {
        let shape = self.runner.inputs()[0].shape.clone();
        let item_len = inputs.len() / rows.max(1);
        if shape.iter().product::<usize>() != item_len {
            return Err(DistillError::Teacher {
                teacher: self.name.clone(),
                reason: format!("its input is {shape:?}, a row has {item_len} values"),
            });
        }
        let mut logits = Vec::with_capacity(rows * self.classes());
        for item in inputs.chunks_exact(item_len) {
            let scaled: Vec<f32> = item.iter().map(|v| v * self.config.input_scale).collect();
            let outputs = self.runner.run(&[(&scaled, &shape)]).map_err(|source| {
                DistillError::TeacherModel {
                    path: self.config.path.clone(),
                    source,
                }
            })?;
            let row = outputs.into_iter().next().map_or(Vec::new(), |o| o.values);
            logits.extend(row.into_iter().map(|logit| logit * self.config.logit_scale));
        }
        Ok(logits)
    }
}

/// A network that the run has trained itself.
#[derive(Debug)]
pub struct TrainedTeacher {
    model: Model,
    name: String,
    threads: usize,
    sha256: String,
}

impl TrainedTeacher {
    /// Wraps a trained model.
    pub fn new(model: Model, name: &str, threads: usize) -> Self {
        let sha256 = hex(&Sha256::digest(model.to_onnx(name, &[])));
        Self {
            model,
            name: name.into(),
            threads,
            sha256,
        }
    }
}

impl Teacher for TrainedTeacher {
    fn name(&self) -> &str {
        &self.name
    }

    fn classes(&self) -> usize {
        self.model.layers().classes()
    }

    fn fingerprint(&self) -> String {
        format!("trained {}", self.sha256)
    }

    fn logits(&mut self, inputs: &[f32], _rows: usize) -> Result<Vec<f32>, DistillError> {
        Ok(self.model.predict(inputs, self.threads))
    }
}
