//! hello
#![no_std]
#![no_main]

mod semihosting;

use core::panic::PanicInfo;
use cortex_m_rt::entry;

#[entry]
fn main() -> ! {
    let host = semihosting::HostStdout::open();
    host.write(b"hello\0world\n");
    semihosting::exit(0)
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    semihosting::exit(101)
}
