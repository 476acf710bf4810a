use crate::{Result, clamp_f32, require};

/// What a float layer does to each sum: `clamp(sum * scale + bias)`.
#[derive(Clone, Copy, Debug)]
pub struct Epilogue<'a> {
    /// Scale of the weights, one an output channel, where they are integers.
    pub scales: Option<&'a [f32]>,
    /// One an output channel.
    pub bias: Option<&'a [f32]>,
    /// Fused activation: least and greatest value.
    pub clamp: [f32; 2],
}

impl Epilogue<'_> {
    /// Nothing.
    pub const NONE: Epilogue<'static> = Epilogue {
        scales: None,
        bias: None,
        clamp: [f32::NEG_INFINITY, f32::INFINITY],
    };

    pub(crate) fn check(&self, channels: usize) -> Result {
        let fits = |values: Option<&[f32]>| values.is_none_or(|values| values.len() == channels);
        require(fits(self.scales) && fits(self.bias))
    }

    #[inline(always)]
    pub(crate) fn finish(&self, sum: f32, channel: usize) -> f32 {
        let of = |values: Option<&[f32]>| values.and_then(|values| values.get(channel)).copied();
        let [min, max] = self.clamp;
        let scaled = of(self.scales).map_or(sum, |scale| sum * scale);
        clamp_f32(scaled + of(self.bias).unwrap_or(0.0), min, max)
    }
}
