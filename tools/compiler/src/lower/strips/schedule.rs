use super::segment::Segment;

/// Which rows of each plane of a segment each strip calculates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    /// Rows of each plane that are there after each strip.
    pub(super) done: Vec<Vec<usize>>,
    /// The first row of each plane that each strip reads.
    pub(super) first: Vec<Vec<usize>>,
}

impl Schedule {
    /// Takes in `lead` rows of the first plane and `rows` more with each strip, and calculates whatever these allow.
    /// `None` where rows read padding alone.
    pub(super) fn new(segment: &Segment, lead: usize, rows: usize) -> Option<Schedule> {
        let planes = &segment.planes;
        let mut schedule = Schedule {
            done: Vec::new(),
            first: Vec::new(),
        };
        let mut done = vec![0; planes.len()];
        while done.last() != planes.last().map(|plane| &plane.height) {
            let mut first = done.clone();
            let before = done.clone();
            let strip = schedule.strips();
            done[0] = planes[0].height.min(lead + (strip + 1) * rows);
            for link in &segment.links {
                let mut end = before[link.output];
                let height = planes[link.output].height;
                for &(_, plane) in &link.inputs {
                    // What the next row reads, be it calculated now or later.
                    if end < height {
                        let reads = link.rule.reads(&(end..end + 1), planes[plane].height);
                        first[plane] = first[plane].min(reads.start);
                    }
                }
                while end < height {
                    let reads = |plane: usize| {
                        let height = planes[plane].height;
                        link.rule.reads(&(end..end + 1), height)
                    };
                    let mut reads = link.inputs.iter().map(|&(_, plane)| (plane, reads(plane)));
                    if reads.clone().any(|(_, rows)| rows.is_empty()) {
                        return None;
                    }
                    if reads.any(|(plane, rows)| rows.end > done[plane]) {
                        break;
                    }
                    end += 1;
                }
                done[link.output] = end;
            }
            let is_stuck = before[0] == planes[0].height && before == done;
            if is_stuck {
                return None;
            }
            schedule.done.push(done.clone());
            schedule.first.push(first);
        }
        Some(schedule)
    }

    pub(super) fn strips(&self) -> usize {
        self.done.len()
    }

    /// Rows of a plane that are there before a strip.
    pub(super) fn before(&self, strip: usize, plane: usize) -> usize {
        strip
            .checked_sub(1)
            .map_or(0, |last| self.done[last][plane])
    }

    /// Rows of a plane that a strip finds there and reads again.
    pub(super) fn kept(&self, strip: usize, plane: usize) -> usize {
        self.before(strip, plane) - self.first[strip][plane]
    }

    /// Whether rows of a plane are kept from any strip to the next.
    pub(super) fn is_rolling(&self, plane: usize) -> bool {
        (1..self.strips()).any(|strip| self.kept(strip, plane) > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::Rule;
    use super::super::segment::{Link, Plane};
    use super::*;

    fn three_by_three(stride: usize, inputs: &[usize], output: usize) -> Link {
        Link {
            rule: Rule::Window {
                kernel: 3,
                stride,
                dilation: 1,
                pad: 1,
            },
            inputs: inputs.iter().map(|&plane| (0, plane)).collect(),
            output,
        }
    }

    fn segment(links: Vec<Link>, heights: &[usize]) -> Segment {
        let plane = |&height: &usize| Plane {
            row: 0,
            buffer: 0,
            height,
            row_bytes: 1,
        };
        Segment {
            steps: 0..links.len(),
            links,
            planes: heights.iter().map(plane).collect(),
        }
    }

    #[test]
    fn strips_calculate_every_row_once_and_keep_what_they_read_again() {
        let two = segment(
            vec![three_by_three(2, &[0], 1), three_by_three(1, &[1], 2)],
            &[8, 4, 4],
        );
        let schedule = Schedule::new(&two, 0, 3).unwrap();
        assert_eq!(schedule.done, [[3, 1, 0], [6, 3, 2], [8, 4, 4]]);
        assert_eq!(schedule.first, [[0, 0, 0], [1, 0, 0], [5, 1, 2]]);
        assert!(schedule.is_rolling(0) && schedule.is_rolling(1) && !schedule.is_rolling(2));
        assert_eq!(schedule.kept(2, 1), 2);
        let led = Schedule::new(&two, 1, 3).unwrap();
        assert_eq!(led.done, [[4, 2, 1], [7, 3, 2], [8, 4, 4]]);
    }

    #[test]
    fn a_plane_that_two_steps_read_keeps_what_either_needs() {
        let sum = Link {
            rule: Rule::Elementwise,
            inputs: vec![(0, 0), (1, 1)],
            output: 2,
        };
        let residual = segment(vec![three_by_three(1, &[0], 1), sum], &[6, 6, 6]);
        let schedule = Schedule::new(&residual, 0, 2).unwrap();
        assert_eq!(schedule.done, [[2, 1, 1], [4, 3, 3], [6, 6, 6]]);
        assert_eq!(schedule.first, [[0, 0, 0], [0, 1, 1], [2, 3, 3]]);
    }
}
