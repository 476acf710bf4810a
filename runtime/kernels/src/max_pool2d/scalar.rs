use crate::channels::fold_taps;
use crate::{Cell, Maximum, Window};

pub(super) fn pool<T: Maximum>(window: &Window, input: &[Cell<T>], output: &[Cell<T>]) {
    let greater = |best: T, x: T| if x.exceeds(best) { x } else { best };
    fold_taps(window, (input, output), T::LEAST, greater, |best, _| best);
}
