//! The ONNX node tests of the edge set (`coverage/edge_set.tsv`) through our compiler and engine, and
//! through tract. `COVERAGE.md` holds the results; `cargo xtask coverage` writes it anew.
//!
//! `CADET_COVERAGE_OPS=Resize,test_abs` with `-- --nocapture` runs the tests of some operators, or
//! single tests, and prints every miss. The archive lies under `CADET_DATA` (default
//! `../shared/data`); without it the tests say so and pass.

mod damaged;
mod edge_set;
mod engine;
mod node_test;
mod panics;
mod quantised;
mod reference;
mod table;
mod value;

use std::path::Path;
use std::process::Command;

use rayon::prelude::*;

use edge_set::Row;
use engine::Ours;
use node_test::{Archive, NodeTest};
use quantised::Int8;

const ARCHIVE: &str = "onnx-backend-tests/onnx-1.23.2-node-1884.tar.xz";
const EDGE_SET: &str = include_str!("../../../coverage/edge_set.tsv");
/// Where tract is off by no more than 1e-6, at elements that are 0.
const NEARLY_RIGHT: [&str; 2] = ["test_gru_seq_length", "test_gru_bidirectional"];
const STALE: &str = "run `cargo xtask coverage` and commit what it writes";

/// What became of a test of the edge set.
struct Outcome<'a> {
    row: &'a Row,
    ours: Ours,
    /// The same after our quantisation.
    int8: Int8,
    /// Whether tract, the fallback, computes the right values, or why not.
    tract: Result<(), &'static str>,
    /// Whether the model is packaged whole although tract computes other values.
    trusted_wrongly: bool,
}

#[test]
fn every_value_is_right_and_the_table_is_current() {
    let Some(archive) = crate::support::data(ARCHIVE) else {
        return;
    };
    let archive = Archive::read(&archive).unwrap();
    let rows = edge_set::rows(EDGE_SET);
    let chosen = std::env::var("CADET_COVERAGE_OPS").ok();
    let is_chosen = |row: &&Row| {
        let names = chosen.as_deref().map(|names| names.split(','));
        row.left_out.is_none()
            && names.is_none_or(|mut names| names.any(|n| n == row.operator || n == row.test))
    };
    let chosen_rows: Vec<&Row> = rows.iter().filter(is_chosen).collect();
    assert!(!chosen_rows.is_empty(), "no test of {chosen:?}");
    let outcomes: Vec<Outcome<'_>> = chosen_rows
        .into_par_iter()
        .map(|row| {
            let test = NodeTest::new(&archive, row);
            let ours = engine::examine(&test);
            let int8 = match ours {
                Ours::Native => quantised::examine(&test),
                _ => Int8::NotMeant,
            };
            let tract = reference::examine(&test);
            Outcome {
                row,
                ours,
                int8,
                trusted_wrongly: tract == Err(reference::OTHER_VALUES)
                    && reference::is_packaged_whole(&test),
                tract,
            }
        })
        .collect();

    let table = table::render(&rows, &outcomes);
    if chosen.is_some() {
        println!("{table}");
    } else {
        check_table(&table);
    }
    let wrong = outcomes.iter().filter_map(|outcome| {
        let test = &outcome.row.test;
        match (&outcome.ours, &outcome.int8) {
            (Ours::Wrong(defect), _) => Some(format!("\n  {test}: {defect}")),
            (_, Int8::Wrong(defect)) => Some(format!("\n  {test} as int8: {defect}")),
            _ => None,
        }
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} wrong:{}", wrong.len(), wrong.concat());
    let trusted_wrongly = outcomes
        .iter()
        .filter(|it| it.trusted_wrongly && !NEARLY_RIGHT.contains(&&*it.row.test));
    let trusted_wrongly: Vec<&str> = trusted_wrongly.map(|it| &it.row.test[..]).collect();
    assert!(
        trusted_wrongly.is_empty(),
        "packaged whole although tract computes other values: {trusted_wrongly:?}"
    );
}

fn check_table(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("COVERAGE.md");
    if std::env::var_os("CADET_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(path, table).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let kept: Vec<&str> = kept.lines().collect();
    let missing: Vec<&str> = table.lines().filter(|line| !kept.contains(line)).collect();
    assert!(
        kept == table.lines().collect::<Vec<_>>(),
        "COVERAGE.md is not what the suite finds; {STALE}. Lines that it lacks:\n{}",
        missing.join("\n")
    );
}

#[test]
fn the_edge_set_is_what_its_script_lists() {
    let Some(archive) = crate::support::data(ARCHIVE) else {
        return;
    };
    let Some(python) = crate::support::python() else {
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("coverage/edge_set.py");
    let listed = Command::new(python).args([script, archive]).output();
    let listed = listed.unwrap();
    assert!(listed.status.success(), "{listed:?}");
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed == EDGE_SET, "edge_set.tsv is stale; {STALE}");
}
