use bytemuck::{Pod, Zeroable};

use crate::{DType, Error};

/// Generator 1: a 32-bit linear congruential generator, one step a value.
pub const GENERATOR_LCG: u16 = 1;
/// Flag: the CRCs hold on every target (all steps are integer steps or pure data movement).
pub const GOLDEN_EXACT: u16 = 1;

/// Start of the golden section, 16 bytes. `vectors * steps` CRC-32 follow, vector by vector, each over the
/// output bytes of one step, steps in the order of the steps section's programs.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct GoldenHeader {
    /// How inputs are made: [`GENERATOR_LCG`].
    pub generator: u16,
    /// [`GOLDEN_EXACT`] or 0.
    pub flags: u16,
    /// Number of input vectors.
    pub vectors: u32,
    /// Seed of vector 0; vector `v` uses `seed + v`.
    pub seed: u32,
    /// Number of steps over all programs.
    pub steps: u32,
}

/// The golden vectors of a checked package: a seed and what every step makes of it.
#[derive(Clone, Copy, Debug)]
pub struct Golden<'a> {
    header: GoldenHeader,
    crcs: &'a [u32],
}

impl<'a> Golden<'a> {
    pub(crate) fn new(section: &'a [u8], total_steps: usize) -> Result<Golden<'a>, Error> {
        let (head, crcs) = section
            .split_at_checked(size_of::<GoldenHeader>())
            .ok_or(Error::BadGolden)?;
        let header: GoldenHeader = *bytemuck::try_from_bytes(head).map_err(|_| Error::BadGolden)?;
        let crcs: &[u32] = bytemuck::try_cast_slice(crcs).map_err(|_| Error::BadGolden)?;
        let wanted = u64::from(header.vectors) * u64::from(header.steps);
        // Without steps no length would bound the vectors, which readers run one by one.
        let is_bounded = header.vectors == 0 || header.steps > 0;
        if header.steps as usize != total_steps || crcs.len() as u64 != wanted || !is_bounded {
            return Err(Error::BadGolden);
        }
        Ok(Golden { header, crcs })
    }

    /// The header: generator, seed and counts.
    pub fn header(&self) -> &GoldenHeader {
        &self.header
    }

    /// Number of input vectors.
    pub fn vectors(&self) -> usize {
        self.header.vectors as usize
    }

    /// Whether the CRCs hold on every target.
    pub fn is_exact(&self) -> bool {
        self.header.flags & GOLDEN_EXACT != 0
    }

    /// The generator of vector `vector`'s inputs, or `None` where this reader does not know the kind.
    pub fn generator(&self, vector: usize) -> Option<Generator> {
        (self.header.generator == GENERATOR_LCG)
            .then(|| Generator::new(self.header.seed.wrapping_add(vector as u32)))
    }

    /// CRC-32 of the outputs of `step` (counted over all programs) for `vector`.
    pub fn crc(&self, vector: usize, step: usize) -> Option<u32> {
        let steps = self.header.steps as usize;
        if step >= steps {
            return None;
        }
        let index = vector.checked_mul(steps)?.checked_add(step)?;
        self.crcs.get(index).copied()
    }
}

/// The input generator: `x = x * 1664525 + 1013904223`, of which the high bits are used.
#[derive(Clone, Debug)]
pub struct Generator {
    state: u32,
}

impl Generator {
    /// A generator in its first state.
    pub fn new(seed: u32) -> Generator {
        Generator { state: seed }
    }

    /// The next 32-bit state.
    pub fn next_u32(&mut self) -> u32 {
        self.state = self
            .state
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        self.state
    }

    /// Leaves out what [`fill`](Self::fill) would put into so many bytes of a tensor, in no time.
    pub fn skip(&mut self, dtype: DType, bytes: usize) {
        let mut values = if dtype == DType::F32 {
            bytes / 4
        } else {
            bytes
        };
        // Composes `x * factor + term` with itself, for the bits of the count.
        let (mut factor, mut term) = (1_664_525_u32, 1_013_904_223_u32);
        while values > 0 {
            if values & 1 == 1 {
                self.state = self.state.wrapping_mul(factor).wrapping_add(term);
            }
            term = term.wrapping_mul(factor.wrapping_add(1));
            factor = factor.wrapping_mul(factor);
            values >>= 1;
        }
    }

    /// Fills the bytes of a tensor: f32 elements are uniform in `[-1, 1)` on a grid of 2^-23, all other
    /// types are random bytes (the high byte of each state).
    pub fn fill(&mut self, dtype: DType, bytes: &mut [u8]) {
        if dtype == DType::F32 {
            for element in bytes.chunks_exact_mut(4) {
                let value = (self.next_u32() >> 8) as f32 / 8_388_608.0 - 1.0;
                element.copy_from_slice(&value.to_le_bytes());
            }
        } else {
            for byte in bytes {
                *byte = (self.next_u32() >> 24) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generator_is_the_documented_one() {
        let mut generator = Generator::new(1);
        let mut bytes = [0u8; 4];
        generator.fill(DType::I8, &mut bytes);
        // x1 = 1015568748 = 0x3c88596c, x2 = 1586005467 = 0x5e8885db
        assert_eq!(bytes[..2], [0x3c, 0x5e]);
        for bytes in [0, 1, 7, 1000] {
            let (mut filled, mut skipped) = (Generator::new(9), Generator::new(9));
            filled.fill(DType::U8, &mut [0; 1000][..bytes]);
            skipped.skip(DType::U8, bytes);
            assert_eq!(skipped.next_u32(), filled.next_u32(), "{bytes}");
        }
        let mut floats = [0u8; 8];
        Generator::new(1).fill(DType::F32, &mut floats);
        let first = f32::from_le_bytes([floats[0], floats[1], floats[2], floats[3]]);
        assert_eq!(first, 0x003c_8859 as f32 / 8_388_608.0 - 1.0);
    }

    #[test]
    fn without_steps_there_are_no_vectors() {
        let mut header = GoldenHeader::zeroed();
        assert!(Golden::new(bytemuck::bytes_of(&header), 0).is_ok());
        header.vectors = u32::MAX;
        let golden = Golden::new(bytemuck::bytes_of(&header), 0);
        assert_eq!(golden.err(), Some(Error::BadGolden));
    }
}
