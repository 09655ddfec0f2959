#!/bin/sh
# Compiles the whole app and runs the tests of all that needs no phone: the view model, the store of the
# bundle, the benchmark and its results, what is highlighted. Nothing of Gradle or Android Studio.
#
# Usage: android_demo/app/test.sh [PYTHON]   (with the project's packages; it reads a result as bench does)
set -eu
cd "$(dirname "$0")/../.."
PYTHON=${1:-.venv/bin/python}
. android_demo/tools.sh
need app
. android_demo/app/compile.sh

rm -rf "$BUILD/app-test" "$BUILD/app-result.json"
HOST=android_demo/core/src/hostTest/kotlin/distilbertmobile/host/LiteRt.kt
CLASSES=$BUILD/app:$BUILD/core8:$BUILD/declared:$BUILD/generated/classes
kotlin -jvm-target 17 -cp "$STDLIB:$CLASSES:$JUNIT:$JARS/jna.jar" -Xfriend-paths="$BUILD/app" -d "$BUILD/app-test" \
    android_demo/app/src/test/kotlin android_demo/app/src/hostTest/kotlin $HOST
LITERT=$("$PYTHON" -c 'import ai_edge_litert as p; print(p.__path__[0] + "/libLiteRt.so")' 2>/dev/null || true)
test -d "$MODEL/bundle" || echo "skipped: the app with the real model; android_demo/core/test.sh exports it"
echo "testing the app"
junit "$BUILD/app-test" "$CLASSES" -Dmodel="$MODEL" -Dlitert="$LITERT" -Dresult="$BUILD/app-result.json"
"$PYTHON" - "$BUILD/app-result.json" <<'END'
import pathlib, sys

from bench.result import read_result
from bench.samples import median

result = read_result(pathlib.Path(sys.argv[1]))
assert result.speed is not None and result.device.kind == "android" and result.version == 2
assert result.speed.debug_build and result.before.temperatures_c == {"battery": 31.5}
print(f"bench reads the app's result: {len(result.speed.wall_ms)} samples, median {median(result.speed.wall_ms):.2f} ms")
END
