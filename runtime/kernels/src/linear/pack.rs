//! Weights in blocks.

use super::{CHANNELS, Q4_GROUP, QUAD};
use crate::{ContractError, Result, require};

/// Where the integer of an output at an input lies, in groups of `group` inputs.
pub(super) fn place(output: usize, input: usize, groups: usize, group: usize) -> usize {
    let (block, lane) = (output / CHANNELS, output % CHANNELS);
    let (number, within) = (input / group.max(1), input % group.max(1));
    let first = (block * groups + number) * group * CHANNELS;
    first + (within / QUAD * CHANNELS + lane) * QUAD + within % QUAD
}

/// Where the byte of an int4 lies, and whether it is the high half.
pub(super) fn place_q4(output: usize, input: usize, groups: usize) -> (usize, bool) {
    let half = Q4_GROUP / 2;
    let (group, within) = (input / Q4_GROUP, input % Q4_GROUP);
    let byte = place(output, group * half + within % half, groups, half);
    (byte, within >= half)
}

/// Lays integers `[o, k]` of -127 to 127 out as [`Weights::Q8`] in groups of `group` inputs.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths do not fit.
pub fn pack_q8(values: &[i8], inputs: usize, group: usize, packed: &mut [i8]) -> Result {
    let groups = check(values.len(), inputs, group, packed.len())?;
    packed.fill(0);
    for (output, row) in values.chunks_exact(inputs.max(1)).enumerate() {
        for (input, value) in row.iter().enumerate() {
            if let Some(byte) = packed.get_mut(place(output, input, groups, group)) {
                *byte = *value;
            }
        }
    }
    Ok(())
}

/// Lays integers `[o, k]` of -8 to 7 out as [`Weights::Q4`].
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths do not fit.
pub fn pack_q4(values: &[i8], inputs: usize, packed: &mut [u8]) -> Result {
    let groups = check(values.len(), inputs, Q4_GROUP, packed.len() * 2)?;
    // 0 in both halves.
    packed.fill(0x88);
    for (output, row) in values.chunks_exact(inputs.max(1)).enumerate() {
        for (input, value) in row.iter().enumerate() {
            let (at, is_high) = place_q4(output, input, groups);
            let nibble = value.saturating_add(8).clamp(0, 15) as u8;
            if let Some(byte) = packed.get_mut(at) {
                *byte = match is_high {
                    false => *byte & 0xf0 | nibble,
                    true => *byte & 0x0f | nibble << 4,
                };
            }
        }
    }
    Ok(())
}

/// Gives the groups of a row.
fn check(
    values: usize,
    inputs: usize,
    group: usize,
    packed: usize,
) -> core::result::Result<usize, ContractError> {
    require(inputs > 0 && group > 0 && group.is_multiple_of(QUAD))?;
    require(values.is_multiple_of(inputs.max(1)))?;
    let outputs = values.checked_div(inputs).unwrap_or(0);
    let groups = inputs.div_ceil(group.max(1));
    require(outputs.next_multiple_of(CHANNELS) * groups * group == packed)?;
    Ok(groups)
}
