use crate::FlashError;
use crate::firmware::missing;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How a program under an emulator ended, and what it said.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Whether it ended with status 0.
    pub success: bool,
    /// Its end, for people.
    pub status: String,
    /// What the program wrote.
    pub stdout: Vec<u8>,
    /// What the emulator wrote.
    pub stderr: String,
}

/// Runs a bare-metal program under `qemu-system-arm` with semihosting, every instruction one nanosecond of the
/// emulated time, so that its timers count instructions and every run is the same.
///
/// # Errors
/// [`FlashError::ToolMissing`] without the emulator, [`FlashError::Timeout`] if the program does not end; it is
/// killed then.
pub fn run_in_qemu(machine: &str, elf: &Path, timeout: Duration) -> Result<Execution, FlashError> {
    const QEMU: &str = "qemu-system-arm";
    let mut qemu = Command::new(QEMU)
        .args(["-M", machine, "-icount", "shift=0"])
        .args(["-display", "none", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native"])
        .arg("-kernel")
        .arg(elf)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(missing(QEMU))?;
    let stdout = read_in_background(qemu.stdout.take());
    let stderr = read_in_background(qemu.stderr.take());
    let status = wait(&mut qemu, timeout);
    let stdout = stdout.join().unwrap_or_default();
    let stderr = stderr.join().unwrap_or_default();
    let status = status?;
    Ok(Execution {
        success: status.success(),
        status: status.to_string(),
        stdout,
        stderr: String::from_utf8_lossy(&stderr).trim_end().into(),
    })
}

fn read_in_background(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What came before a broken pipe still counts.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn wait(child: &mut Child, timeout: Duration) -> Result<std::process::ExitStatus, FlashError> {
    let start = Instant::now();
    loop {
        let gone = child.try_wait().map_err(missing("qemu-system-arm"))?;
        if let Some(status) = gone {
            return Ok(status);
        }
        if start.elapsed() >= timeout {
            let _ = child.kill();
            let _ = child.wait();
            return Err(FlashError::Timeout { after: timeout });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
