#!/bin/sh
# Builds, signs, aligns and verifies an APK without Gradle: the whole app with the bundle that ships. The
# two runtimes come from Maven repositories and are NOT in it: it installs, copies and verifies the model
# and says that it has no runtime. Gradle builds the complete app (android_demo/README.md).
#
# Usage: android_demo/app/apk.sh [PYTHON]   (with the project's packages; exports the model once)
set -eu
cd "$(dirname "$0")/../.."
PYTHON=${1:-.venv/bin/python}
. android_demo/tools.sh
need apk
. android_demo/app/compile.sh

# The installed bundle, or else the student that ships, exported once and again where the exporter changed.
# An app with a key has use only for a bundle that is signed.
ASSETS=$APP/assets
if test -e $ASSETS/bundle/manifest.json || test -e $ASSETS/public.pem; then
    "$PYTHON" -c 'import pathlib; from export.install import check_installed; check_installed(pathlib.Path("android_demo"))'
else
    student=$BUILD/student
    echo "exporting the model that ships, if it was not"
    "$PYTHON" -m export.shipped "$student" >"$BUILD/export.log" 2>&1 || { cat "$BUILD/export.log"; exit 1; }
    ASSETS=$BUILD/assets
    rm -rf "$ASSETS"
    mkdir -p "$ASSETS"
    cp -r "$student" "$ASSETS/bundle"
fi

echo "making classes.dex"
rm -rf "$BUILD/stdlib" "$BUILD/dex"
mkdir -p "$BUILD/stdlib" "$BUILD/dex"
"$PYTHON" -m zipfile -e "$STDLIB" "$BUILD/stdlib"
rm -rf "$BUILD/stdlib/META-INF" # has classes of newer Java versions
java -Xmx1500m -XX:+UseSerialGC -cp "$DX" com.android.dx.command.Main --dex --min-sdk-version="$(catalog minSdk)" \
    --output="$BUILD/dex/classes.dex" "$BUILD/generated/classes" "$BUILD/core8" "$BUILD/app" "$BUILD/stdlib"

echo "packing and signing"
KEYS=$BUILD/debug.p12
test -e "$KEYS" || keytool -genkeypair -keystore "$KEYS" -storetype PKCS12 -storepass android -alias debug -keyalg RSA \
    -keysize 2048 -validity 10000 -dname CN=debug >/dev/null 2>&1
APK=$BUILD/app.apk
"$PYTHON" android_demo/app/apk.py assemble "$BUILD/base.apk" "$BUILD/dex/classes.dex" "$ASSETS" "$BUILD/unaligned.apk"
zipalign -f -p 4 "$BUILD/unaligned.apk" "$BUILD/aligned.apk"
apksigner sign --ks "$KEYS" --ks-pass pass:android --min-sdk-version "$(catalog minSdk)" --out "$APK" "$BUILD/aligned.apk"
rm "$BUILD/unaligned.apk" "$BUILD/aligned.apk"

echo "verifying"
zipalign -c -p 4 "$APK"
apksigner verify --verbose --min-sdk-version "$(catalog minSdk)" "$APK" >"$BUILD/verify.log"
grep -m 1 'v2 scheme.*true' "$BUILD/verify.log"
aapt2 dump badging "$APK" >"$BUILD/badging.log"
for wanted in "package: name='distilbertmobile.app' versionCode='$(version versionCode)'" "sdkVersion:'$(catalog minSdk)'" \
    "targetSdkVersion:'$(catalog compileSdk)'" "launchable-activity: name='distilbertmobile.app.qa.QaActivity'"; do
    grep -m 1 -o "$wanted" "$BUILD/badging.log" || { echo "error: the APK's manifest has no $wanted"; exit 1; }
done
"$PYTHON" android_demo/app/apk.py parts "$APK"
echo "built $APK (no runtime inside; see android_demo/README.md)"
