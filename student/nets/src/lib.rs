//! Student networks: training with burn, checkpoints and ONNX export.
