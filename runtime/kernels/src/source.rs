use core::cell::Cell;
use core::ops::Range;

/// An operand that may be an activation or a constant of the package.
#[derive(Clone, Copy)]
pub enum Source<'a, T> {
    /// An activation, which other operands may share.
    Cells(&'a [Cell<T>]),
    /// A constant.
    Constant(&'a [T]),
}

impl<'a, T> Source<'a, T> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Source::Cells(cells) => cells.len(),
            Source::Constant(values) => values.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some of its elements; `None` where they are not all there.
    pub(crate) fn part(&self, range: Range<usize>) -> Option<Source<'a, T>> {
        match self {
            Source::Cells(cells) => cells.get(range).map(Source::Cells),
            Source::Constant(values) => values.get(range).map(Source::Constant),
        }
    }
}

impl<T: Copy + Default> Source<'_, T> {
    /// Element `index`, or zero outside the operand (see [`load`](crate::load)).
    #[inline(always)]
    pub fn get(&self, index: usize) -> T {
        match self {
            Source::Cells(cells) => cells.get(index).map(Cell::get),
            Source::Constant(values) => values.get(index).copied(),
        }
        .unwrap_or_default()
    }

    /// Copies its elements to `output`, first to last.
    pub fn copy_to(&self, output: &[Cell<T>]) {
        for (position, cell) in output.iter().enumerate() {
            cell.set(self.get(position));
        }
    }
}
