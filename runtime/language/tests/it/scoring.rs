//! Likelihoods of continuations.

use cadet_language::{Language, LanguageError, Score};
use proptest::prelude::*;

use crate::toy::Toy;

/// In double precision, and each text from its start.
fn reference(prefix: &[u32], continuation: &[u32]) -> Score {
    let toy = Toy::new(30, 32, 0);
    let mut score = Score::default();
    let mut tokens = prefix.to_vec();
    for &token in continuation {
        let bytes: Vec<u8> = tokens.iter().flat_map(|it| it.to_le_bytes()).collect();
        let logits = toy.logits_after(&bytes);
        let sum: f64 = logits.iter().map(|&it| f64::from(it).exp()).sum();
        score.log_likelihood += f64::from(logits[token as usize]) - sum.ln();
        score.tokens += 1;
        let best = (0..30).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
        score.most_likely += u32::from(best == Some(token as usize));
        tokens.push(token);
    }
    score
}

proptest! {
    #[test]
    fn continuations_score_as_alone(
        prefix in prop::collection::vec(0_u32..30, 1..10),
        continuations in prop::collection::vec(prop::collection::vec(0_u32..30, 0..8), 0..5),
    ) {
        let mut language = Language::new(Toy::new(30, 32, 4));
        language.feed(&prefix).unwrap();
        let slices: Vec<&[u32]> = continuations.iter().map(Vec::as_slice).collect();
        let mut scores = vec![Score { tokens: 9, ..Score::default() }; slices.len() + 1];
        language.score(&slices, &mut scores).unwrap();
        prop_assert_eq!(language.position(), prefix.len());
        for (tokens, score) in continuations.iter().zip(&scores) {
            let wanted = reference(&prefix, tokens);
            prop_assert_eq!((score.tokens, score.most_likely), (wanted.tokens, wanted.most_likely));
            let apart = (score.log_likelihood - wanted.log_likelihood).abs();
            prop_assert!(apart < 2e-6 * (1 + tokens.len()) as f64, "{} {}", score.log_likelihood, wanted.log_likelihood);
        }
    }
}

#[test]
fn the_most_likely_text_is_greedy() {
    let mut language = Language::new(Toy::new(30, 32, 4).writing(2, &[5, 6, 7]));
    language.feed(&[1, 2]).unwrap();
    let mut scores = [Score::default(); 3];
    let texts: [&[u32]; 3] = [&[5, 6, 7], &[5, 9, 7], &[]];
    language.score(&texts, &mut scores).unwrap();
    assert_eq!(
        scores.map(|it| it.is_greedy()),
        [true, false, true],
        "{scores:?}"
    );
    assert!(scores[0].log_likelihood > -1e-6 && scores[1].log_likelihood < -40.0);
    assert_eq!(scores[2].log_likelihood, 0.0);
}

#[test]
fn what_cannot_be_scored_is_refused() {
    let mut language = Language::new(Toy::new(30, 8, 4));
    let mut scores = [Score::default(); 2];
    let texts: [&[u32]; 1] = [&[1]];
    assert_eq!(
        language.score(&texts, &mut scores),
        Err(LanguageError::NoLogits)
    );
    language.feed(&[1, 2, 3, 4, 5, 6]).unwrap();
    let before = language.model().passes;
    let long: [&[u32]; 2] = [&[1], &[1; 4]];
    let full = LanguageError::ContextFull { room: 2 };
    assert_eq!(language.score(&long, &mut scores), Err(full));
    let unknown: [&[u32]; 1] = [&[1, 30]];
    let no_token = LanguageError::NoSuchToken { token: 30 };
    assert_eq!(language.score(&unknown, &mut scores), Err(no_token));
    let few = LanguageError::OutputTooSmall { needed: 1 };
    assert_eq!(language.score(&texts, &mut []), Err(few));
    assert_eq!(language.model().passes, before);
    // The last token takes no room.
    let fits: [&[u32]; 2] = [&[1], &[1; 3]];
    assert_eq!(language.score(&fits, &mut scores), Ok(()));
    assert_eq!(language.position(), 6);
    // One token each leaves the logits.
    language.rewind(5).unwrap();
    language.feed(&[6]).unwrap();
    assert_eq!(language.score(&texts, &mut scores), Ok(()));
    assert!(language.logits().is_ok());
}
