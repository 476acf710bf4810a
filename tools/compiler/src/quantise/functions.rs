use crate::ir::{ElementType, Expression, Graph, Op, TensorId};
use cadet_kernels::binary::Function;

/// Joins elementwise nodes that are together a function of one tensor, `x * sigmoid(x)` say: one
/// table in int8, which rounds once.
pub(crate) fn join(graph: &mut Graph) {
    let mut index = 0;
    while index < graph.nodes.len() {
        match joined(graph, index) {
            Some((expression, root, mut parts)) => {
                graph.nodes[index].op = Op::Function(expression);
                graph.nodes[index].inputs = vec![root];
                // They stand before it; from the last on, so that their indices hold.
                parts.sort_unstable();
                parts.dedup();
                for part in parts.into_iter().rev() {
                    graph.nodes.remove(part);
                    index -= 1;
                }
            }
            None => index += 1,
        }
    }
}

/// A node with the functions before it that only it reads: the whole as an expression, its input and
/// the nodes that join it. `None` where nothing joins.
fn joined(graph: &Graph, index: usize) -> Option<(Expression, TensorId, Vec<usize>)> {
    let node = &graph.nodes[index];
    let (own, operands) = expression(graph, index)?;
    let mut sources = operands.iter().map(|&id| sources(graph, index, id));
    let (first, second) = (sources.next()?, sources.next());
    let Some(second) = second else {
        let source = first.into_iter().next()?;
        let part = source.node?;
        return Some((own.of(&source.expression), source.root, vec![part]));
    };
    // Of two operands, as much as comes from one tensor.
    let pairs = first
        .iter()
        .flat_map(|a| second.iter().map(move |b| (a, b)));
    let (a, b) = pairs.into_iter().find(|(a, b)| a.root == b.root)?;
    let Expression::Binary(function, bounds, _) = own else {
        return None;
    };
    let operands = Box::new([a.expression.clone(), b.expression.clone()]);
    let parts = a.node.into_iter().chain(b.node).collect();
    debug_assert_eq!(graph.shape(a.root), graph.shape(node.output()));
    Some((
        Expression::Binary(function, bounds, operands),
        a.root,
        parts,
    ))
}

/// A node as a function of its operands, each `Input`.
fn expression(graph: &Graph, index: usize) -> Option<(Expression, Vec<TensorId>)> {
    let node = &graph.nodes[index];
    let output = graph.tensor(node.output());
    let is_whole = |&id: &TensorId| {
        let tensor = graph.tensor(id);
        let is_float = tensor.element == ElementType::F32;
        is_float && tensor.values.is_none() && tensor.shape == output.shape
    };
    if output.element != ElementType::F32 || !node.inputs.iter().all(is_whole) {
        return None;
    }
    let both = || Box::new([Expression::Input, Expression::Input]);
    let expression = match &node.op {
        Op::Unary(function) => Expression::Unary(*function, Box::new(Expression::Input)),
        Op::Function(expression) => expression.clone(),
        Op::Add { bounds } => Expression::Binary(Function::Add, *bounds, both()),
        Op::Binary { function, bounds } => Expression::Binary(*function, *bounds, both()),
        _ => return None,
    };
    Some((expression, node.inputs.clone()))
}

/// What an operand is a function of.
struct Source {
    root: TensorId,
    expression: Expression,
    /// The node that computes it, where only the reader needs it.
    node: Option<usize>,
}

/// An operand as a function of its producer's input, where it is one, and as itself.
fn sources(graph: &Graph, reader: usize, operand: TensorId) -> Vec<Source> {
    let itself = Source {
        root: operand,
        expression: Expression::Input,
        node: None,
    };
    let before = || {
        if graph.sole_consumer(operand)? != reader {
            return None;
        }
        let producer = graph.producer(operand)?;
        let (expression, operands) = expression(graph, producer)?;
        let [root] = operands[..] else {
            return None;
        };
        Some(Source {
            root,
            expression,
            node: Some(producer),
        })
    };
    before().into_iter().chain([itself]).collect()
}
