//! The compiler's graph. It mirrors ONNX: nodes and tensors keep the model's names, shapes are
//! ONNX's (NCHW), and attributes are resolved (padding in numbers, no defaults left open).

mod affine;
mod bounds;
pub(crate) mod elementwise;
mod expression;
mod graph;
mod movement;
mod op;
mod recurrent;
mod reduction;
mod sampling;
mod state;
mod strides;
mod tensor;
mod window;

pub(crate) use bounds::Bounds;
pub(crate) use elementwise::Unary;
pub(crate) use expression::Expression;
pub(crate) use graph::{Graph, Node};
pub(crate) use movement::Movement;
pub(crate) use op::{Int8Rule, LayoutRule, Op};
pub(crate) use recurrent::{Recurrent, RecurrentKind};
pub(crate) use reduction::SoftmaxKind;
pub(crate) use sampling::{Resampling, Sampling, Table};
pub(crate) use state::State;
pub(crate) use strides::{Digit, Strides};
pub(crate) use tensor::{Affine, ElementType, Integers, Tensor, TensorId, Values};
pub(crate) use window::Window;
