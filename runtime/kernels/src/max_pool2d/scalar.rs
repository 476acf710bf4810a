use crate::{Cell, Maximum, Window, load, store};

pub(super) fn pool<T: Maximum>(window: &Window, input: &[Cell<T>], output: &[Cell<T>]) {
    let [_, _, channels] = window.output;
    window.for_each_pixel(input, output, |oy, ox, pixel| {
        for c in 0..channels {
            let mut best = T::LEAST;
            window.for_each_tap(oy, ox, |pixel, _| {
                let x = load(input, pixel * channels + c);
                if x.exceeds(best) {
                    best = x;
                }
            });
            store(output, pixel * channels + c, best);
        }
    });
}
