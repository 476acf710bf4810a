//! cadet's runtime as a static library for C firmware; `include/cadet.h` is its documentation.
//!
//! This crate translates and does nothing else. On bare metal it brings the panic handler that Rust asks for; nothing
//! reaches it, which the tests of `tools/flash` see from the linker's dropping it. Elsewhere the standard library
//! brings one.
#![no_std]

#[cfg(not(target_os = "none"))]
extern crate std;

mod error_name;
mod session;
mod types;

pub use error_name::cadet_error_name;
pub use session::{
    cadet_init, cadet_input, cadet_output, cadet_requirements, cadet_reset_state, cadet_run,
    cadet_run_fed, cadet_set_scalar, cadet_step, cadet_step_count,
};
pub use types::{
    CadetBuffer, CadetFeed, CadetMemory, CadetRequirements, CadetSession, CadetTensor,
    SESSION_WORDS,
};

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
