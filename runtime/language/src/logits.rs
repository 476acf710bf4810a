use cadet_kernels::math::{exp, ln};

use crate::LanguageError;

/// A token that may come next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Its logit.
    pub logit: f32,
    /// Its number.
    pub token: u32,
}

impl Candidate {
    /// What a caller's memory may hold at first.
    pub const EMPTY: Candidate = Candidate {
        logit: 0.0,
        token: 0,
    };

    /// Whether this is the more likely one; of equals, that of the lower number.
    pub(crate) fn precedes(&self, other: &Candidate) -> bool {
        self.logit > other.logit || (self.logit == other.logit && self.token < other.token)
    }
}

/// The tokens of logits that may come at all, by their numbers.
pub(crate) fn candidates(logits: &[f32]) -> impl Iterator<Item = Candidate> {
    let numbered = (0..).zip(logits);
    numbered
        .map(|(token, &logit)| Candidate { logit, token })
        .filter(|it| it.logit != f32::NEG_INFINITY)
}

/// The most likely token.
///
/// # Errors
/// `BadLogits` and `NothingAllowed`.
pub(crate) fn most_likely(logits: &[f32]) -> Result<Candidate, LanguageError> {
    let mut best: Option<Candidate> = None;
    for candidate in candidates(logits) {
        if !candidate.logit.is_finite() {
            return Err(LanguageError::BadLogits);
        }
        if best.is_none_or(|best| candidate.precedes(&best)) {
            best = Some(candidate);
        }
    }
    best.ok_or(LanguageError::NothingAllowed)
}

/// What makes likelihoods of logits: the softmax in logarithms.
pub(crate) struct Likelihoods<'l> {
    logits: &'l [f32],
    pub(crate) best: Candidate,
    log_sum: f32,
}

impl<'l> Likelihoods<'l> {
    /// Adds `e^(logit - the greatest)` in double precision, in the order of the tokens.
    ///
    /// # Errors
    /// As [`most_likely`].
    pub(crate) fn of(logits: &'l [f32]) -> Result<Likelihoods<'l>, LanguageError> {
        let best = most_likely(logits)?;
        let shares = logits
            .iter()
            .map(|logit| f64::from(exp(logit - best.logit)));
        Ok(Likelihoods {
            logits,
            best,
            log_sum: ln(shares.sum::<f64>() as f32),
        })
    }

    /// Natural logarithm of a token's likelihood, within 1e-6 and the rounding of the result.
    pub(crate) fn log(&self, token: u32) -> f32 {
        let logit = self.logits.get(token as usize);
        logit.map_or(f32::NEG_INFINITY, |logit| {
            (logit - self.best.logit) - self.log_sum
        })
    }
}
