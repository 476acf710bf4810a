/// Which element of the input each element of an output is, where indices go in steps: slices,
/// repetitions and shuffles of blocks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Strides {
    /// Input index of the output's first element.
    pub(crate) start: Vec<usize>,
    /// How the index along each output dimension is made up, the slowest digit first.
    pub(crate) digits: Vec<Vec<Digit>>,
}

/// One digit of an output index: it counts to `extent`, and each count moves the input index along
/// `axis` by `step`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Digit {
    pub(crate) extent: usize,
    pub(crate) axis: usize,
    pub(crate) step: isize,
}

impl Strides {
    /// Every element of a tensor of this shape in its place.
    pub(crate) fn identity(shape: &[usize]) -> Strides {
        let digit = |(axis, &extent)| {
            vec![Digit {
                extent,
                axis,
                step: 1,
            }]
        };
        Strides {
            start: vec![0; shape.len()],
            digits: shape.iter().enumerate().map(digit).collect(),
        }
    }

    /// The output's shape.
    pub(crate) fn shape(&self) -> Vec<usize> {
        let product = |digits: &Vec<Digit>| digits.iter().map(|digit| digit.extent).product();
        self.digits.iter().map(product).collect()
    }

    /// Digits that count at all; a step has room for eight.
    pub(crate) fn len(&self) -> usize {
        let digits = self.digits.iter().flatten();
        digits.filter(|digit| digit.extent != 1).count()
    }

    /// Takes the elements `indices` along one axis, where these go in steps or repeat in steps.
    /// `None` where they do not.
    pub(crate) fn select(&mut self, axis: usize, indices: &[usize]) -> Option<()> {
        let &first = indices.first()?;
        let repeats = indices.iter().take_while(|&&index| index == first).count();
        let next = *indices.get(repeats).unwrap_or(&first);
        let step = next as isize - first as isize;
        let mut places = indices.chunks(repeats).zip(0_isize..);
        let is_even = places.all(|(chunk, place)| {
            let wanted = first as isize + place * step;
            chunk.len() == repeats && chunk.iter().all(|&index| index as isize == wanted)
        });
        if !is_even {
            return None;
        }
        self.start[axis] = first;
        let digit = |extent, step| Digit { extent, axis, step };
        self.digits[axis] = vec![digit(indices.len() / repeats, step), digit(repeats, 0)];
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_selections_become_digits() {
        for (indices, wanted) in [
            (&[3, 1][..], Some([(2, -2), (1, 0)])),
            (&[0, 0, 0, 1, 1, 1], Some([(2, 1), (3, 0)])),
            (&[2, 2], Some([(1, 0), (2, 0)])),
            (&[0, 0, 1], None),
            (&[0, 1, 3], None),
            (&[], None),
        ] {
            let mut strides = Strides::identity(&[2, 4]);
            let selected = strides.select(1, indices);
            let digits = strides.digits[1].iter().map(|d| (d.extent, d.step));
            let digits: Vec<_> = digits.collect();
            assert_eq!(selected.map(|()| digits), wanted.map(|w| w.to_vec()));
        }
    }
}
