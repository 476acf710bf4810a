use crate::logits::Likelihoods;
use crate::{Language, LanguageError, Model};

/// How likely a continuation is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Natural logarithm of the likelihood: the sum of its tokens' own, in their order; 0 for a continuation of none.
    pub log_likelihood: f64,
    /// Its tokens.
    pub tokens: u32,
    /// Those of them that are the most likely one at their place, the others before them given.
    pub most_likely: u32,
}

impl Score {
    /// Whether it is what the most likely token each time makes.
    pub fn is_greedy(&self) -> bool {
        self.most_likely == self.tokens
    }

    fn add(&mut self, likelihoods: &Likelihoods<'_>, token: u32) {
        self.log_likelihood += f64::from(likelihoods.log(token));
        self.tokens = self.tokens.saturating_add(1);
        let is_best = likelihoods.best.token == token;
        self.most_likely = self.most_likely.saturating_add(u32::from(is_best));
    }
}

impl<M: Model> Language<M> {
    /// How likely each of some continuations of the tokens taken in is: what they share is computed once. The position
    /// is the same afterwards; there are logits afterwards only where no continuation has more than one token.
    ///
    /// A likelihood is a softmax in f32 whose sum is in double precision and in the order of the tokens: within 1e-6 a
    /// token and the rounding of the result, and the same on every target where the logits are.
    ///
    /// # Errors
    /// Before anything is computed: [`OutputTooSmall`](LanguageError::OutputTooSmall) where there are fewer scores than
    /// continuations, [`NoSuchToken`](LanguageError::NoSuchToken), and
    /// [`ContextFull`](LanguageError::ContextFull) where a continuation is too long; its last token takes no room.
    /// [`NoLogits`](LanguageError::NoLogits), [`BadLogits`](LanguageError::BadLogits), and those of the engine.
    pub fn score(
        &mut self,
        continuations: &[&[u32]],
        scores: &mut [Score],
    ) -> Result<(), LanguageError> {
        let needed = LanguageError::OutputTooSmall {
            needed: continuations.len() as u32,
        };
        let scores = scores.get_mut(..continuations.len()).ok_or(needed)?;
        for tokens in continuations {
            self.check_tokens(tokens)?;
            if tokens.len().saturating_sub(1) > self.room() {
                let room = self.room() as u32;
                return Err(LanguageError::ContextFull { room });
            }
        }
        // The first token of each, while the logits are those after the tokens that they share.
        let likelihoods = Likelihoods::of(self.logits()?)?;
        for (tokens, score) in continuations.iter().zip(scores.iter_mut()) {
            *score = Score::default();
            if let Some(&token) = tokens.first() {
                score.add(&likelihoods, token);
            }
        }
        let start = self.position();
        for (tokens, score) in continuations.iter().zip(scores) {
            let result = self.score_rest(tokens, score);
            self.rewind(start)?;
            result?;
        }
        Ok(())
    }

    fn score_rest(&mut self, tokens: &[u32], score: &mut Score) -> Result<(), LanguageError> {
        for (token, &next) in tokens.iter().zip(tokens.iter().skip(1)) {
            self.feed(core::slice::from_ref(token))?;
            score.add(&Likelihoods::of(self.logits()?)?, next);
        }
        Ok(())
    }
}
