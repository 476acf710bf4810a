/// Repeats `values` of shape `from` to fill `to`, by ONNX's broadcasting rule.
pub(crate) fn broadcast(values: &[f32], from: &[usize], to: &[usize]) -> Vec<f32> {
    let missing = to.len().saturating_sub(from.len());
    let mut spread = Vec::with_capacity(to.iter().product());
    for mut index in 0..to.iter().product() {
        let mut source = 0;
        let mut stride = 1;
        for axis in (0..to.len()).rev() {
            let position = index % to[axis];
            index /= to[axis];
            if axis >= missing {
                let extent = from[axis - missing];
                if extent > 1 {
                    source += position * stride;
                }
                stride *= extent;
            }
        }
        spread.push(values[source]);
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_repeats_along_missing_and_unit_dimensions() {
        assert_eq!(
            broadcast(&[1.0, 2.0], &[2, 1], &[1, 2, 3]),
            [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
        );
        assert_eq!(broadcast(&[1.0, 2.0], &[2], &[2, 2]), [1.0, 2.0, 1.0, 2.0]);
    }
}
