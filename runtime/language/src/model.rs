use cadet_format::Error;

/// What a language model does, token by token: [`PackageModel`](crate::PackageModel) is that of a package. Its state
/// holds what it knows of the tokens before a position, and nothing of what it holds beyond has an effect, so that going
/// back takes no more than a smaller position.
pub trait Model {
    /// Number of tokens, each with a logit.
    fn vocab(&self) -> usize;

    /// Tokens for which the state has room.
    fn context(&self) -> usize;

    /// Tokens that [`prefill`](Self::prefill) takes at once; 0 where there is no such pass.
    fn chunk(&self) -> usize;

    /// Takes in one token, which has `position` tokens before it, and makes logits.
    ///
    /// # Errors
    /// Those of the engine.
    fn decode(&mut self, position: u32, token: u32) -> Result<(), Error>;

    /// Takes in a whole chunk of tokens, the first of which has `position` tokens before it. What the logits are then is
    /// not said.
    ///
    /// # Errors
    /// Those of the engine; [`Error::WrongShape`] where `tokens` is no whole chunk.
    fn prefill(&mut self, position: u32, tokens: &[u32]) -> Result<(), Error>;

    /// What [`decode`](Self::decode) has made: of each token, the logarithm of its likelihood up to a sum that is the
    /// same for all.
    ///
    /// # Errors
    /// Those of the engine.
    fn logits(&self) -> Result<&[f32], Error>;

    /// The same, to be changed in place.
    ///
    /// # Errors
    /// Those of the engine.
    fn logits_mut(&mut self) -> Result<&mut [f32], Error>;

    /// The bytes of state `region`, below [`MAX_MEMORY_REGIONS`](cadet_format::MAX_MEMORY_REGIONS); empty where the
    /// model has none.
    fn state(&self, region: usize) -> &[u8];

    /// The same, to be written.
    fn state_mut(&mut self, region: usize) -> &mut [u8];
}
