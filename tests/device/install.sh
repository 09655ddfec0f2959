#!/bin/sh
# Installs what the phone in a box takes and builds it in build/device: Debian's adb and qemu, a compiler for
# ARM64, and beside the system, unpacked and not installed, Debian 13's adbd with a small user land for each
# kind of box. Silent where all of it is there. Ends with 3 where something cannot be had.
#
# Usage: tests/device/install.sh device|arm [PYTHON]
set -eu
cd "$(dirname "$0")/../.."
PYTHON=${2:-.venv/bin/python}
OUT=$PWD/build/device
mkdir -p "$OUT"
APT_LOG=$OUT/apt.log
. android_demo/debian.sh

# fetch NAME SUITE ARCH PACKAGE...: a suite's packages with what they depend on, unpacked to build/device/NAME.
fetch() {
    root=$OUT/$1 suite=$2 arch=$3
    shift 3
    test ! -e "$root/.complete" || return 0
    echo "fetching $* of Debian's $suite ($arch)"
    work=$OUT/.fetch-$arch
    rm -rf "$root" "$work"
    mkdir -p "$root" "$work/lists/partial" "$work/cache/archives/partial" "$work/debs"
    mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep '/debian/$' | head -1)
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian/} $suite main" >"$work/sources.list"
    options="-o APT::Architecture=$arch -o APT::Architectures=$arch -o Dir::Etc::sourcelist=$work/sources.list
        -o Dir::Etc::sourceparts=- -o Dir::State::lists=$work/lists -o Dir::State::status=/dev/null -o Dir::Cache=$work/cache
        -o APT::Sandbox::User=root -o Acquire::Languages=none"
    # shellcheck disable=SC2086
    {
        apt-get $options -qq update
        names=$(apt-get $options install -s --no-install-recommends "$@" | sed -n 's/^Inst \([^ :]*\).*/\1/p')
        test -n "$names"
        (cd "$work/debs" && apt-get $options -qq download $(printf "%s:$arch " $names))
    } >"$OUT/fetch.log" 2>&1 || { tail -3 "$OUT/fetch.log"; missing "$* of $suite"; }
    for package in "$work"/debs/*.deb; do dpkg-deb -x "$package" "$root"; done
    rm -rf "$work"
    touch "$root/.complete"
}

# ExecuTorch's newest wheel for ARM64 with the torch that it was built for; of the rest torch needs one module.
fetch_executorch() {
    site=$OUT/site-arm64
    test ! -e "$site/.complete" || return 0
    echo "fetching ExecuTorch and torch for ARM64 (175 MB)"
    rm -rf "$site"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --target "$site" --only-binary=:all: \
        --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64 --python-version 3.11 \
        executorch==1.1.0 torch==2.10.0 numpy==2.4.6 typing_extensions==4.12.2 >"$OUT/fetch.log" 2>&1 ||
        { tail -3 "$OUT/fetch.log"; missing "executorch 1.1.0 and torch 2.10.0 for ARM64"; }
    touch "$site/.complete"
}

[ "$(id -u)" = 0 ] || [ -e "$OUT/.complete-$1" ] || missing "the phone in a box: it takes root"
[ "$(uname -m)" = x86_64 ] || missing "the phone in a box: it takes an x86-64 computer"
# A new user namespace may have emulators of its own from Linux 6.7 on.
unshare --user --map-root-user --mount --net mount -t binfmt_misc none /proc/sys/fs/binfmt_misc 2>/dev/null ||
    missing "the phone in a box: it takes the right to unshare and mount, and Linux 6.7"
install qemu-user qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross libstdc++6-arm64-cross libc6-dev gcc
if [ "$1" = device ]; then
    install adb iproute2
    fetch amd64 trixie amd64 adbd mksh toybox
    fetch arm64 trixie arm64 mksh toybox
else
    fetch python-arm64 bookworm arm64 python3.11-minimal libpython3.11-stdlib libstdc++6 libgomp1
    fetch_executorch
    gcc -O2 -shared -fPIC -o "$OUT/count.so" tests/device/count_instructions.c || missing "the counting plugin"
    # What libraries ask the system about the processor, as the emulated one would tell it.
    mkdir -p "$OUT/sys/devices/system/cpu/cpu0"
    for name in possible present online; do echo 0 >"$OUT/sys/devices/system/cpu/$name"; done
    cp tests/device/cpuinfo.txt "$OUT/cpuinfo"
fi
# The runners take LiteRT's library out of its wheels.
"$PYTHON" -c 'import sys; sys.path.insert(0, "."); from bench.phone.kit import build_kit
for abi in sys.argv[1:]: build_kit(abi)' arm64-v8a x86_64 >"$OUT/kit.log" 2>&1 || { tail -3 "$OUT/kit.log"; missing "the runner and LiteRT's wheel for ARM64"; }
touch "$OUT/.complete-$1"
