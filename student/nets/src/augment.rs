/// Appends `item` (`[c, h, w]`) to `out`, moved down by `down` and right by `right` pixels; pixels
/// that enter are copies of the edge.
pub(crate) fn push_shifted(
    item: &[f32],
    [channels, height, width]: [usize; 3],
    down: isize,
    right: isize,
    out: &mut Vec<f32>,
) {
    let source =
        |to: usize, by: isize, length: usize| to.saturating_add_signed(-by).min(length - 1);
    for channel in 0..channels {
        for row in 0..height {
            let start = (channel * height + source(row, down, height)) * width;
            let line = &item[start..start + width];
            out.extend((0..width).map(|column| line[source(column, right, width)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::push_shifted;

    fn shifted(down: isize, right: isize) -> Vec<f32> {
        let item = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
        let mut out = Vec::new();
        push_shifted(&item, [1, 3, 3], down, right, &mut out);
        out
    }

    #[test]
    fn moves_and_repeats_the_edge() {
        assert_eq!(shifted(0, 0), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        assert_eq!(shifted(1, 0), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(shifted(0, 1), [1.0, 1.0, 2.0, 4.0, 4.0, 5.0, 7.0, 7.0, 8.0]);
        assert_eq!(
            shifted(0, -2),
            [3.0, 3.0, 3.0, 6.0, 6.0, 6.0, 9.0, 9.0, 9.0]
        );
    }
}
