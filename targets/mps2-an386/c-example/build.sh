#!/usr/bin/env bash
# Builds the example around a package: cadet's static library by cargo, the rest by gcc.
#
# usage: build.sh PACKAGE OUTPUT.elf [gcc arguments, such as -DSEED=7 -DVECTORS=3]
# Then: qemu-system-arm -M mps2-an386 -nographic -semihosting-config enable=on,target=native -kernel OUTPUT.elf
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
capi="$here/../../../runtime/capi"
build="${CADET_BUILD_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/cadet/firmware}/capi"
target=thumbv7em-none-eabihf
package="$(realpath "$1")"
output="$2"
shift 2

# Where the target is not installed, core is built from source.
core=()
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
    core=(-Z build-std=core)
    export RUSTC_BOOTSTRAP=1
fi
cargo build --quiet --release --manifest-path "$capi/Cargo.toml" \
    --target "$target" --target-dir "$build" "${core[@]}"

arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 \
    -std=c11 -O2 -Wall -Wextra -Werror -ffunction-sections -fdata-sections -I"$capi/include" \
    -DPACKAGE="\"$package\"" "$@" \
    "$here/main.c" "$here/startup.c" "$here/package.S" "$build/$target/release/libcadet_capi.a" \
    -nostartfiles --specs=nano.specs --specs=rdimon.specs -Wl,--gc-sections,-z,noexecstack \
    -L"$here/.." -T"$here/link.ld" -o "$output"
