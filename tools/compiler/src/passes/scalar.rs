use cadet_kernels::binary::Function;
use cadet_kernels::unary::Function as Plain;

use crate::ir::{Bounds, ElementType, Graph, Op, TensorId, Unary, Values};

/// Turns functions of a float tensor and one constant into functions of one input, which are tables
/// in int8.
pub(super) fn into_unary(graph: &mut Graph) {
    for index in 0..graph.nodes.len() {
        if let Some((function, input)) = unary(graph, index) {
            let node = &mut graph.nodes[index];
            node.op = Op::Unary(function);
            node.inputs = vec![input];
        }
    }
}

/// A node as a function of the input that is no constant.
fn unary(graph: &Graph, index: usize) -> Option<(Unary, TensorId)> {
    let node = &graph.nodes[index];
    let [a, b] = node.inputs[..] else {
        return None;
    };
    let (constant, input, is_first) = match (scalar(graph, a), scalar(graph, b)) {
        (None, Some(constant)) => (constant, a, false),
        (Some(constant), None) => (constant, b, true),
        _ => return None,
    };
    let float = |id: TensorId| graph.tensor(id).element == ElementType::F32;
    let is_float = float(input) && float(node.output());
    if !is_float || graph.shape(input) != graph.shape(node.output()) {
        return None;
    }
    let of_two = |function, bounds| Unary::Scalar {
        function,
        constant,
        is_first,
        bounds,
    };
    let function = match node.op {
        Op::Add { bounds } => of_two(Function::Add, bounds),
        Op::Binary {
            function: Function::PRelu,
            bounds: Bounds::NONE,
        } if !is_first => Unary::Plain(Plain::LeakyRelu(constant)),
        Op::Binary { function, bounds } => of_two(function, bounds),
        Op::Pow if !is_first => Unary::Power(constant),
        _ => return None,
    };
    Some((function, input))
}

/// The value of a constant of one element, where f32 holds it.
fn scalar(graph: &Graph, id: TensorId) -> Option<f32> {
    match graph.tensor(id).values.as_ref()? {
        Values::F32(values) => match values[..] {
            [value] => Some(value),
            _ => None,
        },
        Values::I64(values) => match values[..] {
            [value] if value.abs() <= 1 << 24 => Some(value as f32),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_graph::TestGraph;
    use super::*;

    fn rewritten(op: Op, is_first: bool, constant: &[f32]) -> Op {
        let (mut graph, x) = TestGraph::new(&[1, 2]);
        let c = graph.constant(&[constant.len()], constant);
        let inputs = if is_first { [c, x] } else { [x, c] };
        let end = graph.node("node", op, &inputs, &[1, 2]);
        let mut graph = graph.finish(end);
        into_unary(&mut graph);
        graph.nodes[0].op.clone()
    }

    const DIV: Op = Op::Binary {
        function: Function::Div,
        bounds: Bounds::RELU,
    };

    #[test]
    fn one_constant_makes_a_function_of_one_input() {
        let wanted = Unary::Scalar {
            function: Function::Div,
            constant: 2.0,
            is_first: true,
            bounds: Bounds::RELU,
        };
        assert_eq!(rewritten(DIV, true, &[2.0]), Op::Unary(wanted));
        assert_eq!(
            rewritten(Op::Pow, false, &[3.0]),
            Op::Unary(Unary::Power(3.0))
        );
        let slope = Op::Binary {
            function: Function::PRelu,
            bounds: Bounds::NONE,
        };
        let leaky = Unary::Plain(Plain::LeakyRelu(0.5));
        assert_eq!(rewritten(slope, false, &[0.5]), Op::Unary(leaky));
    }

    #[test]
    fn one_constant_a_channel_stays_an_operand() {
        assert_eq!(rewritten(DIV, false, &[2.0, 3.0]), DIV);
        assert_eq!(rewritten(Op::Pow, true, &[3.0]), Op::Pow);
    }
}
