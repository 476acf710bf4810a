use core::cell::Cell;

use crate::Window;

/// How near an output may start to an input that it overlaps: no byte is written before its last read.
///
/// Planners put operands at such distances, so they belong to a kernel's contract: every implementation
/// writes the elements of its output in the order given here, and what an element is made of it reads
/// before it writes the element. One that works on blocks reads a block wholly before it writes any of it,
/// or leaves operands that overlap to the scalar file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The output may start this many bytes before the input, or more.
    pub before: usize,
    /// The output may start this many bytes after the input, or more.
    pub after: usize,
}

impl Overlap {
    /// No byte in common.
    pub const fn none(input_bytes: usize, output_bytes: usize) -> Overlap {
        Overlap {
            before: output_bytes,
            after: input_bytes,
        }
    }

    /// For kernels that make output element `i` of input element `i`, first to last. `bytes` are those of
    /// an element of the input and of one of the output, as in all functions here.
    pub fn elementwise(elements: usize, bytes: [usize; 2]) -> Overlap {
        let [input, output] = bytes;
        Overlap {
            // The last element is written when nothing is left to be read.
            before: elements.saturating_sub(1) * output.saturating_sub(input),
            after: elements * input,
        }
    }

    /// For kernels that make every channel of an output pixel of all channels of the pixels under its
    /// window. Pixels are written in rows, first to last; last to first where the output starts after the
    /// input. The channels of a pixel are written first to last.
    pub fn window(window: &Window, bytes: [usize; 2]) -> Overlap {
        let [_, _, outputs] = window.output;
        // The inputs of a pixel are read until its last channel.
        let lead = outputs.saturating_sub(1) * bytes[1];
        of_window(window, bytes, lead as isize)
    }

    /// As [`Overlap::window`], for kernels where output channel `c` reads only input channel `c / (o / i)`.
    pub fn channelwise_window(window: &Window, bytes: [usize; 2]) -> Overlap {
        let ([_, _, inputs], [_, _, outputs]) = (window.input, window.output);
        let [input, output] = bytes;
        let multiplier = outputs.checked_div(inputs).unwrap_or(1).max(1);
        let lead = |written: usize| {
            let done = written.checked_div(multiplier).unwrap_or(0);
            (written * output) as isize - (done * input) as isize
        };
        of_window(window, bytes, (1..outputs).map(lead).max().unwrap_or(0))
    }

    /// For kernels that make every element of an output row of all elements of an input row, in the order
    /// of [`Overlap::window`]. `lengths` are those of an input row and of an output row.
    pub fn rows(rows: usize, lengths: [usize; 2], bytes: [usize; 2]) -> Overlap {
        Overlap::window(&Window::of_rows(rows, lengths), bytes)
    }
}

/// `lead` is the most bytes by which the writes within a pixel are ahead of its first channel that is still
/// to be read, both counted from the start of a pixel.
fn of_window(window: &Window, bytes: [usize; 2], lead: isize) -> Overlap {
    let ([height, width, outputs], [_, _, inputs]) = (window.output, window.input);
    let (read, written) = (inputs * bytes[0], outputs * bytes[1]);
    let reach = |pixel: usize| window.reach(pixel / width.max(1), pixel % width.max(1));
    let is_read_meanwhile = outputs > 1;

    // Backwards: the first input pixel under the windows of this output pixel and of those after it.
    let (mut before, mut rest) = (0, None);
    for pixel in (0..height * width).rev() {
        let own = reach(pixel).map(|(first, _)| first);
        let ahead = |end: isize, first: usize| end - (first * read) as isize;
        let start = (pixel * written) as isize;
        let within = own
            .filter(|_| is_read_meanwhile)
            .map(|first| ahead(start + lead, first));
        let after = rest.map(|first| ahead(start + written as isize, first));
        before = within.into_iter().chain(after).fold(before, isize::max);
        rest = own.into_iter().chain(rest).min();
    }

    // Forwards: the last input pixel under the windows of this output pixel and of those before it.
    let (mut after, mut rest) = (1, None);
    for pixel in 0..height * width {
        let own = reach(pixel).map(|(_, last)| last);
        // The first channel is written when all but its own reads are to come.
        let last = own.filter(|_| is_read_meanwhile).max(rest);
        let end = last.map_or(0, |last| (last + 1) * read);
        after = after.max(end.saturating_sub(pixel * written));
        rest = own.max(rest);
    }
    Overlap {
        before: before.unsigned_abs(),
        after,
    }
}

/// Whether operands have no memory in common.
pub(crate) fn is_apart<X, Y>(a: &[Cell<X>], b: &[Cell<Y>]) -> bool {
    let (a, b) = (a.as_ptr_range(), b.as_ptr_range());
    a.end.cast::<u8>() <= b.start.cast() || b.end.cast::<u8>() <= a.start.cast()
}

/// `0..count`, in the order in which a kernel makes the parts of its output: last to first where the output
/// starts after the input.
#[inline(always)]
pub(crate) fn in_order<X, Y>(
    count: usize,
    input: &[Cell<X>],
    output: &[Cell<Y>],
) -> impl Iterator<Item = usize> + use<X, Y> {
    let is_reversed = output.as_ptr().cast::<u8>() > input.as_ptr().cast::<u8>();
    (0..count).map(move |i| if is_reversed { count - 1 - i } else { i })
}
