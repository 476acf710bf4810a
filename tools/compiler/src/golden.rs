//! Golden vectors: generated inputs, and what every step makes of them on the host.

use bytemuck::{bytes_of, cast_slice};
use cadet_format::{GENERATOR_LCG, GOLDEN_EXACT, Generator, GoldenHeader};
use cadet_runtime::run_golden;

use crate::error::CompileError;
use crate::run::{Aligned, defect, open};

const VECTORS: u32 = 2;
const SEED: u32 = 1;

/// Length of the golden section of a package with so many steps.
pub(crate) fn section_bytes(steps: usize) -> usize {
    size_of::<GoldenHeader>() + VECTORS as usize * steps * size_of::<u32>()
}

/// The golden section of a package without one.
pub(crate) fn section(
    package: &[u8],
    arena_bytes: usize,
    alignment: usize,
    is_integer: bool,
) -> Result<Vec<u8>, CompileError> {
    let package = Aligned::copy_of(package, alignment);
    let mut arena = Aligned::zeroed(arena_bytes, alignment);
    let mut session = open(&package, &mut arena)?;
    let mut crcs = Vec::new();
    for vector in 0..VECTORS {
        let mut generator = Generator::new(SEED + vector);
        run_golden(&mut session, &mut generator, |_, crc| {
            crcs.push(crc);
            Ok(())
        })
        .map_err(defect)?;
    }
    let header = GoldenHeader {
        generator: GENERATOR_LCG,
        // Float kernels of other instruction sets add in another order.
        flags: if is_integer { GOLDEN_EXACT } else { 0 },
        vectors: VECTORS,
        seed: SEED,
        steps: crcs.len() as u32 / VECTORS,
    };
    Ok([bytes_of(&header), cast_slice(&crcs)].concat())
}
