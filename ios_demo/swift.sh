#!/bin/sh
# Runs a command of the Swift toolchain in a folder of this repository: swift.sh FOLDER swift test
# Where the system has no swift, Debian 13's is set up once in a root of its own: 2.5 minutes, 2 GB,
# by root or through sudo. SWIFT_ROOT says where, DEBIAN_MIRROR from where. Where there is no Swift and it
# cannot be set up it ends with 3, so that nobody takes that for a failed test.
set -eu
# missing WHY: ends the script.
missing() {
    echo "error: no Swift here: $1" >&2
    exit 3
}
folder=$(cd "$1" && pwd)
shift
# The plan of an earlier build knows nothing of files that the packages beside this one have got since.
rm -f "$folder/.build/debug.yaml" "$folder/.build/release.yaml"
if command -v swift >/dev/null 2>&1; then
    cd "$folder"
    exec "$@"
fi
[ "$(uname -s)" = Linux ] || missing "install Xcode"
root=${SWIFT_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/distilbert-mobile/swift-root}
sudo=""
if [ "$(id -u)" != 0 ]; then
    sudo="sudo -n" # who is at a terminal may be asked for the password
    [ ! -t 0 ] || sudo=sudo
    $sudo true || missing "setting it up takes root or sudo"
fi
$sudo unshare --mount true || missing "a root of its own takes the right to mount"
if [ ! -e "$root/usr/bin/swift" ] && [ ! -h "$root/usr/bin/swift" ]; then  # a link inside the root
    [ ! -e "$root" ] || missing "$root exists and holds none; remove it"
    if ! command -v debootstrap >/dev/null 2>&1; then
        echo "installing debootstrap"
        { $sudo apt-get update -qq && $sudo apt-get install -y -qq debootstrap; } >/dev/null || missing "could not install debootstrap"
    fi
    echo "setting up Debian 13's Swift in $root (some minutes; about 2 GB on disk)"
    mkdir -p "$(dirname "$root")"
    $sudo rm -rf --one-file-system "$root.partial"
    $sudo debootstrap --variant=minbase --include=swiftlang,libc6-dev,libstdc++-14-dev trixie \
        "$root.partial" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$root.log" 2>&1 ||
        { tail -5 "$root.log" >&2; missing "could not set it up, see $root.log"; }
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
