//! Parameter blocks of the built-in operators, version 1 of each, one file a family. All fields are 4 bytes
//! wide.

mod affine;
mod common;
mod convolution;
mod elementwise;
mod movement;
mod pool;
mod product;
mod recurrent;
mod reduction;

pub use affine::*;
pub use common::*;
pub use convolution::*;
pub use elementwise::*;
pub use movement::*;
pub use pool::*;
pub use product::*;
pub use recurrent::*;
pub use reduction::*;
