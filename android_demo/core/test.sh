#!/bin/sh
# Compiles the Kotlin core and runs its tests with nothing but a JDK, Debian's JUnit and the Kotlin
# compiler inside a PyPI package; Android Studio and Gradle are not needed. Everything made here goes
# to android_demo/build/.
#
# Usage: android_demo/core/test.sh [PYTHON]   (with the project's packages; for the agreement tests)
set -eu
cd "$(dirname "$0")/../.."
PYTHON=${1:-.venv/bin/python}
. android_demo/tools.sh
need core
CORE=android_demo/core/src

echo "compiling the core"
rm -rf "$BUILD/main" "$BUILD/test"
kotlin -jvm-target 17 -cp "$STDLIB" -d "$BUILD/main" $CORE/main/kotlin
kotlin -jvm-target 17 -cp "$STDLIB:$BUILD/main:$JUNIT:$JARS/jna.jar" -Xfriend-paths="$BUILD/main" -d "$BUILD/test" \
    $CORE/test/kotlin $CORE/hostTest/kotlin

# The agreement with Python on SQuAD dev-A and on random text; made anew where the reference or the data changed.
AGREED=$BUILD/agreement
if test -d ../shared/data/qa; then
    if ! unchanged "$AGREED/answers.jsonl" tasks/*.py tests/golden/agreement.py ../shared/data/qa/squad11-dev-A.json.gz ../shared/data/tokenizer; then
        echo "asking the Python reference"
        rm -rf "$AGREED"
        "$PYTHON" tests/golden/agreement.py "$AGREED.partial"
        mv "$AGREED.partial" "$AGREED"
    fi
else
    rm -rf "$AGREED"
    echo "skipped: the agreement with Python, for ../shared/data is not here"
fi

# The bundle that ships, exported where there is none of today, and what Python answers with it.
LITERT=$("$PYTHON" -c 'import ai_edge_litert as p; print(p.__path__[0] + "/libLiteRt.so")' 2>/dev/null || true)
if test -f "$LITERT"; then
    echo "asking the real model in Python"
    "$PYTHON" ios_demo/HostCheck/reference.py "$MODEL" >"$MODEL.log" 2>&1 ||
        { cat "$MODEL.log"; exit 1; }
else
    rm -rf "$MODEL"
    echo "skipped: the real model, for $PYTHON has no LiteRT library"
fi

echo "testing the core"
junit "$BUILD/test" "$BUILD/main" -Dagreement="$AGREED" -Dmodel="$MODEL" -Dlitert="$LITERT"
