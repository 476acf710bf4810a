use core::cell::Cell;

use bytemuck::Pod;

/// Views bytes as elements of `T`, or `None` where address or length do not fit.
#[allow(unsafe_code)] // The one cast that bytemuck lacks: slices of cells.
pub fn view<T: Pod>(bytes: &[Cell<u8>]) -> Option<&[Cell<T>]> {
    let size = size_of::<T>();
    let aligned = (bytes.as_ptr() as usize).is_multiple_of(align_of::<T>());
    if size == 0 || !aligned || !bytes.len().is_multiple_of(size) {
        return None;
    }
    // SAFETY: address and length fit `T` (checked above), `Cell<T>` has the layout of `T`, every bit
    // pattern is a `T` and every `T` is plain bytes without padding (`Pod`), and cells allow aliasing.
    Some(unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size) })
}

/// Element `index`, or zero outside the slice. A contract checked beforehand makes the latter unreachable;
/// it is what keeps the panic path out of the binary.
#[inline(always)]
pub fn load<T: Copy + Default>(cells: &[Cell<T>], index: usize) -> T {
    cells.get(index).map_or_else(T::default, Cell::get)
}

/// Sets element `index`; does nothing outside the slice (see [`load`]).
#[inline(always)]
pub fn store<T: Copy>(cells: &[Cell<T>], index: usize, value: T) {
    if let Some(cell) = cells.get(index) {
        cell.set(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_only_what_fits() {
        let mut words = [0u32; 2];
        let bytes = Cell::from_mut(&mut *bytemuck::cast_slice_mut::<u32, u8>(&mut words))
            .as_slice_of_cells();
        assert!(view::<f32>(&bytes[1..5]).is_none(), "misaligned");
        assert!(view::<f32>(&bytes[..6]).is_none(), "half an element");
        let floats = view::<f32>(bytes).unwrap();
        store(floats, 1, 1.0);
        store(floats, 2, 9.0);
        assert_eq!(load(floats, 1), 1.0);
        assert_eq!(load(floats, 2), 0.0);
        assert_eq!(words, [0, 1.0f32.to_bits()]);
    }
}
