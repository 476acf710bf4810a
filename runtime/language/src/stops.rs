use crate::LanguageError;

/// Looks for stop strings in a text that comes in parts. What may be the start of one is held back until it is known.
#[derive(Clone, Debug)]
pub(crate) struct Stops<'g> {
    stops: &'g [&'g str],
    /// What is held back is always the start of a stop string: which one, and how many of its bytes.
    held: (usize, usize),
}

impl<'g> Stops<'g> {
    /// # Errors
    /// `EmptyStop`.
    pub(crate) fn new(stops: &'g [&'g str]) -> Result<Stops<'g>, LanguageError> {
        if stops.iter().any(|stop| stop.is_empty()) {
            return Err(LanguageError::EmptyStop);
        }
        Ok(Stops {
            stops,
            held: (0, 0),
        })
    }

    /// Bytes that can be held back at most, and one.
    pub(crate) fn longest(&self) -> usize {
        self.stops.iter().fold(0, |most, stop| most.max(stop.len()))
    }

    fn held(&self) -> &'g [u8] {
        let (stop, bytes) = self.held;
        let stop = self.stops.get(stop).map_or("", |stop| stop);
        stop.as_bytes().get(..bytes).unwrap_or_default()
    }

    /// Takes a byte of the text and gives those that are no part of a stop string to `write`. Gives whether the text
    /// ends here; nothing of the stop string was written then.
    ///
    /// # Complexity
    /// For each byte held back, a comparison with each stop string.
    pub(crate) fn take(&mut self, byte: u8, mut write: impl FnMut(u8)) -> bool {
        let held = self.held();
        // The longest end of what is held and the byte that starts a stop string: it is held from now on.
        let mut kept = None;
        for start in 0..=held.len() {
            let rest = held.get(start..).unwrap_or_default();
            for (stop, text) in self.stops.iter().enumerate() {
                let after = text.as_bytes().strip_prefix(rest);
                let Some(after) = after.and_then(|after| after.strip_prefix(&[byte])) else {
                    continue;
                };
                if after.is_empty() {
                    held.iter().take(start).for_each(|&it| write(it));
                    self.held = (0, 0);
                    return true;
                }
                kept = kept.or(Some((start, stop)));
            }
        }
        let of_held = kept.map_or(held.len(), |(start, _)| start);
        held.iter().take(of_held).for_each(|&it| write(it));
        if kept.is_none() {
            write(byte);
        }
        self.held = kept.map_or((0, 0), |(start, stop)| {
            let bytes = held.len().saturating_sub(start).saturating_add(1);
            (stop, bytes)
        });
        false
    }

    /// Gives what is held back to `write`: the text is over.
    pub(crate) fn release(&mut self, write: impl FnMut(u8)) {
        self.held().iter().copied().for_each(write);
        self.held = (0, 0);
    }
}
