use std::time::{Duration, Instant};

use cadet_runtime::{Error, Session};

/// Least and median time of many runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The shortest.
    pub least: Duration,
    /// The one in the middle.
    pub median: Duration,
}

/// Times of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// How often everything ran.
    pub runs: usize,
    /// All steps in one go.
    pub whole: Times,
    /// Each step, less what reading the clock takes.
    pub steps: Vec<Times>,
}

/// Runs `program` whole and step by step in turns, on the inputs that lie there, until both `least_runs` and `time` are
/// reached.
///
/// # Errors
/// As [`Session::run`].
pub fn profile(
    session: &mut Session<'_, '_>,
    program: usize,
    least_runs: usize,
    time: Duration,
) -> Result<Profile, Error> {
    let steps = session.package().steps(program).ok_or(Error::NoSuchIndex)?;
    let mut of_steps = vec![Vec::new(); steps.len()];
    let mut whole = Vec::new();
    let clock = clock();
    // The first run fetches code and weights.
    session.run(program)?;
    let start = Instant::now();
    while whole.is_empty() || whole.len() < least_runs || start.elapsed() < time {
        let before = Instant::now();
        session.run(program)?;
        whole.push(before.elapsed().saturating_sub(clock));
        let mut before = Instant::now();
        for (step, times) in of_steps.iter_mut().enumerate() {
            session.step(program, step)?;
            let after = Instant::now();
            times.push((after - before).saturating_sub(clock));
            before = after;
        }
    }
    Ok(Profile {
        runs: whole.len(),
        whole: times(&mut whole),
        steps: of_steps.iter_mut().map(|it| times(it)).collect(),
    })
}

/// What reading the clock takes.
fn clock() -> Duration {
    let readings = (0..100).map(|_| Instant::now().elapsed());
    readings.min().unwrap_or_default()
}

fn times(all: &mut [Duration]) -> Times {
    all.sort_unstable();
    let at = |index: usize| all.get(index).copied().unwrap_or_default();
    Times {
        least: at(0),
        median: at(all.len() / 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_and_the_one_in_the_middle() {
        let mut all = [9, 1, 5, 7, 3].map(Duration::from_nanos);
        let [least, median] = [1, 5].map(Duration::from_nanos);
        assert_eq!(times(&mut all), Times { least, median });
    }
}
