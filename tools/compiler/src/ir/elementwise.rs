//! Functions of elements: what they are called in ONNX, and their codes in a package.

use std::cell::Cell;

use cadet_format as format;
use cadet_kernels::{Pair, Source, binary, math, transcendental, unary};

use super::Bounds;

/// An elementwise function of one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unary {
    /// `Relu`, `Clip`: clamp to bounds.
    Clip(Bounds),
    /// By the arithmetic of f32.
    Plain(unary::Function),
    /// Computed in f64.
    Wide(transcendental::Function),
    /// A function of two elements, one of which is the same constant for all.
    Scalar {
        /// The function.
        function: binary::Function,
        /// The constant.
        constant: f32,
        /// Whether the constant is the first operand.
        is_first: bool,
        /// Clamp of the result.
        bounds: Bounds,
    },
    /// `Pow` to the same exponent for all.
    Power(f32),
}

impl Unary {
    /// The ONNX operator.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Unary::Clip(Bounds::RELU) => "Relu",
            Unary::Clip(_) => "Clip",
            Unary::Plain(function) => plain(function).0,
            Unary::Wide(function) => wide(function).0,
            Unary::Scalar { function, .. } => pair(function).0,
            Unary::Power(_) => "Pow",
        }
    }

    /// The function's values, by the kernels' own definition.
    pub(crate) fn apply(self, values: &[f32]) -> Vec<f32> {
        let each = |f: &dyn Fn(f32) -> f32| values.iter().map(|&x| f(x)).collect();
        match self {
            Unary::Clip(Bounds { min, max }) => {
                each(&|x| unary::Function::Clamp(min, max).apply(x))
            }
            Unary::Plain(function) => each(&|x| function.apply(x)),
            Unary::Wide(function) => each(&|x| function.apply(x)),
            Unary::Power(exponent) => {
                each(&|x| math::pow(f64::from(x), f64::from(exponent)) as f32)
            }
            Unary::Scalar {
                function,
                constant,
                is_first,
                bounds,
            } => {
                let constants = vec![constant; values.len()];
                if is_first {
                    of_pairs(function, bounds, &constants, values)
                } else {
                    of_pairs(function, bounds, values, &constants)
                }
            }
        }
    }
}

/// A function of each pair of floats, clamped to bounds.
pub(crate) fn of_pairs(
    function: binary::Function,
    bounds: Bounds,
    a: &[f32],
    b: &[f32],
) -> Vec<f32> {
    let output = vec![Cell::new(0.0); a.len()];
    let shape = &[a.len()][..];
    let pair = Pair {
        a: Source::Constant(a),
        a_shape: shape,
        b: Source::Constant(b),
        b_shape: shape,
        output: &output,
        shape,
    };
    // Importing has seen to it that the function is one of floats.
    let done = binary::f32(function, [bounds.min, bounds.max], &pair);
    debug_assert!(done.is_ok(), "{function:?} of floats");
    output.into_iter().map(Cell::into_inner).collect()
}

/// ONNX operator, code and parameters of a function.
pub(crate) fn plain(function: unary::Function) -> (&'static str, format::UnaryFunction, [f32; 2]) {
    use format::UnaryFunction as Code;
    use unary::Function;
    let none = [0.0; 2];
    match function {
        Function::Clamp(min, max) => ("Clip", Code::Clamp, [min, max]),
        Function::LeakyRelu(slope) => ("LeakyRelu", Code::LeakyRelu, [slope, 0.0]),
        Function::Sigmoid => ("Sigmoid", Code::Sigmoid, none),
        Function::Tanh => ("Tanh", Code::Tanh, none),
        Function::Exp => ("Exp", Code::Exp, none),
        Function::Abs => ("Abs", Code::Abs, none),
        Function::Neg => ("Neg", Code::Neg, none),
        Function::Sign => ("Sign", Code::Sign, none),
        Function::Reciprocal => ("Reciprocal", Code::Reciprocal, none),
        Function::Sqrt => ("Sqrt", Code::Sqrt, none),
        Function::Ceil => ("Ceil", Code::Ceil, none),
        Function::Floor => ("Floor", Code::Floor, none),
        Function::Round => ("Round", Code::Round, none),
        Function::Softsign => ("Softsign", Code::Softsign, none),
        Function::HardSigmoid(alpha, beta) => ("HardSigmoid", Code::HardSigmoid, [alpha, beta]),
        Function::HardSwish => ("HardSwish", Code::HardSwish, none),
        Function::ThresholdedRelu(alpha) => {
            ("ThresholdedRelu", Code::ThresholdedRelu, [alpha, 0.0])
        }
        Function::Shrink { lambd, bias } => ("Shrink", Code::Shrink, [lambd, bias]),
    }
}

/// ONNX operator, code and parameters of a function.
pub(crate) fn wide(
    function: transcendental::Function,
) -> (&'static str, format::TranscendentalFunction, [f32; 2]) {
    use format::TranscendentalFunction as Code;
    use transcendental::Function;
    let none = [0.0; 2];
    match function {
        Function::Log => ("Log", Code::Log, none),
        Function::Sin => ("Sin", Code::Sin, none),
        Function::Cos => ("Cos", Code::Cos, none),
        Function::Tan => ("Tan", Code::Tan, none),
        Function::Asin => ("Asin", Code::Asin, none),
        Function::Acos => ("Acos", Code::Acos, none),
        Function::Atan => ("Atan", Code::Atan, none),
        Function::Sinh => ("Sinh", Code::Sinh, none),
        Function::Cosh => ("Cosh", Code::Cosh, none),
        Function::Asinh => ("Asinh", Code::Asinh, none),
        Function::Acosh => ("Acosh", Code::Acosh, none),
        Function::Atanh => ("Atanh", Code::Atanh, none),
        Function::Erf => ("Erf", Code::Erf, none),
        Function::Gelu => ("Gelu", Code::Gelu, none),
        Function::GeluTanh => ("Gelu", Code::GeluTanh, none),
        Function::Softplus => ("Softplus", Code::Softplus, none),
        Function::Mish => ("Mish", Code::Mish, none),
        Function::Swish(alpha) => ("Swish", Code::Swish, [alpha, 0.0]),
        Function::Elu(alpha) => ("Elu", Code::Elu, [alpha, 0.0]),
        Function::Selu(alpha, gamma) => ("Selu", Code::Selu, [alpha, gamma]),
        Function::Celu(alpha) => ("Celu", Code::Celu, [alpha, 0.0]),
    }
}

/// ONNX operator and code of a function of pairs.
pub(crate) fn pair(function: binary::Function) -> (&'static str, format::BinaryFunction) {
    use binary::Function;
    use format::BinaryFunction as Code;
    match function {
        Function::Add => ("Add", Code::Add),
        Function::Sub => ("Sub", Code::Sub),
        Function::Mul => ("Mul", Code::Mul),
        Function::Div => ("Div", Code::Div),
        Function::Min => ("Min", Code::Min),
        Function::Max => ("Max", Code::Max),
        Function::Modulo => ("Mod", Code::Modulo),
        Function::Remainder => ("Mod", Code::Remainder),
        Function::PRelu => ("PRelu", Code::PRelu),
        Function::And => ("And", Code::And),
        Function::Or => ("Or", Code::Or),
        Function::Xor => ("Xor", Code::Xor),
        Function::ShiftLeft => ("BitShift", Code::ShiftLeft),
        Function::ShiftRight => ("BitShift", Code::ShiftRight),
    }
}

/// ONNX operator and code of a comparison.
pub(crate) fn comparison(comparison: binary::Comparison) -> (&'static str, format::Comparison) {
    use binary::Comparison;
    use format::Comparison as Code;
    match comparison {
        Comparison::Equal => ("Equal", Code::Equal),
        Comparison::Less => ("Less", Code::Less),
        Comparison::LessOrEqual => ("LessOrEqual", Code::LessOrEqual),
    }
}
