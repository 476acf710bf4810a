//! What normalization form C takes, as tables.

use std::collections::HashMap;

use cadet_text::format::Row;
use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};

pub(crate) struct Tables {
    pub(crate) marks: Vec<u32>,
    pub(crate) decompositions: Vec<Row>,
    pub(crate) compositions: Vec<Row>,
}

/// The tables of all characters but the syllables of Hangul, which are arithmetic.
pub(crate) fn tables() -> Tables {
    let all = || ('\0'..=char::MAX).filter(|it| !('\u{ac00}'..='\u{d7a3}').contains(it));
    let parts = |character: char| {
        let mut parts = Vec::new();
        decompose_canonical(character, |part| parts.push(part));
        parts
    };
    let decomposed: Vec<(char, Vec<char>)> = all()
        .map(|it| (it, parts(it)))
        .filter(|(it, parts)| parts != &[*it])
        .collect();
    // A character of three parts is one of two, and the last.
    let whole: HashMap<&[char], char> = decomposed
        .iter()
        .map(|(it, parts)| (parts.as_slice(), *it))
        .collect();
    let row = |(character, parts): &(char, Vec<char>)| {
        let (first, second) = match parts.as_slice() {
            [only] => (*only, '\0'),
            [first, second] => (*first, *second),
            [before @ .., last] => (whole.get(before).copied().unwrap_or_default(), *last),
            [] => (*character, '\0'),
        };
        (*character, first, second)
    };
    let rows: Vec<(char, char, char)> = decomposed.iter().map(row).collect();
    let pack = |&(it, first, second): &(char, char, char)| {
        Row::new(u32::from(it), u32::from(first), u32::from(second))
    };
    let decompositions = rows.iter().map(pack).collect();
    // The first part is here as form C has it, which the one above need not be.
    let made = decomposed.iter().filter_map(|(it, parts)| {
        let (last, before) = parts.split_last()?;
        let first = before
            .iter()
            .copied()
            .reduce(|a, b| compose(a, b).unwrap_or_default())?;
        (compose(first, *last) == Some(*it)).then_some((*it, first, *last))
    });
    let mut compositions: Vec<Row> = made.map(|row| pack(&row)).collect();
    compositions.sort_by_key(Row::pair);
    let (mut marks, mut last) = (Vec::new(), None);
    for character in '\0'..=char::MAX {
        let class = canonical_combining_class(character);
        if last != Some(class) {
            marks.push(u32::from(character) | u32::from(class) << 24);
            last = Some(class);
        }
    }
    Tables {
        marks,
        decompositions,
        compositions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_those_of_one_version() {
        let (major, minor, update) = unicode_normalization::UNICODE_VERSION;
        assert_eq!([major, minor, update], crate::UNICODE_VERSION);
        let tables = tables();
        let count = (
            tables.marks.len(),
            tables.decompositions.len(),
            tables.compositions.len(),
        );
        println!("{count:?}");
        let whole = tables.decompositions.iter().all(|row| row.pair().0 != 0);
        assert!(whole, "a character's first part is none");
    }
}
