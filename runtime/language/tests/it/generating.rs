//! Tokens, one after the other.

use cadet_language::{
    Candidate, Constraint, Ended, Generation, Language, LanguageError, Limits, Sampler, Sampling,
};

use crate::toy::Toy;

const ENDLESS: Limits<'_> = Limits {
    max_tokens: u32::MAX,
    end_tokens: &[],
};

fn all<M: cadet_language::Model>(generation: &mut Generation<'_, '_, M>) -> Vec<u32> {
    std::iter::from_fn(|| generation.next_token().unwrap()).collect()
}

fn generate(sampling: Sampling, seed: u64, limits: Limits<'_>) -> (Vec<u32>, Option<Ended>) {
    let mut language = Language::new(Toy::new(50, 24, 4));
    language.feed(&[1, 2, 3]).unwrap();
    let (mut candidates, mut window) = ([Candidate::EMPTY; 50], [0; 8]);
    let mut sampler = Sampler::new(sampling, seed, &mut candidates, &mut window).unwrap();
    let mut generation = Generation::new(&mut language, &mut sampler, limits);
    let tokens = all(&mut generation);
    (tokens, generation.ended())
}

#[test]
fn greedy_takes_the_most_likely_to_the_end_of_the_context() {
    let (tokens, ended) = generate(Sampling::GREEDY, 1, ENDLESS);
    assert_eq!(ended, Some(Ended::ContextFull));
    // One more than there is room for: the last one is not taken in.
    assert_eq!(tokens.len(), 24 - 3 + 1);
    let toy = Toy::new(50, 24, 0);
    let mut text = vec![1_u32, 2, 3];
    for &token in &tokens {
        let bytes: Vec<u8> = text.iter().flat_map(|it| it.to_le_bytes()).collect();
        let logits = toy.logits_after(&bytes);
        let best = logits.iter().copied().fold(f32::MIN, f32::max);
        assert_eq!(logits[token as usize], best);
        text.push(token);
    }
}

#[test]
fn a_seed_gives_the_same_tokens_everywhere() {
    let sampling = Sampling {
        temperature: 0.9,
        top_k: 20,
        top_p: 0.9,
        min_p: 0.02,
        repetition_penalty: 1.2,
    };
    let limits = Limits {
        max_tokens: 12,
        end_tokens: &[],
    };
    let (tokens, ended) = generate(sampling, 42, limits);
    assert_eq!(ended, Some(Ended::MaxTokens));
    assert_eq!(tokens, GOLDEN);
    assert_ne!(generate(sampling, 43, limits).0, GOLDEN);
    assert_eq!(generate(Sampling::PLAIN, 42, limits).0, GOLDEN_PLAIN);
}

const GOLDEN: [u32; 12] = [17, 24, 0, 23, 19, 32, 0, 20, 42, 15, 3, 34];
const GOLDEN_PLAIN: [u32; 12] = [28, 36, 33, 34, 45, 8, 44, 6, 33, 37, 28, 15];

#[test]
fn a_text_ends_at_its_limits() {
    let (tokens, _) = generate(Sampling::GREEDY, 1, ENDLESS);
    let place = (1..tokens.len()).find(|&it| !tokens[..it].contains(&tokens[it]));
    let place = place.unwrap();
    let end_tokens = [tokens[place]];
    let limits = Limits {
        end_tokens: &end_tokens,
        ..ENDLESS
    };
    let found = generate(Sampling::GREEDY, 1, limits);
    assert_eq!(found, (tokens[..place].to_vec(), Some(Ended::EndToken)));
    let none = Limits {
        max_tokens: 0,
        ..ENDLESS
    };
    let found = generate(Sampling::GREEDY, 1, none);
    assert_eq!(found, (Vec::new(), Some(Ended::MaxTokens)));
}

#[test]
fn nothing_follows_nothing() {
    let mut language = Language::new(Toy::new(50, 24, 4));
    let mut sampler = Sampler::new(Sampling::GREEDY, 0, &mut [], &mut []).unwrap();
    let mut generation = Generation::new(&mut language, &mut sampler, ENDLESS);
    assert_eq!(generation.next_token(), Err(LanguageError::NoLogits));
    assert_eq!(generation.ended(), None);
}

/// Logits that a choice has changed are not there for another one.
#[test]
fn several_texts_go_on_from_one_prompt() {
    let mut language = Language::new(Toy::new(50, 24, 4));
    language.feed(&[1, 2, 3]).unwrap();
    let limits = Limits {
        max_tokens: 5,
        ..ENDLESS
    };
    let mut texts = Vec::new();
    for seed in [1, 2, 1] {
        language.rewind(2).unwrap();
        language.feed(&[3]).unwrap();
        let mut candidates = [Candidate::EMPTY; 50];
        let mut sampler = Sampler::new(Sampling::PLAIN, seed, &mut candidates, &mut []).unwrap();
        let mut generation = Generation::new(&mut language, &mut sampler, limits);
        texts.push(all(&mut generation));
        assert_eq!(language.logits(), Err(LanguageError::NoLogits));
    }
    assert_eq!(texts[0], texts[2]);
    assert_ne!(texts[0], texts[1]);
}

/// Tokens in rising order; none after the last.
struct Rising(u32, Vec<u32>);

impl Constraint for Rising {
    fn mask(&mut self, logits: &mut [f32]) {
        for logit in logits.iter_mut().take(self.0 as usize) {
            *logit = f32::NEG_INFINITY;
        }
    }

    fn accept(&mut self, token: u32) {
        self.0 = token + 1;
        self.1.push(token);
    }
}

#[test]
fn a_constraint_says_what_may_come() {
    for sampling in [Sampling::GREEDY, Sampling::PLAIN] {
        let mut language = Language::new(Toy::new(50, 99, 4));
        language.feed(&[1]).unwrap();
        let mut candidates = [Candidate::EMPTY; 50];
        let mut sampler = Sampler::new(sampling, 0, &mut candidates, &mut []).unwrap();
        let mut rising = Rising(0, Vec::new());
        let mut generation =
            Generation::new(&mut language, &mut sampler, ENDLESS).constrained(&mut rising);
        let mut tokens = Vec::new();
        let error = loop {
            match generation.next_token() {
                Ok(token) => tokens.extend(token),
                Err(error) => break error,
            }
        };
        assert_eq!(error, LanguageError::NothingAllowed);
        assert_eq!(tokens, rising.1);
        assert!(
            tokens.is_sorted() && tokens.last() == Some(&49),
            "{tokens:?}"
        );
    }
}
