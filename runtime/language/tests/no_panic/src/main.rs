//! All that a language model can do, over arguments that the compiler knows nothing of. A panic ends in a function that is
//! defined nowhere: linking fails where the optimiser has left one that can be reached.
#![no_std]
#![no_main]

#[cfg(not(feature = "panics"))]
mod language;

unsafe extern "C" {
    safe fn a_panic_can_be_reached() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    a_panic_can_be_reached()
}

/// Can panic, as the linker is to find.
#[cfg(feature = "panics")]
#[unsafe(no_mangle)]
fn everything(values: &[u32], index: usize) -> u32 {
    values[index]
}
