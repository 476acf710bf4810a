//! The emulated machine: a CD with a Linux kernel and a program, whose output comes by the serial port.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::setup;

/// A processor with AVX-512 and dot products of int8.
const PROCESSOR: &str = "corei7_icelake_u";
/// Instructions a second of emulated time: few, so that bytes of the serial port take few of them.
const SPEED_HZ: u32 = 20_000_000;
const MEMORY_MIB: u32 = 512;
/// What the kernel is to leave alone: the emulator has the sizes of saved states, and a hash, wrong; and the kernel's
/// short moves are wrong where the processor's firmware, as the emulator's, has fast strings off.
const NOT_FOR_THE_KERNEL: [&str; 5] = ["pku", "xsavec", "xsaves", "sha_ni", "fsrm"];
/// What takes longer has hung.
const TIMEOUT: Duration = Duration::from_secs(1200);
/// What the kernel says, and about the status, when its first process ends.
const END: &str = "Attempted to kill init! exitcode=";

/// Runs a static program on the machine, with these variables and arguments, and prints what it prints.
pub(crate) fn run(program: &Path, environment: &[&str], arguments: &[&str]) -> Result<()> {
    let parts = setup::cache()?.join("x86");
    let folder = parts.join("run");
    let disc = folder.join("disc");
    fs::create_dir_all(&disc).with_context(|| format!("cannot make {}", disc.display()))?;
    for part in ["vmlinuz", "isolinux.bin", "ldlinux.c32"] {
        fs::copy(parts.join(part), disc.join(part)).with_context(|| format!("no {part}"))?;
    }
    let program = fs::read(program).context("no program")?;
    fs::write(disc.join("initrd"), archive(&program))?;
    fs::write(disc.join("isolinux.cfg"), boot_menu(environment, arguments))?;
    let image = folder.join("boot.iso");
    let status = Command::new("genisoimage")
        .args([
            "-quiet",
            "-rational-rock",
            "-no-emul-boot",
            "-boot-info-table",
        ])
        .args(["-boot-load-size", "4", "-eltorito-boot", "isolinux.bin"])
        .args(["-eltorito-catalog", "boot.cat", "-output"])
        .args([&image, &disc])
        .status()
        .context("cannot start genisoimage")?;
    ensure!(status.success(), "the CD's image was not made");
    let serial = folder.join("serial");
    fs::write(&serial, "")?;
    let settings = folder.join("settings");
    fs::write(&settings, machine(&image, &serial, &folder.join("log")))?;
    // Debian's emulator has a debugger, which waits for this word.
    let commands = folder.join("commands");
    fs::write(&commands, "continue\n")?;
    let emulator = Command::new("bochs")
        .arg("-q")
        .arg("-f")
        .args([&settings])
        .arg("-rc")
        .args([&commands])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start bochs")?;
    watch(&mut Emulator(emulator), &serial)
}

/// Ends with its owner.
struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Prints what comes by the serial port until the program ends.
fn watch(emulator: &mut Emulator, serial: &PathBuf) -> Result<()> {
    let (start, mut printed) = (Instant::now(), 0);
    while start.elapsed() < TIMEOUT {
        let output = String::from_utf8_lossy(&fs::read(serial)?).into_owned();
        let whole = output.rfind('\n').map_or(0, |at| at + 1);
        for line in output.get(printed..whole).unwrap_or_default().lines() {
            if let Some((_, status)) = line.split_once(END) {
                let code = status.split_whitespace().next().unwrap_or_default();
                ensure!(code == "0x00000000", "tests failed; their output is above");
                return Ok(());
            }
            eprintln!("{line}");
        }
        printed = whole.max(printed);
        if let Some(status) = emulator.0.try_wait()? {
            bail!("the emulator ended by itself: {status}");
        }
        sleep(Duration::from_millis(200));
    }
    bail!("the emulated machine took longer than {TIMEOUT:?}")
}

/// The kernel's command line: variables and arguments go on to the program.
fn boot_menu(environment: &[&str], arguments: &[&str]) -> String {
    let kernel = format!(
        "quiet console=ttyS0 mitigations=off nokaslr tsc=reliable tsc_early_khz={} lpj={} \
         no_timer_check random.trust_cpu=on lsm= cryptomgr.notests clearcpuid={}",
        SPEED_HZ / 1000,
        SPEED_HZ / 500,
        NOT_FOR_THE_KERNEL.join(","),
    );
    let (environment, arguments) = (environment.join(" "), arguments.join(" "));
    format!(
        "default linux\nlabel linux\n kernel /vmlinuz\n \
         append initrd=/initrd {kernel} {environment} -- {arguments}\n"
    )
}

/// The emulator's settings.
fn machine(image: &Path, serial: &Path, log: &Path) -> String {
    format!(
        "display_library: rfb, options=\"timeout=0\"\n\
         cpu: model={PROCESSOR}, ips={SPEED_HZ}, reset_on_triple_fault=0\n\
         megs: {MEMORY_MIB}\n\
         romimage: file=/usr/share/bochs/BIOS-bochs-latest\n\
         vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest\n\
         clock: sync=none\n\
         sound: driver=dummy, waveout=/dev/null\n\
         speaker: enabled=0\n\
         plugin_ctrl: speaker=0, gameport=0, parallel=0, biosdev=0, iodebug=0, extfpuirq=0\n\
         ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n\
         ata0-master: type=cdrom, path={}, status=inserted\n\
         boot: cdrom\n\
         com1: enabled=1, mode=file, dev={}\n\
         log: {}\n\
         panic: action=fatal\n",
        image.display(),
        serial.display(),
        log.display()
    )
}

/// An archive of the first file system, in the form that the kernel unpacks (newc): a console, random numbers, a folder
/// for temporary files, the program.
fn archive(program: &[u8]) -> Vec<u8> {
    let mut archive = Vec::new();
    let entries: [(&str, u32, [u32; 2], &[u8]); 7] = [
        ("dev", 0o40755, [0, 0], &[]),
        ("dev/console", 0o20600, [5, 1], &[]),
        ("dev/random", 0o20444, [1, 8], &[]),
        ("dev/urandom", 0o20444, [1, 9], &[]),
        ("tmp", 0o40777, [0, 0], &[]),
        ("init", 0o100755, [0, 0], program),
        ("TRAILER!!!", 0, [0, 0], &[]),
    ];
    for (number, (name, mode, [major, minor], content)) in (1u32..).zip(entries) {
        let (bytes, name_bytes) = (content.len() as u32, name.len() as u32 + 1);
        let fields = [
            number, mode, 0, 0, 1, 0, bytes, 0, 0, major, minor, name_bytes, 0,
        ];
        archive.extend(b"070701");
        for field in fields {
            archive.extend(format!("{field:08x}").bytes());
        }
        archive.extend(name.bytes());
        archive.push(0);
        archive.resize(archive.len().next_multiple_of(4), 0);
        archive.extend(content);
        archive.resize(archive.len().next_multiple_of(4), 0);
    }
    archive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_header_a_name_and_a_content() {
        let archive = archive(b"12345");
        assert!(archive.starts_with(b"07070100000001000041ed"));
        let text = String::from_utf8_lossy(&archive);
        let (_, rest) = text.split_once("init\0").unwrap();
        let next = rest.trim_start_matches('\0').strip_prefix("12345");
        assert_eq!(next.unwrap().find("070701"), Some(3));
        assert_eq!(archive.len() % 4, 0);
    }

    #[test]
    fn variables_and_arguments_go_on_to_the_program() {
        let menu = boot_menu(&["A=1"], &["--exact", "b"]);
        assert!(menu.trim_end().ends_with(" A=1 -- --exact b"));
    }
}
