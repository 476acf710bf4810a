//! What a verb prints and writes.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// Prints a report as JSON on standard output.
pub(crate) fn print_json(report: &impl Serialize) -> Result<()> {
    print_line(&serde_json::to_string_pretty(report)?)
}

/// Prints a line. A reader that has gone away (`cadet .. | head`) is no failure.
pub(crate) fn print_line(line: &str) -> Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// What a cell under a heading has room for: names that other tools gave to nodes have hundreds of characters.
const MAX_CELL: usize = 48;

/// A plain table as text; columns whose heading starts with `>` are right-aligned, and long cells under headings lose
/// their middle.
pub(crate) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if !headings.is_empty() {
        table.set_header(
            headings
                .iter()
                .map(|heading| heading.trim_start_matches('>')),
        );
    }
    for row in rows {
        match headings.is_empty() {
            true => table.add_row(row),
            false => table.add_row(row.iter().map(|cell| shortened(cell))),
        };
    }
    for (index, heading) in headings.iter().enumerate() {
        if let (Some(column), true) = (table.column_mut(index), heading.starts_with('>')) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// The first and the last characters of a text that is longer than a cell.
fn shortened(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= MAX_CELL {
        return text.to_owned();
    }
    let kept = MAX_CELL - 3;
    let (start, end) = (kept / 2, characters.len() - kept.div_ceil(2));
    let parts = [&characters[..start], &['.'; 3], &characters[end..]];
    parts.into_iter().flatten().collect()
}

/// `1234567` as `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a file whole or not at all, and never over another one unless told to.
pub(crate) fn write_new(path: &Path, bytes: &[u8], force: bool) -> Result<()> {
    if path.exists() && !force {
        bail!(
            "{} exists and was not touched; pass --force to replace it",
            path.display()
        );
    }
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .with_context(|| format!("{} names no file", path.display()))?;
    let part = folder.join(format!(".{}.part", name.to_string_lossy()));
    fs::write(&part, bytes)
        .and_then(|()| fs::rename(&part, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_only_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.cadet");
        write_new(&path, b"one", false).unwrap();
        let error = write_new(&path, b"two", false).unwrap_err();
        assert!(error.to_string().contains("--force"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_new(&path, b"two", true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn long_cells_lose_their_middle() {
        let name = format!("first{}last", "·".repeat(100));
        let text = table(&["node"], [vec![name.clone()]]);
        let row = text.lines().nth(1).unwrap().trim();
        assert_eq!(row.chars().count(), MAX_CELL);
        assert!(row.starts_with("first·") && row.ends_with("·last"));
        assert!(table(&[], [vec![name.clone()]]).contains(&name));
    }

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (7_489_664, "7,489,664"),
        ] {
            assert_eq!(thousands(number), text);
        }
    }
}
