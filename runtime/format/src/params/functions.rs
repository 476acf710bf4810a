codes! {
    /// The functions of `Unary`.
    UnaryFunction {
        /// `min(max(x, alpha), beta)`.
        Clamp = 0,
        /// `x` where positive, else `alpha * x`.
        LeakyRelu = 1,
        /// `1 / (1 + exp(-x))`.
        Sigmoid = 2,
        /// Hyperbolic tangent.
        Tanh = 3,
        /// `e^x`.
        Exp = 4,
        /// Magnitude.
        Abs = 5,
        /// `-x`.
        Neg = 6,
        /// -1, 0 or 1.
        Sign = 7,
        /// `1 / x`.
        Reciprocal = 8,
        /// Square root.
        Sqrt = 9,
        /// Least integer that is not below.
        Ceil = 10,
        /// Greatest integer that is not above.
        Floor = 11,
        /// Nearest integer, ties to even.
        Round = 12,
        /// `x / (1 + |x|)`.
        Softsign = 13,
        /// `alpha * x + beta`, clamped to 0 and 1.
        HardSigmoid = 14,
        /// `x * min(max(x + 3, 0), 6) / 6`.
        HardSwish = 15,
        /// `x` above alpha, else 0.
        ThresholdedRelu = 16,
        /// 0 within `±alpha`; beyond, `x` brought towards 0 by beta.
        Shrink = 17,
    }
}

codes! {
    /// The functions of `Transcendental`.
    TranscendentalFunction {
        /// Natural logarithm.
        Log = 0,
        /// Sine.
        Sin = 1,
        /// Cosine.
        Cos = 2,
        /// Tangent.
        Tan = 3,
        /// Inverse sine.
        Asin = 4,
        /// Inverse cosine.
        Acos = 5,
        /// Inverse tangent.
        Atan = 6,
        /// Hyperbolic sine.
        Sinh = 7,
        /// Hyperbolic cosine.
        Cosh = 8,
        /// Inverse hyperbolic sine.
        Asinh = 9,
        /// Inverse hyperbolic cosine.
        Acosh = 10,
        /// Inverse hyperbolic tangent.
        Atanh = 11,
        /// Error function.
        Erf = 12,
        /// `x / 2 * (1 + erf(x / sqrt(2)))`.
        Gelu = 13,
        /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))`.
        GeluTanh = 14,
        /// `ln(1 + e^x)`.
        Softplus = 15,
        /// `x * tanh(softplus(x))`.
        Mish = 16,
        /// `x * sigmoid(alpha * x)`.
        Swish = 17,
        /// `x` where positive, else `alpha * (e^x - 1)`.
        Elu = 18,
        /// `beta * x` where positive, else `beta * alpha * (e^x - 1)`.
        Selu = 19,
        /// `x` where positive, else `alpha * (e^(x / alpha) - 1)`.
        Celu = 20,
    }
}

codes! {
    /// The functions of `Binary`: on floats those up to `PRelu`, on integers all, on booleans `And`, `Or`
    /// and `Xor`.
    BinaryFunction {
        /// `a + b`.
        Add = 0,
        /// `a - b`.
        Sub = 1,
        /// `a * b`.
        Mul = 2,
        /// `a / b`; of integers towards zero, and 0 by 0.
        Div = 3,
        /// The lesser; NaN where either is.
        Min = 4,
        /// The greater; NaN where either is.
        Max = 5,
        /// Remainder with the sign of `b`.
        Modulo = 6,
        /// Remainder with the sign of `a`.
        Remainder = 7,
        /// `a` where not negative, else `a * b`.
        PRelu = 8,
        /// Both bits, or truths.
        And = 9,
        /// Either.
        Or = 10,
        /// One of them.
        Xor = 11,
        /// `a` shifted left by `b` bits.
        ShiftLeft = 12,
        /// `a` shifted right by `b` bits.
        ShiftRight = 13,
    }
}

codes! {
    /// The comparisons of `Compare`; false with NaN. Booleans know `Equal` only.
    Comparison {
        /// `a == b`.
        Equal = 0,
        /// `a < b`.
        Less = 1,
        /// `a <= b`.
        LessOrEqual = 2,
    }
}
