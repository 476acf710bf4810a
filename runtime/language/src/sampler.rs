use crate::logits::{Candidate, most_likely};
use crate::random::Random;
use crate::{LanguageError, Sampling, filters};

/// Chooses tokens. The same logits, numbers, seed and tokens seen give the same tokens on every target.
///
/// # Memory
/// The caller's candidates ([`Sampling::candidates`] says how many) and window, which holds the last tokens for the
/// penalty: its length is how many count, and without one there is no penalty.
#[derive(Debug)]
pub struct Sampler<'b> {
    sampling: Sampling,
    random: Random,
    candidates: &'b mut [Candidate],
    window: &'b mut [u32],
    /// Tokens in the window, and the place of the next one.
    seen: usize,
    next: usize,
}

impl<'b> Sampler<'b> {
    /// A sampler that has seen nothing.
    ///
    /// # Errors
    /// [`BadSampling`](LanguageError::BadSampling) where a number is outside its bounds.
    pub fn new(
        sampling: Sampling,
        seed: u64,
        candidates: &'b mut [Candidate],
        window: &'b mut [u32],
    ) -> Result<Sampler<'b>, LanguageError> {
        sampling.check()?;
        Ok(Sampler {
            sampling,
            random: Random::new(seed),
            candidates,
            window,
            seen: 0,
            next: 0,
        })
    }

    /// Takes tokens into the window: those of a prompt, where its words are not to be repeated either.
    pub fn observe(&mut self, tokens: &[u32]) {
        for &token in tokens {
            let Some(place) = self.window.get_mut(self.next) else {
                return; // There is no window.
            };
            *place = token;
            self.next = self.next.saturating_add(1);
            self.seen = self.seen.max(self.next);
            if self.next == self.window.len() {
                self.next = 0;
            }
        }
    }

    /// Chooses a token, and takes it into the window. Logits of minus infinity are of tokens that may not come; the
    /// penalty is written to `logits`. One random number is taken, at temperature 0 none.
    ///
    /// # Errors
    /// [`BadLogits`](LanguageError::BadLogits) where one is NaN or infinity, also by the penalty;
    /// [`NothingAllowed`](LanguageError::NothingAllowed) where all are minus infinity, or there are none;
    /// [`TooFewCandidates`](LanguageError::TooFewCandidates).
    ///
    /// # Complexity
    /// Linear in the number of logits without filters and with `min_p`; times log k with `top_k`, and log n for each
    /// token that `top_p` leaves.
    pub fn choose(&mut self, logits: &mut [f32]) -> Result<u32, LanguageError> {
        let needed = self.sampling.candidates(logits.len());
        let few = LanguageError::TooFewCandidates {
            needed: needed as u32,
        };
        if self.candidates.len() < needed {
            return Err(few);
        }
        self.penalise(logits);
        let best = most_likely(logits)?;
        let token = match self.sampling.temperature {
            0.0 => best.token,
            _ => self.draw(logits, best.logit, needed).ok_or(few)?,
        };
        self.observe(&[token]);
        Ok(token)
    }

    /// Each token once, however often it is in the window: what is written comes from what the logit was.
    fn penalise(&self, logits: &mut [f32]) {
        let penalty = self.sampling.repetition_penalty;
        if penalty == 1.0 {
            return;
        }
        let seen = self.window.get(..self.seen).unwrap_or_default();
        for (place, token) in seen.iter().enumerate() {
            let is_first = seen.iter().position(|it| it == token) == Some(place);
            let Some(logit) = logits.get_mut(*token as usize).filter(|_| is_first) else {
                continue;
            };
            *logit = match *logit > 0.0 {
                true => *logit / penalty,
                false => *logit * penalty,
            };
        }
    }

    fn draw(&mut self, logits: &[f32], best: f32, needed: usize) -> Option<u32> {
        let sampling = self.sampling;
        let places = self.candidates.get_mut(..needed)?;
        let mut left = match sampling.top_k {
            0 => filters::all(logits, places),
            _ => filters::top_k(logits, places),
        };
        if sampling.top_p < 1.0 {
            left = filters::top_p(left, best, sampling.top_p);
        }
        if sampling.min_p > 0.0 {
            left = filters::min_p(left, best, sampling.min_p);
        }
        filters::draw(left, best, sampling.temperature, &mut self.random)
    }
}

#[cfg(test)]
mod tests;
