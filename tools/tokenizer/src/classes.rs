//! The classes of characters that patterns tell apart, as a table.

use cadet_text::format::class;
use regex_syntax::hir::{Class, HirKind};

/// Version of Unicode that the classes are of: that of the crate `regex-syntax`.
pub const UNICODE_VERSION: [u8; 3] = [16, 0, 0];

/// Rows of first character and class, from character 0 on.
pub(crate) fn table() -> Vec<u32> {
    let classes = [
        (class::LETTER, r"\p{L}"),
        (class::NUMBER, r"\p{N}"),
        (class::SPACE, r"\s"),
    ];
    let mut runs: Vec<(u32, u32, u32)> = Vec::new();
    for (class, pattern) in classes {
        runs.extend(
            ranges(pattern)
                .into_iter()
                .map(|(start, end)| (start, end, class)),
        );
    }
    runs.sort_unstable();
    let mut rows = Vec::new();
    let mut next = 0;
    for (start, end, class) in runs {
        if start > next || rows.is_empty() {
            rows.push(next | class::OTHER << 24);
        }
        rows.push(start | class << 24);
        next = end + 1;
    }
    rows.push(next | class::OTHER << 24);
    rows
}

/// First and last characters of a class, in order.
fn ranges(pattern: &str) -> Vec<(u32, u32)> {
    let hir = regex_syntax::parse(pattern).map(|hir| hir.into_kind());
    let Ok(HirKind::Class(Class::Unicode(class))) = hir else {
        return Vec::new();
    };
    let range = |it: &regex_syntax::hir::ClassUnicodeRange| (it.start() as u32, it.end() as u32);
    class.ranges().iter().map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_of(rows: &[u32], code: char) -> u32 {
        let run = rows.partition_point(|row| row & 0x00ff_ffff <= code as u32);
        rows[run - 1] >> 24
    }

    #[test]
    fn classes_are_those_of_the_patterns() {
        let rows = table();
        assert!(rows.is_sorted_by(|a, b| a & 0x00ff_ffff < b & 0x00ff_ffff));
        assert_eq!(rows[0], 0);
        for code in '\0'..=char::MAX {
            let class = class_of(&rows, code);
            assert_eq!(class == class::SPACE, code.is_whitespace(), "{code:?}");
            if code.is_ascii() {
                assert_eq!(class == class::LETTER, code.is_ascii_alphabetic());
                assert_eq!(class == class::NUMBER, code.is_ascii_digit());
            }
        }
    }

    /// U+105C0 is a letter since Unicode 16; U+10940 since 17.
    #[test]
    fn the_version_is_told() {
        let rows = table();
        assert_eq!(class_of(&rows, '\u{105c0}'), class::LETTER);
        assert_eq!(class_of(&rows, '\u{10940}'), class::OTHER);
    }
}
