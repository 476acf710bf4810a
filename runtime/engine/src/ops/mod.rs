//! From a step's operands and parameter block to a kernel's arguments, one file a family.

pub(crate) mod add;
pub(crate) mod affine;
pub(crate) mod axis;
pub(crate) mod binary;
pub(crate) mod cached_attention;
pub(crate) mod cast;
pub(crate) mod conv;
pub(crate) mod conv2d;
pub(crate) mod deform_conv;
pub(crate) mod depthwise_conv2d;
pub(crate) mod fully_connected;
pub(crate) mod indexing;
pub(crate) mod linear;
pub(crate) mod linear_attention;
pub(crate) mod matmul;
pub(crate) mod movement;
pub(crate) mod mul;
pub(crate) mod normalize;
pub(crate) mod pool;
pub(crate) mod pool2d;
pub(crate) mod prelu;
pub(crate) mod quantize_linear;
pub(crate) mod recurrent;
pub(crate) mod reduce;
pub(crate) mod resample;
pub(crate) mod rotary;
pub(crate) mod select;
pub(crate) mod softmax;
mod sum;
pub(crate) mod transform;
pub(crate) mod unary;

mod convert;
mod pair;
