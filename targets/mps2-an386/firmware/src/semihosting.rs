//! Arm semihosting: the firmware's way to the host, by a breakpoint that a debugger or an emulator
//! answers ("Semihosting for AArch32 and AArch64", Arm, operations `SYS_*`).

use core::arch::asm;

const SYS_OPEN: u32 = 0x01;
const SYS_WRITE: u32 = 0x05;
const SYS_EXIT_EXTENDED: u32 = 0x20;
const MODE_WRITE_BINARY: u32 = 5;
const ADP_STOPPED_APPLICATION_EXIT: u32 = 0x2_0026;

fn call(operation: u32, block: &[u32]) -> u32 {
    let mut result = operation;
    // SAFETY: the debugger reads `block` and the memory it points to, which outlive the call, and
    // returns in r0. Without a debugger the breakpoint is a fault, which ends the program.
    unsafe {
        asm!("bkpt #0xab", inout("r0") result, in("r1") block.as_ptr(), options(nostack));
    }
    result
}

/// The host's standard output.
pub struct HostStdout(u32);

impl HostStdout {
    /// Opens the host's standard output.
    pub fn open() -> Self {
        let name = b":tt\0";
        Self(call(
            SYS_OPEN,
            &[name.as_ptr() as u32, MODE_WRITE_BINARY, 3],
        ))
    }

    /// Writes all of `bytes`, or ends the program: without its output it has no purpose.
    pub fn write(&self, bytes: &[u8]) {
        let left = call(
            SYS_WRITE,
            &[self.0, bytes.as_ptr() as u32, bytes.len() as u32],
        );
        if left != 0 {
            exit(1);
        }
    }
}

/// Ends the program; `code` becomes the emulator's exit status.
pub fn exit(code: u32) -> ! {
    call(SYS_EXIT_EXTENDED, &[ADP_STOPPED_APPLICATION_EXIT, code]);
    loop {
        core::hint::spin_loop();
    }
}
