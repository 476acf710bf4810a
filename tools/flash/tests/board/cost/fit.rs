//! Least squares with coefficients that are not negative.

use super::Row;
use cadet_flash::{KernelCost, Size};

/// What a [`Size`] has, and 1.
const FEATURES: usize = 6;

/// The coefficients with the least sum of squared relative errors.
pub(super) fn fit(rows: &[Row]) -> KernelCost {
    let candidates = (1..1u8 << FEATURES).filter_map(|used| solve(rows, used));
    let best = candidates.min_by(|a, b| error(rows, a).total_cmp(&error(rows, b)));
    let stack = rows.iter().map(|row| row.stack).max().unwrap_or(0);
    match best {
        Some([mac, start, element, input, tail, call]) => KernelCost {
            mac,
            start,
            element,
            input,
            tail,
            call,
            stack,
        },
        None => panic!("no fit for {rows:?}"),
    }
}

/// The features as shares of the cost.
fn features(row: &Row) -> [f64; FEATURES] {
    let size = row.size;
    [
        size.macs as f64,
        size.loops as f64,
        size.elements as f64,
        size.inputs as f64,
        size.tails as f64,
        1.0,
    ]
    .map(|it| it / row.cost)
}

fn error(rows: &[Row], coefficients: &[f64; FEATURES]) -> f64 {
    let told = |row: &Row| -> f64 {
        let pairs = features(row).into_iter().zip(coefficients);
        pairs.map(|(feature, it)| feature * it).sum()
    };
    rows.iter().map(|row| (told(row) - 1.0).powi(2)).sum()
}

/// The normal equations with the features in `used` (a bit each); `None` where they have no solution without
/// negative coefficients, or more than one.
fn solve(rows: &[Row], used: u8) -> Option<[f64; FEATURES]> {
    let is_used = |index: usize| used >> index & 1 == 1;
    // Features differ by orders of magnitude; as shares of their largest, a small pivot tells of dependence.
    let largest: [f64; FEATURES] = std::array::from_fn(|index| {
        let values = rows.iter().map(|row| features(row)[index]);
        values.fold(0.0, f64::max)
    });
    // Each row holds a line of the matrix and, last, the right side.
    let mut lines = [[0.0; FEATURES + 1]; FEATURES];
    for (index, line) in lines.iter_mut().enumerate() {
        if !is_used(index) {
            line[index] = 1.0;
            continue;
        }
        for row in rows {
            let values = features(row);
            let scaled = |index: usize| values[index] / largest[index];
            for other in (0..FEATURES).filter(|other| is_used(*other)) {
                line[other] += scaled(index) * scaled(other);
            }
            line[FEATURES] += scaled(index);
        }
    }
    for pivot in 0..FEATURES {
        let best = (pivot..FEATURES)
            .max_by(|&a, &b| lines[a][pivot].abs().total_cmp(&lines[b][pivot].abs()))?;
        lines.swap(pivot, best);
        let divisor = lines[pivot][pivot];
        if divisor.is_nan() || divisor.abs() < 1e-9 {
            return None;
        }
        lines[pivot] = lines[pivot].map(|it| it / divisor);
        let line = lines[pivot];
        let others = lines.iter_mut().enumerate();
        for (_, other) in others.filter(|(index, _)| *index != pivot) {
            let factor = other[pivot];
            for (value, of_pivot) in other.iter_mut().zip(line) {
                *value -= factor * of_pivot;
            }
        }
    }
    let solution: [f64; FEATURES] = std::array::from_fn(|index| {
        let scaled = lines[index][FEATURES];
        if is_used(index) {
            scaled / largest[index]
        } else {
            0.0
        }
    });
    let is_possible = |it: &f64| *it >= 0.0 && it.is_finite();
    solution.iter().all(is_possible).then_some(solution)
}

#[test]
fn exact_costs_are_found_again() {
    let wanted = KernelCost {
        mac: 3.5,
        start: 12.0,
        element: 31.0,
        input: 0.0,
        tail: 60.0,
        call: 700.0,
        stack: 96,
    };
    let shapes = [
        (100, 50, 10, 7, 1),
        (4000, 300, 300, 900, 0),
        (90_000, 800, 90, 100, 9),
        (2000, 4000, 500, 300, 70),
        (7000, 2000, 1500, 4000, 0),
        (500, 90, 800, 20, 100),
        (20_000, 100, 200, 700, 5),
    ];
    let rows = shapes.map(|(macs, loops, elements, inputs, tails)| {
        let size = Size {
            macs,
            loops,
            elements,
            inputs,
            tails,
        };
        Row {
            kernel: String::new(),
            size,
            cost: wanted.of(size),
            stack: 96,
        }
    });
    let found = fit(&rows);
    for (found, wanted) in [
        (found.mac, wanted.mac),
        (found.start, wanted.start),
        (found.element, wanted.element),
        (found.tail, wanted.tail),
        (found.call, wanted.call),
    ] {
        assert!((found / wanted - 1.0).abs() < 1e-6, "{found} {wanted}");
    }
    assert!(found.input < 1e-6, "{found:?}");
    assert_eq!(found.stack, 96);
}
