use crate::ir::{ElementType, Tensor};

/// How a tensor follows from the frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flow {
    /// Not at all.
    Fixed,
    /// Each run gives the next elements along an axis.
    Frames(Frames),
    /// Each run gives all of it, from the last frames.
    Window(Span),
}

/// Elements along the axis of time. With `stride` frames from one to the next, a run of `hop` frames gives
/// `hop / stride` of them; the first that run `r` gives has number `r * hop / stride - lag`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frames {
    /// The axis, in ONNX's order.
    pub(super) axis: usize,
    /// Frames from an element to the next.
    pub(super) stride: usize,
    /// Elements of the whole window.
    pub(super) extent: usize,
    /// See above; below 0 where the first elements are not given, but known: those of `past`.
    pub(super) lag: isize,
    /// The value of all elements before the first of the whole window that are given, and of those that are not
    /// given; `None` where they mean nothing.
    pub(super) past: Option<Value>,
    /// Elements at the end of the whole window that would need padding behind the last frame.
    pub(super) flushed: Flushed,
}

/// Elements that need padding behind the last frame, and the node that pads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Flushed {
    pub(super) elements: usize,
    pub(super) node: usize,
}

/// The last frames that a tensor comes of: run `r` reads `frames` of them, up to the last it has taken in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) frames: usize,
}

/// An element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// Of a float tensor.
    F32(f32),
    /// Of any other.
    Integer(i64),
}

impl Value {
    /// What stands for 0 in a tensor.
    pub(super) fn zero(tensor: &Tensor) -> Value {
        match (tensor.element, tensor.affine) {
            (ElementType::F32, _) => Value::F32(0.0),
            (_, affine) => Value::Integer(affine.map_or(0, |affine| affine.zero_point.into())),
        }
    }
}

/// A window that moves along time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// Elements from the first to behind the last tap.
    pub(super) span: usize,
    /// Elements from a window to the next.
    pub(super) stride: usize,
    /// Elements that the first window starts before the first element; below 0 where it starts behind it.
    pub(super) before: isize,
    /// How many windows there are over the whole window of frames.
    pub(super) outputs: usize,
}

impl Frames {
    /// The frames that come of windows over these, and how many elements the windows of a run read that were given
    /// in runs before; below 0 where they leave out new ones.
    pub(super) fn through(&self, reach: &Reach, node: usize) -> (Frames, isize) {
        let (span, stride) = (reach.span as isize, reach.stride as isize);
        let missing = self.lag + span - reach.before;
        let lag = missing.div_euclid(stride) + isize::from(missing.rem_euclid(stride) > 0) - 1;
        let past = lag * stride + reach.before - self.lag;
        // Windows that end within what needs no padding behind the last frame.
        let given = self.extent as isize - self.flushed.elements as isize;
        let room = given + reach.before - span;
        let whole = if room < 0 { 0 } else { room / stride + 1 };
        let elements = reach.outputs.saturating_sub(whole as usize);
        let flushed = match elements {
            0 => Flushed::default(),
            _ if self.flushed.elements > 0 => Flushed {
                elements,
                ..self.flushed
            },
            _ => Flushed { elements, node },
        };
        let frames = Frames {
            axis: self.axis,
            stride: self.stride * reach.stride,
            extent: reach.outputs,
            lag,
            past: None,
            flushed,
        };
        (frames, past)
    }

    /// The frames behind the last of the whole window, counted from the first one, that its last element needs.
    pub(super) fn span(&self) -> Span {
        Span {
            frames: (self.extent as isize + self.lag).max(0) as usize * self.stride,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> Frames {
        Frames {
            axis: 1,
            stride: 1,
            extent: 49,
            lag: 0,
            past: None,
            flushed: Flushed::default(),
        }
    }

    /// Run by run, windows read what has been given and no more.
    #[test]
    fn windows_read_what_is_there() {
        for (span, stride, before, lag) in [
            (3, 1, 2, 0),
            (3, 1, 0, 0),
            (3, 2, 1, 0),
            (4, 2, 0, 3),
            (1, 3, 0, 0),
            (2, 3, -1, 2),
            (9, 2, 0, -8),
        ] {
            let frames = Frames { lag, ..input() };
            let reach = Reach {
                span,
                stride,
                before,
                outputs: 1,
            };
            let (through, past) = frames.through(&reach, 0);
            let (hop, stride) = (2 * stride as isize, stride as isize);
            for run in 0..9 {
                let first_given = run * hop - lag;
                let first = run * hop / stride - through.lag;
                let starts = [first, first + hop / stride - 1].map(|j| j * stride - before);
                assert_eq!(starts[0], first_given - past, "{reach:?}");
                let end = starts[1] + span as isize;
                let given = first_given + hop;
                assert!(end <= given && end + stride > given, "{reach:?}");
            }
        }
    }

    #[test]
    fn padding_behind_the_last_frame_is_counted() {
        let same = Reach {
            span: 5,
            stride: 1,
            before: 2,
            outputs: 49,
        };
        let (through, _) = input().through(&same, 7);
        assert_eq!((through.flushed.elements, through.flushed.node), (2, 7));
        // Cutting them off leaves none.
        let chomp = Reach {
            span: 1,
            stride: 1,
            before: 0,
            outputs: 47,
        };
        let (chomped, _) = through.through(&chomp, 8);
        assert_eq!(chomped.flushed, Flushed::default());
    }
}
