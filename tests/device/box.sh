#!/bin/bash
# A phone in a box: Debian's real adbd over a small user land, ARM64 through qemu or x86-64 as it is, in
# namespaces of its own. BOX is its root (made by box.py), PORT where adbd listens.
#
# Usage: tests/device/box.sh BOX PORT
set -eu
exec unshare --user --map-root-user --mount --kill-child bash -euc '
BOX=$1 PORT=$2
if [ -e $BOX/arm64 ]; then
    mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
    printf "%s" ":arm64:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:/usr/bin/qemu-aarch64-static:F" \
        >/proc/sys/fs/binfmt_misc/register
fi
mount --rbind /proc $BOX/proc
mount --rbind /dev $BOX/dev
mount --bind $BOX/cpuinfo $BOX/proc/cpuinfo
exec env -i QEMU_CPU=cortex-a76 ADBD_PORT=$PORT PATH=/system/bin HOME=/data/local/tmp \
    /usr/sbin/chroot $BOX /x86/lib/ld-linux-x86-64.so.2 --library-path /x86/lib:/x86/lib/android /x86/adbd
' box "$@"
