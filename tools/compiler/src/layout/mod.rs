//! The order of each tensor's elements in memory. ONNX is channels first, the kernels are channels
//! last; what lies between is settled here, at compile time wherever it can be.

mod assign;
mod order;

pub(crate) use assign::{Arranged, arrange};
pub(crate) use order::Layout;
