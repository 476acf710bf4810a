//! Puts the package that `CADET_PACKAGE` names into the firmware, with buffers of exactly the sizes that it asks
//! for, so that a package too large for the board is an error of the linker.

use cadet_format::{HEADER_BYTES, Header, MAGIC, VERSION_MAJOR};
use std::path::{Path, PathBuf};

/// Alignment of the package in flash and of the buffers.
const ALIGNMENT: u16 = 16;

fn main() {
    let board = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    println!("cargo::rustc-link-arg=-Tlink.x");
    println!("cargo::rustc-link-search={}", board.display());
    println!(
        "cargo::rerun-if-changed={}",
        board.join("memory.x").display()
    );

    println!("cargo::rerun-if-env-changed=CADET_PACKAGE");
    let package =
        std::env::var_os("CADET_PACKAGE").expect("CADET_PACKAGE names the package to run");
    let package = PathBuf::from(package)
        .canonicalize()
        .expect("CADET_PACKAGE names a file");
    println!("cargo::rerun-if-changed={}", package.display());
    let header = read_header(&package);
    let generated = format!(
        "static PACKAGE: Aligned<[u8; {length}]> = Aligned(*include_bytes!({package:?}));\n\
         const ARENA_BYTES: usize = {arena};\n\
         const STATE_BYTES: usize = {state};\n",
        length = std::fs::metadata(&package)
            .expect("the package was just read")
            .len(),
        arena = header.arena_bytes[0],
        state = header.state_bytes[0],
    );
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    std::fs::write(out.join("package.rs"), generated).expect("OUT_DIR is writable");
}

fn read_header(path: &Path) -> Header {
    let bytes = std::fs::read(path).expect("CADET_PACKAGE can be read");
    let head = bytes
        .get(..HEADER_BYTES)
        .expect("CADET_PACKAGE is longer than a header");
    let header: Header = bytemuck::pod_read_unaligned(head);
    assert_eq!(header.magic, MAGIC, "CADET_PACKAGE is no package");
    assert_eq!(
        header.major, VERSION_MAJOR,
        "CADET_PACKAGE has another major version"
    );
    assert!(
        header.base_alignment <= ALIGNMENT,
        "CADET_PACKAGE is aligned for another target"
    );
    assert!(
        header.arena_bytes[1..] == [0; 3] && header.state_bytes[1..] == [0; 3],
        "CADET_PACKAGE spreads over several memories; this board has one"
    );
    assert!(
        header.output_bytes == 0,
        "CADET_PACKAGE wants outputs outside the arena, which this firmware has none of"
    );
    header
}
