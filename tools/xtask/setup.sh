#!/usr/bin/env bash
# Installs what cadet's tests need beyond Rust: the ARM cross compiler and emulator, the
# bare-metal Rust target, the same for AArch64 programs, and a Python environment with onnx, onnxruntime, LiteRT,
# tokenizers and sentencepiece.
# Running it again does nothing where everything is in place.
#
# usage: setup.sh [cross] [target] [aarch64] [python] [aarch64-cc] [x86] [fuzz]     (all but the last three without arguments)
set -euo pipefail

cache="${XDG_CACHE_HOME:-$HOME/.cache}/cadet"
rust_target=thumbv7em-none-eabihf
python_packages=(onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6 ai-edge-litert==2.3.0 sentencepiece==0.2.3)
# Its own dependencies are for downloads.
lone_python_packages=(tokenizers==0.23.3)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        fail "not root and no sudo; run as root: $*"
    fi
}

apt_install() {
    has apt-get || fail "no apt-get here; install these (Debian's names) and run again: $*"
    say "installing $*"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

setup_cross() {
    local missing=()
    has qemu-system-arm || missing+=(qemu-system-arm)
    has arm-none-eabi-gcc || missing+=(gcc-arm-none-eabi)
    # Without newlib gcc answers with the bare name, which is no file.
    has arm-none-eabi-gcc && [ -e "$(arm-none-eabi-gcc -print-file-name=libc.a)" ] ||
        missing+=(libnewlib-arm-none-eabi)
    if [ ${#missing[@]} -gt 0 ]; then
        apt_install "${missing[@]}"
        has qemu-system-arm && has arm-none-eabi-gcc || fail "the tools were installed but are not on PATH"
    fi
    say "cross compiler and emulator: ready"
}

# The first archive in the machine's own apt sources that is no security archive.
apt_mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{sources,list} 2>/dev/null | awk '
        /^[[:space:]]*#/ { next }
        tolower($1) == "uris:" { for (i = 2; i <= NF; i++) print $i }
        $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; break } }
    ' | grep -v security | head -n 1 || true
}

# Debian's rust-src of the compiler's own version, unpacked beside the compiler, so that
# `cargo -Z build-std=core` finds it. apt's own state is left alone.
setup_rust_src() {
    local version sysroot mirror apt deb
    version="$(rustc --version | cut -d' ' -f2)"
    sysroot="$(rustc --print sysroot)"
    if ! { has apt-get && has apt-cache && has dpkg-deb; }; then
        fail "neither rustup nor apt-get can provide $rust_target; install the rust-src component of $version"
    fi
    mirror="$(apt_mirror)"
    [ -n "$mirror" ] || fail "no archive found in /etc/apt to fetch rust-src $version from"

    apt="$cache/apt"
    mkdir -p "$apt/state/lists/partial" "$apt/archives/partial"
    for suite in trixie-backports forky sid; do
        echo "deb $mirror $suite main"
    done >"$apt/sources.list"
    local isolated=(
        -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State=$apt/state" -o "Dir::Cache=$apt" -o Dir::State::status=/dev/null
        -o APT::Sandbox::User= -o Acquire::Languages=none
    )
    say "fetching Debian's rust-src $version from $mirror"
    apt-get "${isolated[@]}" update -qq || say "not every suite could be read; going on with the rest"
    deb="$(apt-cache "${isolated[@]}" madison rust-src |
        awk -F'|' -v version="$version" '{ gsub(/ /, "", $2) } index($2, version "+") == 1 { print $2; exit }')"
    [ -n "$deb" ] || fail "$mirror has no rust-src $version; use another compiler version or rustup's rust-src"
    (cd "$apt/archives" && apt-get "${isolated[@]}" download -qq "rust-src=$deb")

    rm -rf "$cache/rust-src"
    dpkg-deb -x "$apt"/archives/rust-src_"${deb//:/%3a}"_*.deb "$cache/rust-src"
    mkdir -p "$sysroot/lib/rustlib/src"
    rm -rf "$sysroot/lib/rustlib/src/rust"
    ln -s "$cache/rust-src/usr/src/rustc-$version" "$sysroot/lib/rustlib/src/rust"
}

setup_target() {
    local rustlib
    rustlib="$(rustc --print sysroot)/lib/rustlib"
    if [ -d "$rustlib/$rust_target/lib" ]; then
        say "Rust target $rust_target: ready"
    elif [ -d "$rustlib/src/rust/library/core" ]; then
        say "Rust target $rust_target: ready (core is built from source)"
    elif has rustup && rustup target add "$rust_target" >&2; then
        say "Rust target $rust_target: installed by rustup"
    else
        setup_rust_src
        [ -d "$rustlib/src/rust/library/core" ] || fail "rust-src was unpacked but holds no library/core"
        say "Rust target $rust_target: ready (core is built from source)"
    fi
}

# Rust's own linker and libc make programs for it.
setup_aarch64() {
    local target=aarch64-unknown-linux-musl
    has qemu-aarch64 || apt_install qemu-user
    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
        has rustup || fail "no rustup to install the standard library for $target"
        rustup target add "$target" >&2
    fi
    say "AArch64 target and emulator: ready"
}

# For tract's assembly.
setup_aarch64-cc() {
    has aarch64-linux-gnu-gcc || apt_install gcc-aarch64-linux-gnu
    say "AArch64 C compiler: ready"
}

# An emulated x86-64 machine: the emulator, a loader and a kernel, which is unpacked and not installed.
setup_x86() {
    local missing=() machine="$cache/x86" kernel
    has bochs || missing+=(bochs)
    has genisoimage || missing+=(genisoimage)
    has objdump || missing+=(binutils)
    [ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
    if [ ! -e "$machine/vmlinuz" ]; then
        say "fetching a kernel and a loader into $machine"
        rm -rf "$machine"
        mkdir -p "$machine/packages"
        as_root apt-get update -qq
        kernel="$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2; exit }')"
        (cd "$machine/packages" && apt-get -qq -o APT::Sandbox::User=root download "$kernel" isolinux syslinux-common)
        for package in "$machine"/packages/*.deb; do
            dpkg-deb -x "$package" "$machine/unpacked"
        done
        cp "$machine/unpacked/usr/lib/ISOLINUX/isolinux.bin" "$machine"
        cp "$machine/unpacked/usr/lib/syslinux/modules/bios/ldlinux.c32" "$machine"
        cp "$machine"/unpacked/boot/vmlinuz-* "$machine/vmlinuz"
        rm -r "$machine/packages" "$machine/unpacked"
    fi
    say "emulated x86-64 machine: ready"
}

setup_python() {
    local venv="$cache/venv"
    has python3 && python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3 python3-venv
    if ! "$venv/bin/python" - "${python_packages[@]}" "${lone_python_packages[@]}" 2>/dev/null <<'PYTHON'
import sys
from importlib.metadata import version
for package in sys.argv[1:]:
    name, wanted = package.split("==")
    assert version(name) == wanted
PYTHON
    then
        say "installing ${python_packages[*]} ${lone_python_packages[*]} into $venv"
        python3 -m venv --clear "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${python_packages[@]}" >&2
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "${lone_python_packages[@]}" >&2
    fi
    say "Python with onnx, onnxruntime, LiteRT, tokenizers and sentencepiece: ready"
}

setup_fuzz() {
    has c++ || apt_install g++
    has cargo-fuzz || cargo install --quiet --locked cargo-fuzz@0.13.2
    say "cargo-fuzz: ready"
}

[ $# -gt 0 ] || set -- cross target aarch64 python
for part in "$@"; do
    case "$part" in
    cross | target | aarch64 | python | aarch64-cc | x86 | fuzz) "setup_$part" ;;
    *) fail "unknown part '$part'; known: cross, target, aarch64, python, aarch64-cc, x86, fuzz" ;;
    esac
done
