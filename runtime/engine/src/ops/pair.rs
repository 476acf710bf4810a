use core::cell::Cell;

use cadet_format::{DType, Error, MAX_RANK};
use cadet_kernels::{Pair, Source};
use heapless::Vec;

use crate::{Context, Element, Operand};

/// A step's two inputs and its output, with the shapes that a kernel's [`Pair`] borrows.
pub(super) struct Operands<'a> {
    pub(super) a: Operand<'a>,
    pub(super) b: Operand<'a>,
    pub(super) output: Operand<'a>,
    shapes: [Vec<usize, MAX_RANK>; 3],
}

impl<'a> Operands<'a> {
    pub(super) fn of(context: &Context<'a>) -> Result<Operands<'a>, Error> {
        let (a, b, output) = (context.input(0)?, context.input(1)?, context.output(0)?);
        let shapes = [a.extents()?, b.extents()?, output.extents()?];
        Ok(Operands {
            a,
            b,
            output,
            shapes,
        })
    }

    pub(super) fn pair<A: Element, B: Element, Y: Element>(
        &self,
    ) -> Result<Pair<'_, A, B, Y>, Error> {
        Ok(self.join(self.a.source()?, self.b.source()?, self.output.cells()?))
    }

    /// The pair with these elements.
    pub(super) fn join<'s, A, B, Y>(
        &'s self,
        a: Source<'s, A>,
        b: Source<'s, B>,
        output: &'s [Cell<Y>],
    ) -> Pair<'s, A, B, Y> {
        let [a_shape, b_shape, shape] = &self.shapes;
        Pair {
            a,
            a_shape,
            b,
            b_shape,
            output,
            shape,
        }
    }
}

/// The booleans of an operand, as bytes.
pub(super) fn bools<'a>(operand: &Operand<'a>) -> Result<Source<'a, u8>, Error> {
    require_bool(operand)?;
    operand.raw_source()
}

/// The booleans of an activation, as bytes.
pub(super) fn bool_cells<'a>(operand: &Operand<'a>) -> Result<&'a [Cell<u8>], Error> {
    require_bool(operand)?;
    operand.raw_cells()
}

fn require_bool(operand: &Operand<'_>) -> Result<(), Error> {
    match operand.info.dtype {
        DType::Bool => Ok(()),
        _ => Err(Error::KernelContract),
    }
}
