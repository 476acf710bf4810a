//! A language model whose logits are a hash of all tokens so far, and one that writes what it is told.

use cadet_format::Error;
use cadet_language::Model;

/// The state holds the tokens, four bytes each; what lies beyond a position is of no effect.
#[derive(Clone, Debug)]
pub(crate) struct Toy {
    pub(crate) vocab: usize,
    pub(crate) context: usize,
    pub(crate) chunk: usize,
    /// The tokens that it writes, whatever it has read, from these positions on.
    pub(crate) script: Vec<(usize, Vec<u32>)>,
    state: Vec<u8>,
    logits: Vec<f32>,
    /// Passes over a token and over a chunk.
    pub(crate) passes: [usize; 2],
}

impl Toy {
    pub(crate) fn new(vocab: usize, context: usize, chunk: usize) -> Toy {
        Toy {
            vocab,
            context,
            chunk,
            script: Vec::new(),
            state: vec![0xee; 4 * context],
            logits: vec![f32::NAN; vocab],
            passes: [0; 2],
        }
    }

    /// The same, that writes `tokens` after a prompt of `position` tokens.
    pub(crate) fn writing(mut self, position: usize, tokens: &[u32]) -> Toy {
        self.script.push((position, tokens.to_vec()));
        self
    }

    fn take_in(&mut self, position: u32, tokens: &[u32]) -> Result<(), Error> {
        for (place, token) in (position as usize..).zip(tokens) {
            let place = self.state.get_mut(4 * place..4 * place + 4);
            place
                .ok_or(Error::ScalarOutOfBounds)?
                .copy_from_slice(&token.to_le_bytes());
        }
        Ok(())
    }

    /// Logits after some tokens.
    pub(crate) fn logits_after(&self, tokens: &[u8]) -> Vec<f32> {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for &byte in tokens {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let mut logits: Vec<f32> = (0..self.vocab as u64)
            .map(|token| {
                let mixed = (hash ^ token).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                (mixed >> 40) as f32 / (1 << 21) as f32 - 4.0
            })
            .collect();
        let position = tokens.len() / 4;
        for (start, script) in &self.script {
            let place = position.checked_sub(*start);
            if let Some(&token) = place.and_then(|place| script.get(place)) {
                logits[token as usize] = 50.0;
            }
        }
        logits
    }
}

impl Model for Toy {
    fn vocab(&self) -> usize {
        self.vocab
    }

    fn context(&self) -> usize {
        self.context
    }

    fn chunk(&self) -> usize {
        self.chunk
    }

    fn decode(&mut self, position: u32, token: u32) -> Result<(), Error> {
        self.passes[0] += 1;
        self.take_in(position, &[token])?;
        self.logits = self.logits_after(&self.state[..4 * (position as usize + 1)]);
        Ok(())
    }

    fn prefill(&mut self, position: u32, tokens: &[u32]) -> Result<(), Error> {
        assert_eq!(tokens.len(), self.chunk);
        self.passes[1] += 1;
        self.logits.fill(f32::NAN);
        self.take_in(position, tokens)
    }

    fn logits(&self) -> Result<&[f32], Error> {
        Ok(&self.logits)
    }

    fn logits_mut(&mut self) -> Result<&mut [f32], Error> {
        Ok(&mut self.logits)
    }

    fn state(&self, region: usize) -> &[u8] {
        // Two regions, as a package may have.
        let half = self.state.len() / 2;
        match region {
            0 => &self.state[..half],
            2 => &self.state[half..],
            _ => &[],
        }
    }

    fn state_mut(&mut self, region: usize) -> &mut [u8] {
        let half = self.state.len() / 2;
        match region {
            0 => &mut self.state[..half],
            2 => &mut self.state[half..],
            _ => &mut [],
        }
    }
}
