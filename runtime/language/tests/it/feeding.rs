//! Prompts, going back, snapshots.

use cadet_language::{Language, LanguageError, Snapshot};
use proptest::prelude::*;

use crate::toy::Toy;

fn one_by_one(tokens: &[u32]) -> Vec<f32> {
    let mut language = Language::new(Toy::new(50, 64, 0));
    for &token in tokens {
        language.feed(&[token]).unwrap();
    }
    language.logits().unwrap().to_vec()
}

proptest! {
    #[test]
    fn chunks_and_the_rest_are_token_by_token(
        parts in prop::collection::vec(prop::collection::vec(0_u32..50, 1..20), 1..4),
        chunk in 0_usize..9,
    ) {
        let mut language = Language::new(Toy::new(50, 64, chunk));
        let mut passes = [0; 2];
        for part in &parts {
            language.feed(part).unwrap();
            let chunks = (part.len() - 1).checked_div(chunk).unwrap_or(0);
            passes[0] += part.len() - chunks * chunk;
            passes[1] += chunks;
        }
        let all = parts.concat();
        prop_assert_eq!(language.position(), all.len());
        prop_assert_eq!(language.model().passes, passes);
        prop_assert_eq!(language.logits().unwrap(), one_by_one(&all));
    }

    #[test]
    fn going_back_is_as_if_nothing_had_followed(
        tokens in prop::collection::vec(0_u32..50, 1..30),
        others in prop::collection::vec(0_u32..50, 1..30),
        back in 0_usize..30,
    ) {
        let back = back.min(tokens.len());
        let mut language = Language::new(Toy::new(50, 64, 4));
        language.feed(&tokens).unwrap();
        language.rewind(back).unwrap();
        prop_assert_eq!(language.position(), back);
        prop_assert_eq!(language.logits().is_ok(), back == tokens.len());
        language.feed(&others).unwrap();
        prop_assert_eq!(language.logits().unwrap(), one_by_one(&[&tokens[..back], &others].concat()));
    }
}

#[test]
fn a_snapshot_brings_a_text_back() {
    let mut language = Language::new(Toy::new(50, 16, 4));
    language.feed(&[1, 2, 3, 4, 5, 6]).unwrap();
    let mut buffer = [0; 65];
    let bytes = language.state_bytes();
    assert_eq!(bytes, 64);
    let small = language.snapshot(&mut buffer[..63]);
    assert_eq!(small, Err(LanguageError::OutputTooSmall { needed: 64 }));
    let snapshot = language.snapshot(&mut buffer).unwrap();
    assert_eq!((snapshot.position, snapshot.state.len()), (6, 64));

    language.rewind(0).unwrap();
    language.feed(&[9; 16]).unwrap();
    language.restore(&snapshot).unwrap();
    assert_eq!(language.position(), 6);
    assert_eq!(language.logits(), Err(LanguageError::NoLogits));
    language.feed(&[7]).unwrap();
    assert_eq!(
        language.logits().unwrap(),
        one_by_one(&[1, 2, 3, 4, 5, 6, 7])
    );

    let cut = Snapshot {
        state: &snapshot.state[1..],
        ..snapshot
    };
    assert_eq!(language.restore(&cut), Err(LanguageError::WrongState));
    let beyond = Snapshot {
        position: 17,
        ..snapshot
    };
    assert_eq!(
        language.restore(&beyond),
        Err(LanguageError::NoSuchPosition)
    );
    assert_eq!(language.position(), 7);
}

#[test]
fn what_cannot_be_taken_in_changes_nothing() {
    let mut language = Language::new(Toy::new(50, 8, 4));
    assert_eq!(language.logits(), Err(LanguageError::NoLogits));
    assert_eq!(language.feed(&[]), Ok(()));
    assert_eq!(language.logits(), Err(LanguageError::NoLogits));
    let unknown = LanguageError::NoSuchToken { token: 50 };
    assert_eq!(language.feed(&[1, 50, 51]), Err(unknown));
    language.feed(&[1, 2, 3]).unwrap();
    let before = language.logits().unwrap().to_vec();
    let full = LanguageError::ContextFull { room: 5 };
    assert_eq!(language.feed(&[4; 6]), Err(full));
    assert_eq!(language.feed(&[]), Ok(()));
    assert_eq!(language.logits().unwrap(), before);
    assert_eq!(language.rewind(4), Err(LanguageError::NoSuchPosition));
    language.feed(&[4; 5]).unwrap();
    assert_eq!(language.room(), 0);
    let full = LanguageError::ContextFull { room: 0 };
    assert_eq!(language.feed(&[4]), Err(full));
}
