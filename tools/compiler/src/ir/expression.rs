use super::Bounds;
use super::elementwise::{Unary, of_pairs};
use cadet_kernels::binary::Function;

/// A function of one element made of others: what is one table in int8, however many nodes it was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    /// The element.
    Input,
    /// A function of one value.
    Unary(Unary, Box<Expression>),
    /// A function of two values, and the clamp of its result.
    Binary(Function, Bounds, Box<[Expression; 2]>),
}

impl Expression {
    /// The value for each input.
    pub(crate) fn apply(&self, inputs: &[f32]) -> Vec<f32> {
        match self {
            Expression::Input => inputs.to_vec(),
            Expression::Unary(function, inner) => function.apply(&inner.apply(inputs)),
            Expression::Binary(function, bounds, operands) => {
                let [a, b] = [0, 1].map(|side: usize| operands[side].apply(inputs));
                of_pairs(*function, *bounds, &a, &b)
            }
        }
    }

    /// The expression whose input is another's value.
    pub(crate) fn of(self, inner: &Expression) -> Expression {
        match self {
            Expression::Input => inner.clone(),
            Expression::Unary(function, operand) => {
                Expression::Unary(function, Box::new(operand.of(inner)))
            }
            Expression::Binary(function, bounds, operands) => {
                let operands = operands.map(|operand| operand.of(inner));
                Expression::Binary(function, bounds, Box::new(operands))
            }
        }
    }
}
