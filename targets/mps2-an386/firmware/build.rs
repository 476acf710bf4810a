//! Shows the linker where the board's memory lies.

fn main() {
    let board = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    println!("cargo::rustc-link-search={board}");
    println!("cargo::rerun-if-changed={board}/memory.x");
}
