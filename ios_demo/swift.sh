#!/bin/sh
# Runs a command of the Swift toolchain in a folder of this repository: swift.sh FOLDER swift test
# Where the system has no swift, Debian 13's is set up once in a root of its own: 2.5 minutes, 2 GB,
# by root or through sudo. SWIFT_ROOT says where, DEBIAN_MIRROR from where.
set -eu
folder=$(cd "$1" && pwd)
shift
if command -v swift >/dev/null 2>&1; then
    cd "$folder"
    exec "$@"
fi
[ "$(uname -s)" = Linux ] || { echo "error: no swift found; install Xcode" >&2; exit 1; }
root=${SWIFT_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/distilbert-mobile/swift-root}
sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
if [ ! -e "$root/usr/bin/swift" ] && [ ! -h "$root/usr/bin/swift" ]; then  # a link inside the root
    [ ! -e "$root" ] || { echo "error: $root exists and holds no swift; remove it" >&2; exit 1; }
    if ! command -v debootstrap >/dev/null 2>&1; then
        echo "installing debootstrap"
        $sudo apt-get update -qq
        $sudo apt-get install -y -qq debootstrap >/dev/null
    fi
    echo "setting up Debian 13's Swift in $root (some minutes; about 2 GB on disk)"
    mkdir -p "$(dirname "$root")"
    $sudo rm -rf --one-file-system "$root.partial"
    $sudo debootstrap --variant=minbase --include=swiftlang,libc6-dev,libstdc++-14-dev trixie \
        "$root.partial" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$root.log" 2>&1 ||
        { tail -5 "$root.log" >&2; echo "error: see $root.log" >&2; exit 1; }
    $sudo mv "$root.partial" "$root"
fi
# The repository and the folder beside it that may hold test data are seen at their own paths.
repository=$(cd "$(dirname "$0")/.." && pwd)
data=$(dirname "$repository")/shared
exec $sudo env ROOT="$root" REPOSITORY="$repository" DATA="$data" FOLDER="$folder" \
    unshare --mount sh -eu -c '
    mkdir -p "$ROOT$REPOSITORY"
    mount --bind "$REPOSITORY" "$ROOT$REPOSITORY"
    if [ -d "$DATA" ]; then
        mkdir -p "$ROOT$DATA"
        mount --bind "$DATA" "$ROOT$DATA"
    fi
    mount -t proc proc "$ROOT/proc"
    exec chroot "$ROOT" /usr/bin/env -C "$FOLDER" HOME=/root PATH=/usr/bin:/bin LANG=C.UTF-8 "$@"
' sh "$@"
