# Read by test.sh and apk.sh beside it, after tools.sh: compiles the core and the whole app against
# Android's classes (API 23) and resources (API 29), which Debian has, and against app/declared for the
# two runtimes. Leaves the classes in $BUILD/app, $BUILD/core8 and $BUILD/generated, and
# $BUILD/base.apk with the resources. The bytecode is Java 8's, the newest that dx reads.
APP=android_demo/app/src/main
FRAMEWORK=/usr/share/android-framework-res/framework-res.apk
install aapt android-framework-res

# Debian 11 packages, unpacked and not installed: Debian 12 has neither Android's classes nor dx.
fetch_bullseye() {
    folder=$BUILD/bullseye
    rm -rf "$folder"
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/root"
    here=$(apt-get indextargets --format '$(REPO_URI)' | grep '/debian/$' | head -1)
    for mirror in "$here" http://archive.debian.org/debian/; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no] $mirror bullseye main" >"$folder/sources.list"
        options="-o Dir::Etc::sourcelist=$folder/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$folder/lists
            -o Dir::Cache=$folder/cache -o APT::Sandbox::User=root -o Acquire::Languages=none"
        # shellcheck disable=SC2086
        if (cd "$folder" && apt-get $options -qq update && apt-get $options -qq download libandroid-23-java dalvik-exchange) >"$BUILD/bullseye.log" 2>&1; then
            for package in "$folder"/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
            rm -rf "$folder/lists" "$folder/cache" "$folder"/*.deb
            touch "$folder/.complete"
            return
        fi
    done
    cat "$BUILD/bullseye.log"
    echo "error: could not fetch libandroid-23-java and dalvik-exchange of Debian 11"
    exit 1
}
if ! test -e "$BUILD/bullseye/.complete"; then
    echo "fetching Android's classes and dx (15 MB)"
    fetch_bullseye
fi
ANDROID=$BUILD/bullseye/root/usr/share/java/com.android.android-23.jar
DX=$BUILD/bullseye/root/usr/share/java/com.android.dx.jar

echo "compiling the app"
rm -rf "$BUILD/generated" "$BUILD/declared" "$BUILD/core8" "$BUILD/app"
mkdir -p "$BUILD/generated/java" "$BUILD/generated/classes"
catalog() { sed -n "s/^$1 = \"\(.*\)\"$/\1/p" android_demo/gradle/libs.versions.toml; }
version() { sed -n "s/.*$1 = \"*\([0-9.]*\)\"*$/\1/p" android_demo/app/build.gradle.kts; }
# What Gradle adds: the package, and the constants of the version catalog.
sed 's/<manifest /<manifest package="distilbertmobile.app" /' $APP/AndroidManifest.xml >"$BUILD/generated/AndroidManifest.xml"
cat >"$BUILD/generated/java/BuildConfig.java" <<END
package distilbertmobile.app;

public final class BuildConfig {
    public static final String LITERT_VERSION = "$(catalog litert)";
    public static final String EXECUTORCH_VERSION = "$(catalog executorch)";
}
END
aapt2 compile --dir $APP/res -o "$BUILD/generated/resources.zip"
aapt2 link -o "$BUILD/base.apk" -I $FRAMEWORK --manifest "$BUILD/generated/AndroidManifest.xml" --java "$BUILD/generated/java" \
    --min-sdk-version "$(catalog minSdk)" --target-sdk-version "$(catalog compileSdk)" \
    --version-code "$(version versionCode)" --version-name "$(version versionName)" "$BUILD/generated/resources.zip"
# shellcheck disable=SC2046
javac -nowarn -Xlint:-options -source 8 -target 8 -bootclasspath "$ANDROID" -d "$BUILD/generated/classes" \
    $(find "$BUILD/generated/java" -name '*.java')
# dx knows no lambdas or joined strings made at run time.
for_dx="-no-jdk -jvm-target 1.8 -Xlambdas=class -Xsam-conversions=class -Xstring-concat=inline"
# shellcheck disable=SC2086
{
    kotlin $for_dx -cp "$STDLIB:$ANDROID" -d "$BUILD/declared" android_demo/app/declared
    kotlin $for_dx -cp "$STDLIB:$ANDROID" -d "$BUILD/core8" android_demo/core/src/main/kotlin
    kotlin $for_dx -cp "$STDLIB:$ANDROID:$BUILD/core8:$BUILD/declared:$BUILD/generated/classes" -d "$BUILD/app" $APP/kotlin
}
