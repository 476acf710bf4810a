//! Least squares with coefficients that are not negative.

use super::measure::Row;
use cadet_flash::KernelCost;

/// The coefficients with the least sum of squared relative errors.
pub(super) fn fit(rows: &[Row]) -> KernelCost {
    let candidates = (1..8u8).filter_map(|used| solve(rows, used));
    let best = candidates.min_by(|a, b| error(rows, a).total_cmp(&error(rows, b)));
    let stack = rows.iter().map(|row| row.stack).max().unwrap_or(0);
    match best {
        Some([mac, start, call]) => KernelCost {
            mac,
            start,
            call,
            stack,
        },
        None => panic!("no fit for {rows:?}"),
    }
}

/// MACs, loops and 1, as shares of the instructions.
fn features(row: &Row) -> [f64; 3] {
    [row.macs as f64, row.loops as f64, 1.0].map(|it| it / row.instructions)
}

fn error(rows: &[Row], coefficients: &[f64; 3]) -> f64 {
    let told = |row: &Row| -> f64 {
        features(row)
            .iter()
            .zip(coefficients)
            .map(|(a, b)| a * b)
            .sum()
    };
    rows.iter().map(|row| (told(row) - 1.0).powi(2)).sum()
}

/// The normal equations with the features in `used` (a bit each); `None` where they have no solution without
/// negative coefficients.
fn solve(rows: &[Row], used: u8) -> Option<[f64; 3]> {
    // Each row holds a line of the matrix and, last, the right side.
    let mut lines = [[0.0; 4]; 3];
    for (index, line) in lines.iter_mut().enumerate() {
        if used >> index & 1 == 0 {
            line[index] = 1.0;
            continue;
        }
        for row in rows {
            let values = features(row);
            for other in (0..3).filter(|other| used >> other & 1 == 1) {
                line[other] += values[index] * values[other];
            }
            line[3] += values[index];
        }
    }
    for pivot in 0..3 {
        let largest =
            (pivot..3).max_by(|&a, &b| lines[a][pivot].abs().total_cmp(&lines[b][pivot].abs()))?;
        lines.swap(pivot, largest);
        let divisor = lines[pivot][pivot];
        if divisor.abs() < 1e-18 {
            return None;
        }
        lines[pivot] = lines[pivot].map(|it| it / divisor);
        let line = lines[pivot];
        for (_, other) in lines
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| *index != pivot)
        {
            let factor = other[pivot];
            for (value, of_pivot) in other.iter_mut().zip(line) {
                *value -= factor * of_pivot;
            }
        }
    }
    let solution = [lines[0][3], lines[1][3], lines[2][3]];
    solution
        .iter()
        .all(|it| *it >= 0.0 && it.is_finite())
        .then_some(solution)
}

#[test]
fn exact_costs_are_found_again() {
    let wanted = KernelCost {
        mac: 3.5,
        start: 12.0,
        call: 700.0,
        stack: 96,
    };
    let shapes = [(100, 50), (4000, 300), (90_000, 800), (2000, 4000)];
    let rows = shapes.map(|(macs, loops)| Row {
        kernel: String::new(),
        macs,
        loops,
        instructions: wanted.instructions(macs, loops),
        stack: 96,
    });
    let found = fit(&rows);
    for (found, wanted) in [
        (found.mac, wanted.mac),
        (found.start, wanted.start),
        (found.call, wanted.call),
    ] {
        assert!((found / wanted - 1.0).abs() < 1e-6, "{found} {wanted}");
    }
    assert_eq!(found.stack, 96);
}
