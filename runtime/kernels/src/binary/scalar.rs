/// The lesser; NaN where either is. A negative zero is less than a positive one.
pub(super) fn min(a: f32, b: f32) -> f32 {
    -max(-a, -b)
}

/// The greater; NaN where either is. A positive zero is greater than a negative one.
pub(super) fn max(a: f32, b: f32) -> f32 {
    if a.is_nan() || a > b || (a == b && a.is_sign_positive()) {
        a
    } else {
        b
    }
}

/// Remainder with the sign of `a`. It is exact, hence the same whoever computes it.
pub(super) fn remainder(a: f32, b: f32) -> f32 {
    a % b
}

/// Remainder with the sign of `b`.
pub(super) fn modulo(a: f32, b: f32) -> f32 {
    let rest = remainder(a, b);
    if rest == 0.0 {
        rest.copysign(b)
    } else if (rest < 0.0) != (b < 0.0) {
        rest + b
    } else {
        rest
    }
}
