use cadet_kernels::binary::Function;

use super::binary::broadcast;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{Bounds, Digit, ElementType, Movement, Op, Strides, Tensor, TensorId};
use crate::layout::Layout;

/// Makes an ONNX node of several nodes of the graph, over floats where nothing else is said.
pub(super) struct Parts<'a, 'n> {
    pub(super) importer: &'a mut Importer,
    pub(super) node: &'a OnnxNode<'n>,
}

impl Parts<'_, '_> {
    pub(super) fn shape(&self, x: TensorId) -> Vec<usize> {
        self.importer.graph.shape(x).to_vec()
    }

    /// A node with a new tensor of floats.
    pub(super) fn part(
        &mut self,
        part: &str,
        op: Op,
        inputs: Vec<TensorId>,
        shape: Vec<usize>,
    ) -> TensorId {
        let kind = (ElementType::F32, shape);
        self.importer.part(self.node, part, op, inputs, kind)
    }

    /// A function of two tensors, which broadcast.
    pub(super) fn pair(
        &mut self,
        part: &str,
        function: Function,
        [a, b]: [TensorId; 2],
    ) -> Result<TensorId, Refusal> {
        let bounds = Bounds::NONE;
        let op = match function {
            Function::Add => Op::Add { bounds },
            _ => Op::Binary { function, bounds },
        };
        let shape = broadcast(self.importer, a, b)?;
        Ok(self.part(part, op, vec![a, b], shape))
    }

    /// Every element times a factor.
    pub(super) fn scaled(
        &mut self,
        part: &str,
        x: TensorId,
        factor: f32,
    ) -> Result<TensorId, Refusal> {
        if factor == 1.0 {
            return Ok(x);
        }
        let graph = &mut self.importer.graph;
        if let Some(values) = graph.constant_f32(x) {
            let values = values.iter().map(|value| factor * value).collect();
            let tensor = graph.tensor(x);
            let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
            return Ok(graph.add_constant(name, shape, values));
        }
        let factor = self.importer.scalar(self.node, ElementType::F32, factor);
        self.pair(part, Function::Mul, [x, factor])
    }

    pub(super) fn reshaped(&mut self, x: TensorId, shape: &[usize]) -> Result<TensorId, Refusal> {
        self.importer.reshaped(self.node, x, shape.to_vec())
    }

    /// Dimension `i` of the result is dimension `perm[i]` of `x`.
    pub(super) fn transposed(&mut self, part: &str, x: TensorId, perm: &[usize]) -> TensorId {
        let shape = self.shape(x);
        let moved: Vec<usize> = perm.iter().map(|&axis| shape[axis]).collect();
        let graph = &mut self.importer.graph;
        if graph.is_constant(x) {
            let order = Layout::new(shape, perm.to_vec()).onnx_indices();
            let tensor = Tensor {
                shape: moved,
                // Their channels would be another dimension.
                integers: None,
                ..graph.tensor(x).permuted(|index| order[index])
            };
            return graph.add_tensor(tensor);
        }
        let perm = perm.to_vec();
        self.part(part, Op::Transpose { perm }, vec![x], moved)
    }

    /// `count` elements along the last axis, from `start` on in steps.
    pub(super) fn sliced(
        &mut self,
        part: &str,
        x: TensorId,
        start: usize,
        count: usize,
        step: usize,
    ) -> TensorId {
        let shape = self.shape(x);
        let axis = shape.len() - 1;
        let mut strides = Strides::identity(&shape);
        strides.start[axis] = start;
        strides.digits[axis] = vec![Digit {
            extent: count,
            axis,
            step: step as isize,
        }];
        let sliced = strides.shape();
        let op = Op::Movement(Movement::Strides(strides));
        self.part(part, op, vec![x], sliced)
    }

    /// Tensors one behind the other along an axis.
    pub(super) fn joined(&mut self, part: &str, inputs: Vec<TensorId>, axis: usize) -> TensorId {
        let mut shape = self.shape(inputs[0]);
        let extents = inputs.iter().map(|&input| self.shape(input)[axis]);
        shape[axis] = extents.sum();
        let op = Op::Movement(Movement::Concat { axis });
        self.part(part, op, inputs, shape)
    }

    /// Gives output `index` of the ONNX node the values of a tensor.
    pub(super) fn give(&mut self, index: usize, x: TensorId) -> Result<(), Refusal> {
        let shape = self.shape(x);
        let element = self.importer.graph.tensor(x).element;
        let output = self.importer.output(self.node, index, element, &shape)?;
        self.importer
            .push(self.node, Op::Reshape, vec![x], vec![output]);
        Ok(())
    }
}
