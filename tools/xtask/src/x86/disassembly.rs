//! What the compiler makes of the kernels for AVX-VNNI, read: the emulator runs them as AVX-512 encodes their dot products,
//! and knows no other encoding.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{TARGET, built};

/// In the names of all functions for AVX-VNNI.
const MODULE: &str = "avx_vnni";
/// In those of each file with dot products.
const FILES: [&str; 2] = ["conv2d::blocked::avx_vnni", "depthwise_conv2d::avx_vnni"];
const DOT_PRODUCT: &str = "vpdpbusd";
/// Nothing else begins with this byte.
const EVEX: &str = "62 ";

/// Fails where the functions for AVX-VNNI have instructions of AVX-512, or a file of theirs has no dot products.
pub(crate) fn check(root: &Path) -> Result<()> {
    let library = build(root)?;
    let output = Command::new("objdump")
        .args(["--disassemble", "--wide", "--demangle=rust"])
        .arg(&library)
        .output()
        .context("cannot start objdump")?;
    ensure!(
        output.status.success(),
        "cannot disassemble {}",
        library.display()
    );
    check_listing(&String::from_utf8_lossy(&output.stdout))
}

/// The kernels as others link them.
fn build(root: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--package", "cadet-kernels", "--release"])
        .args(["--target", TARGET, "--message-format", "json"])
        .current_dir(root)
        // There would be no machine code yet.
        .env("CARGO_PROFILE_RELEASE_LTO", "off");
    let files = built(&mut cargo)?.into_iter().flat_map(|it| it.filenames);
    let mut libraries = files.filter(|it| {
        let name = it.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libcadet_kernels") && name.ends_with(".rlib")
    });
    libraries.next().context("cargo names no library")
}

fn check_listing(listing: &str) -> Result<()> {
    let mut function = "";
    let mut dot_products = [0; FILES.len()];
    for line in listing.lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|it| it.split_once('<')) {
            function = name;
        }
        let mut columns = line.split('\t').skip(1);
        let (Some(bytes), Some(text)) = (columns.next(), columns.next()) else {
            continue;
        };
        if !function.contains(MODULE) {
            continue;
        }
        ensure!(!bytes.starts_with(EVEX), "AVX-512 in {function}: {text}");
        for (count, file) in dot_products.iter_mut().zip(FILES) {
            *count += usize::from(function.contains(file) && text.contains(DOT_PRODUCT));
        }
    }
    for (count, file) in dot_products.iter().zip(FILES) {
        ensure!(*count > 0, "no {DOT_PRODUCT} in {file}");
        eprintln!("{file}: {count} {DOT_PRODUCT}, nothing of AVX-512");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: &str = "0000 <cadet_kernels::peak::avx512::all_i8>:\n   0:\t62 f2 6d 48 50 c1 \tvpdpbusd %zmm1,%zmm2,%zmm0\n";
    const BLOCKED: &str = "0000 <cadet_kernels::conv2d::blocked::avx_vnni::tile>:\n   0:\tc4 e2 6d 50 c1    \t{vex} vpdpbusd %ymm1,%ymm2,%ymm0\n";
    const DEPTHWISE: &str = "0000 <<A as cadet_kernels::depthwise_conv2d::avx_vnni::Dot>::run>:\n   0:\tc4 e2 6d 50 c1    \t{vex} vpdpbusd %ymm1,%ymm2,%ymm0\n";
    const EVEX_ENCODED: &str = "0000 <cadet_kernels::conv2d::blocked::avx_vnni::tile>:\n   0:\t62 f2 6d 28 50 c1 \tvpdpbusd %ymm1,%ymm2,%ymm0\n";

    fn check_all(functions: &[&str]) -> Result<()> {
        check_listing(&functions.concat())
    }

    #[test]
    fn avx_512_is_found_where_it_must_not_be() {
        check_all(&[OTHER, BLOCKED, DEPTHWISE]).unwrap();
        check_all(&[BLOCKED, DEPTHWISE, EVEX_ENCODED]).unwrap_err();
    }

    #[test]
    fn dot_products_are_missed_where_they_must_be() {
        check_all(&[OTHER, BLOCKED]).unwrap_err();
        check_all(&[OTHER, DEPTHWISE]).unwrap_err();
    }
}
