//! Runs the golden vectors of the package that it was built with and reports results, memory and time to the host.
#![no_std]
#![no_main]

mod host;
mod paint;
mod self_test;
mod semihosting;
mod ticks;

use cadet_format::protocol::{Failure, Message};
use core::panic::PanicInfo;
use cortex_m_rt::{entry, exception};
use host::Host;
use self_test::{Arena, State};

/// Exit status after a panic, which a package must not be able to cause.
const PANIC: u32 = 101;
/// Exit status after a processor fault.
const FAULT: u32 = 102;

#[entry]
fn main() -> ! {
    // The attribute turns these two into mutable references to statics.
    static mut ARENA: Arena = Arena::new();
    static mut STATE: State = State::new();
    let mut host = Host::open();
    match self_test::run(&mut host, ARENA, STATE) {
        Ok(()) => semihosting::exit(0),
        Err(error) => {
            host.send(&Message::Failure(Failure { code: error.code() }));
            semihosting::exit(1)
        }
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    semihosting::exit(PANIC)
}

// SAFETY: this takes the place of the default handler, touches no memory and does not return.
#[exception]
unsafe fn HardFault(_: &cortex_m_rt::ExceptionFrame) -> ! {
    semihosting::exit(FAULT)
}
