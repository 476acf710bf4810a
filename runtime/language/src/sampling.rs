use crate::LanguageError;

/// How the next token is chosen. The numbers take effect in this order, which is that of llama.cpp's tools: the penalty,
/// `top_k`, `top_p`, `min_p`, the temperature. The filters thus see the model's own likelihoods, whatever the temperature
/// is; in Hugging Face's `generate` they come after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Logits are divided by it: from 0 on, where 0 is the most likely token (of equals, that of the lowest number) and
    /// nothing is random.
    pub temperature: f32,
    /// Only so many of the most likely tokens are left; 0 for all.
    pub top_k: u32,
    /// Only the fewest most likely tokens are left that have this share of the likelihood of those left so far: above 0,
    /// to 1 for all (Holtzman et al., "The Curious Case of Neural Text Degeneration", 2019).
    pub top_p: f32,
    /// Only tokens are left that are at least this share as likely as the most likely one: from 0 for all, to 1 (Nguyen
    /// et al., "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs", 2024).
    pub min_p: f32,
    /// Logits of tokens that were seen lately are divided by it where they are positive, and multiplied where they are
    /// not: above 0, 1 for none (Keskar et al., "CTRL", 2019).
    pub repetition_penalty: f32,
}

impl Sampling {
    /// The most likely token each time.
    pub const GREEDY: Sampling = Sampling {
        temperature: 0.0,
        ..Sampling::PLAIN
    };

    /// As the model has it: each token as often as it is likely.
    pub const PLAIN: Sampling = Sampling {
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.0,
        repetition_penalty: 1.0,
    };

    /// Candidates of 8 bytes that choosing takes: `top_k`, or one for each token without; none at temperature 0.
    pub const fn candidates(&self, vocab: usize) -> usize {
        let top_k = self.top_k as usize;
        if self.temperature == 0.0 {
            0
        } else if top_k == 0 || top_k > vocab {
            vocab
        } else {
            top_k
        }
    }

    pub(crate) fn check(&self) -> Result<(), LanguageError> {
        let is_good = (0.0..=f32::MAX).contains(&self.temperature)
            && self.top_p > 0.0
            && self.top_p <= 1.0
            && (0.0..=1.0).contains(&self.min_p)
            && self.repetition_penalty > 0.0
            && self.repetition_penalty <= f32::MAX;
        match is_good {
            true => Ok(()),
            false => Err(LanguageError::BadSampling),
        }
    }
}
