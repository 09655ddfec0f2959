# Read by the scripts beside it (". android_demo/tools.sh", in the repository's root): what compiles Kotlin
# here without Gradle. What is missing is installed with apt-get (as root) or named; everything
# fetched goes to android_demo/build/. PYTHON must be set.
BUILD=$PWD/android_demo/build
JARS=/usr/share/java
KERNEL=kotlin-jupyter-kernel==0.19.0.944 # holds a Kotlin 2.3 compiler as jars
mkdir -p "$BUILD"

# install PACKAGE...: Debian's packages, without a word where all of them are there.
install() {
    for package in "$@"; do
        if ! dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed; then
            echo "installing $*"
            { apt-get -qq update && apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"; } >"$BUILD/apt.log" 2>&1 ||
                { echo "error: could not install them; as root: apt-get install $*"; exit 1; }
            return
        fi
    done
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

install openjdk-17-jdk-headless junit5 libjna-java
if ! test -e "$BUILD/kotlin/.complete"; then
    echo "fetching the Kotlin compiler (81 MB)"
    "$PYTHON" -m pip download --quiet --disable-pip-version-check --no-deps -d "$BUILD/kotlin" "$KERNEL"
    jars_of "$BUILD/kotlin" "$BUILD"/kotlin/*.whl
    rm "$BUILD"/kotlin/*.whl
    touch "$BUILD/kotlin/.complete"
fi
STDLIB=$(ls "$BUILD"/kotlin/kotlin-stdlib-*.jar)
JUNIT=$JARS/junit-jupiter-api.jar:$JARS/opentest4j.jar:$JARS/apiguardian-api.jar:$JARS/junit-platform-commons.jar

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
