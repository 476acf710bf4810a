use crate::{ContractError, Result, Window3d, product, require};

/// Which products make each output of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Extents and window.
    pub window: Window3d,
    /// Channels are split into this many independent groups.
    pub groups: usize,
    /// Whether the convolution is transposed.
    pub transposed: bool,
}

impl Geometry {
    /// Output channels.
    pub(super) fn channels(&self) -> usize {
        let [.., channels] = self.window.output;
        channels
    }

    /// Checks the lengths of input, weights and output.
    pub(super) fn check(&self, [input, weights, output]: [usize; 3]) -> Result {
        let ([.., i], [.., o]) = (self.window.input, self.window.output);
        self.window.check(input, output)?;
        let taps = self.window.taps().ok_or(ContractError)?;
        let per_group = i.checked_div(self.groups).ok_or(ContractError)?;
        require(
            i.is_multiple_of(self.groups)
                && o.is_multiple_of(self.groups)
                && product(&[o, taps, per_group]) == Some(weights),
        )
    }

    /// Calls `f(position, channel, element)` for every element of the output.
    #[inline(always)]
    pub(super) fn for_each_output(&self, mut f: impl FnMut([usize; 3], usize, usize)) {
        let channels = self.channels();
        self.window.for_each_position(|at, pixel| {
            for channel in 0..channels {
                f(at, channel, pixel * channels + channel);
            }
        });
    }

    /// Calls `f(element of the input, element of the weights)` for every product of an output.
    #[inline(always)]
    pub(super) fn for_each_product(
        &self,
        at: [usize; 3],
        channel: usize,
        mut f: impl FnMut(usize, usize),
    ) {
        let ([.., inputs], [.., outputs]) = (self.window.input, self.window.output);
        let groups = self.groups.max(1);
        let (inputs_of_group, outputs_of_group) = (inputs / groups, (outputs / groups).max(1));
        let first_input = channel / outputs_of_group * inputs_of_group;
        let first_weight = channel * self.window.taps().unwrap_or(0) * inputs_of_group;
        let tap = |pixel: usize, tap: usize| {
            let x = pixel * inputs + first_input;
            let w = first_weight + tap * inputs_of_group;
            for i in 0..inputs_of_group {
                f(x + i, w + i);
            }
        };
        if self.transposed {
            self.window.for_each_transposed_tap(at, tap);
        } else {
            self.window.for_each_tap(at, tap);
        }
    }
}
