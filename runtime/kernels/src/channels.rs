//! Some channels of a pixel at a time, for kernels that treat channels alike: what compilers make vectors of.

use core::cell::Cell;

use crate::{Window, store};

/// Channels at a time.
const LANES: usize = 16;

/// For every output pixel and some of its channels at a time: starts with `first` for each channel, adds the elements
/// of the taps inside the input by `add`, tap by tap, and stores what `finish` makes of the value and of the number of
/// these taps. Pixels go as in [`Window::for_each_pixel`]; what some channels are made of is read before they are
/// written.
#[inline(always)]
pub(crate) fn fold_taps<T: Copy, A: Copy, Y: Copy>(
    window: &Window,
    (input, output): (&[Cell<T>], &[Cell<Y>]),
    first: A,
    add: impl Fn(A, T) -> A,
    finish: impl Fn(A, usize) -> Y,
) {
    let [_, _, channels] = window.output;
    window.for_each_pixel(input, output, |oy, ox, pixel| {
        for channel in (0..channels).step_by(LANES) {
            let lanes = LANES.min(channels - channel);
            let mut values = [first; LANES];
            let mut taps = 0;
            window.for_each_tap(oy, ox, |tap, _| {
                let cells = input.get(tap * channels + channel..).unwrap_or_default();
                taps += 1;
                match cells.first_chunk::<LANES>() {
                    Some(cells) if lanes == LANES => {
                        for (value, x) in values.iter_mut().zip(cells) {
                            *value = add(*value, x.get());
                        }
                    }
                    _ => {
                        for (value, x) in values.iter_mut().zip(cells).take(lanes) {
                            *value = add(*value, x.get());
                        }
                    }
                }
            });
            for (lane, value) in values.iter().enumerate().take(lanes) {
                store(
                    output,
                    pixel * channels + channel + lane,
                    finish(*value, taps),
                );
            }
        }
    });
}
