//! Loads packages on hosts and runs whole ONNX graphs with tract.
