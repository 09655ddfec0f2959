# Read by the scripts that install tools (". android_demo/debian.sh", in the repository's root): Debian's
# packages. APT_LOG is where apt's output goes. What cannot be had ends the script with 3, so that nobody
# takes it for a failed test.

# missing WHAT: says why nothing can be tested here.
missing() {
    echo "error: could not install $1"
    exit 3
}

# install PACKAGE...: Debian's packages, as root, without a word where all of them are there.
install() {
    for package in "$@"; do
        if ! dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed; then
            echo "installing $*"
            { apt-get -qq update && apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"; } >"$APT_LOG" 2>&1 ||
                { tail -3 "$APT_LOG"; missing "$* (as root: apt-get install $*)"; }
            return
        fi
    done
}
