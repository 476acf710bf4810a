//! Writes ONNX models.
