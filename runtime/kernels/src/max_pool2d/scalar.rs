use crate::{Cell, Window, load, store};

pub(super) fn pool<T: Copy + Default>(
    window: &Window,
    input: &[Cell<T>],
    output: &[Cell<T>],
    least: T,
    larger: impl Fn(T, T) -> T,
) {
    let [_, _, channels] = window.output;
    window.for_each_pixel(input, output, |oy, ox, pixel| {
        for c in 0..channels {
            let mut best = least;
            window.for_each_tap(oy, ox, |pixel, _| {
                best = larger(best, load(input, pixel * channels + c));
            });
            store(output, pixel * channels + c, best);
        }
    });
}
