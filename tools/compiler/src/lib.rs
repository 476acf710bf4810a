//! Compiles ONNX models into cadet packages.
