use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::Outcome;
use super::edge_set::Row;
use super::engine::Ours;
use super::quantised::Int8;

/// How a test counts in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Native,
    Folded,
    Fallback,
    Refused,
    Wrong,
}

impl Class {
    /// The columns; wrong values fail the suite and have none.
    const COLUMNS: [Class; 4] = [
        Class::Native,
        Class::Folded,
        Class::Fallback,
        Class::Refused,
    ];

    fn of(outcome: &Outcome<'_>) -> Class {
        match (&outcome.ours, &outcome.tract) {
            (Ours::Native, _) => Class::Native,
            (Ours::Folded, _) => Class::Folded,
            (Ours::Refused(_), Ok(())) => Class::Fallback,
            (Ours::Refused(_), Err(_)) => Class::Refused,
            (Ours::Wrong(_), _) => Class::Wrong,
        }
    }
}

/// `COVERAGE.md` for the outcomes of the edge set.
pub(super) fn render(rows: &[Row], outcomes: &[Outcome<'_>]) -> String {
    let mut text = String::from(HEAD);
    summary(&mut text, outcomes);
    operators(&mut text, outcomes);
    misses(&mut text, outcomes);
    left_out(&mut text, rows);
    text
}

const HEAD: &str = "\
# ONNX coverage

The single-node tests of onnx 1.23.2 over tensors of f32, i8, u8, i32, i64 and bool (`coverage/edge_set.py` lists them), compiled without quantisation and compared with the tests' outputs by their own tolerances and the rounding of an output's largest element (of ours, `test_dft_inverse` and its like for opset 19 need the latter: their wanted values are rounded sums), integers and booleans exactly. Made by `cargo xtask coverage`; the tests check that it is current.

- **native**: the engine computes the node.
- **folded**: the values are right, but do not depend on an input: the compiler computed them.
- **fallback**: the compiler refuses the node, tract computes the right values.
- **refused**: the compiler refuses the node, and tract does not compute the right values.
- **int8**: of the native ones over floats, those that our int8 quantisation runs in integers throughout; the others keep float steps. Both are compared with the float model.

";

fn count(outcomes: &[Outcome<'_>], class: Class) -> usize {
    let classes = outcomes.iter().map(Class::of);
    classes.filter(|&found| found == class).count()
}

fn summary(text: &mut String, outcomes: &[Outcome<'_>]) {
    let native = count(outcomes, Class::Native);
    let total = outcomes.len();
    let percent = 100.0 * native as f64 / total as f64;
    let right = outcomes.iter().filter(|outcome| outcome.tract.is_ok());
    let int8 = outcomes
        .iter()
        .filter(|outcome| outcome.int8 == Int8::Integers);
    writeln!(
        text,
        "**Native {native} of {total} = {percent:.1} %**, {} of them in int8 too; tract alone computes {}.\n",
        int8.count(),
        right.count()
    )
    .unwrap();
}

fn operators(text: &mut String, outcomes: &[Outcome<'_>]) {
    let mut groups: BTreeMap<&str, Vec<&Outcome<'_>>> = BTreeMap::new();
    for outcome in outcomes {
        let group = groups.entry(&outcome.row.operator).or_default();
        group.push(outcome);
    }
    text.push_str("## Operators\n\nParameters are inputs that were bound to the test's data before compiling; all others are given at run time.\n\n");
    text.push_str(
        "| operator | tests | native | folded | fallback | refused | int8 | parameters |\n\
         |---|--:|--:|--:|--:|--:|--:|---|\n",
    );
    for (operator, group) in groups {
        write!(text, "| {operator} | {} |", group.len()).unwrap();
        let of_class = |class| {
            group
                .iter()
                .filter(move |outcome| Class::of(outcome) == class)
        };
        let columns = Class::COLUMNS.map(|class| of_class(class).count());
        let int8 = group
            .iter()
            .filter(|outcome| outcome.int8 == Int8::Integers);
        for number in columns.into_iter().chain([int8.count()]) {
            match number {
                0 => text.push_str(" |"),
                _ => write!(text, " {number} |").unwrap(),
            }
        }
        let parameters = group.iter().flat_map(|outcome| &outcome.row.parameters);
        let parameters: BTreeSet<&(usize, String)> = parameters.collect();
        let names: Vec<&str> = parameters.iter().map(|(_, name)| name.as_str()).collect();
        let separator = if names.is_empty() { "" } else { " " };
        writeln!(text, "{separator}{} |", names.join(", ")).unwrap();
    }
}

/// Every test that is not native, those of one operator and reason on one line.
fn misses(text: &mut String, outcomes: &[Outcome<'_>]) {
    let mut groups: BTreeMap<(&str, Class, String), Vec<&str>> = BTreeMap::new();
    for outcome in outcomes {
        let reason = match (&outcome.ours, outcome.tract) {
            (Ours::Native, _) => continue,
            (Ours::Folded, _) => "the output does not depend on an input".into(),
            (Ours::Refused(reason), Ok(())) => reason.clone(),
            (Ours::Refused(reason), Err(tract)) => format!("{reason}; {tract}"),
            (Ours::Wrong(defect), _) => defect.clone(),
        };
        let key = (&*outcome.row.operator, Class::of(outcome), reason);
        groups.entry(key).or_default().push(&outcome.row.test);
    }
    text.push_str("\n## Misses\n\n");
    for ((operator, class, reason), tests) in groups {
        let class = format!("{class:?}").to_lowercase();
        let tests = tests.join("`, `");
        let reason = reason.replace('\n', " ");
        writeln!(text, "- {operator}, {class}: {reason} (`{tests}`)").unwrap();
    }
}

fn left_out(text: &mut String, rows: &[Row]) {
    let mut groups: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for row in rows {
        if let Some(reason) = &row.left_out {
            let operators = groups.entry(reason).or_default();
            *operators.entry(&row.operator).or_default() += 1;
        }
    }
    text.push_str("\n## Left out of the set\n\n");
    for (reason, operators) in groups {
        let operators = operators.iter();
        let operators: Vec<String> = operators
            .map(|(name, tests)| format!("{name} ({tests})"))
            .collect();
        writeln!(text, "- {reason}: {}", operators.join(", ")).unwrap();
    }
}
