# Read by test.sh and apk.sh beside it, after tools.sh: compiles the core and the whole app against
# Android's classes (API 23) and resources (API 29), which Debian has, and against app/declared for the
# two runtimes. Leaves the classes in $BUILD/app, $BUILD/core8 and $BUILD/generated, and
# $BUILD/base.apk with the resources. The bytecode is Java 8's, the newest that dx reads.
APP=android_demo/app/src/main
FRAMEWORK=/usr/share/android-framework-res/framework-res.apk

catalog() { sed -n "s/^$1 = \"\(.*\)\"$/\1/p" android_demo/gradle/libs.versions.toml; }
version() { sed -n "s/.*$1 = \"*\([0-9.]*\)\"*$/\1/p" android_demo/app/build.gradle.kts; }

# What Gradle adds: the package, and the constants of the version catalog.
add_constants() {
    sed 's/<manifest /<manifest package="distilbertmobile.app" /' $APP/AndroidManifest.xml >"$BUILD/generated/AndroidManifest.xml"
    cat >"$BUILD/generated/java/BuildConfig.java" <<END
package distilbertmobile.app;

public final class BuildConfig {
    public static final String LITERT_VERSION = "$(catalog litert)";
    public static final String EXECUTORCH_VERSION = "$(catalog executorch)";
}
END
}

compile_resources() {
    aapt2 compile --dir $APP/res -o "$BUILD/generated/resources.zip"
    aapt2 link -o "$BUILD/base.apk" -I $FRAMEWORK --manifest "$BUILD/generated/AndroidManifest.xml" --java "$BUILD/generated/java" \
        --min-sdk-version "$(catalog minSdk)" --target-sdk-version "$(catalog compileSdk)" \
        --version-code "$(version versionCode)" --version-name "$(version versionName)" "$BUILD/generated/resources.zip"
    # shellcheck disable=SC2046
    javac -nowarn -Xlint:-options -source 8 -target 8 -bootclasspath "$ANDROID" -d "$BUILD/generated/classes" \
        $(find "$BUILD/generated/java" -name '*.java')
}

compile_kotlin() {
    # dx knows no lambdas or joined strings made at run time.
    for_dx="-no-jdk -jvm-target 1.8 -Xlambdas=class -Xsam-conversions=class -Xstring-concat=inline"
    # shellcheck disable=SC2086
    {
        kotlin $for_dx -cp "$STDLIB:$ANDROID" -d "$BUILD/declared" android_demo/app/declared
        kotlin $for_dx -cp "$STDLIB:$ANDROID" -d "$BUILD/core8" android_demo/core/src/main/kotlin
        kotlin $for_dx -cp "$STDLIB:$ANDROID:$BUILD/core8:$BUILD/declared:$BUILD/generated/classes" -d "$BUILD/app" $APP/kotlin
    }
}

COMPILED=$BUILD/.app-compiled
if ! unchanged "$COMPILED" $APP android_demo/core/src/main android_demo/app/declared android_demo/app/build.gradle.kts \
    android_demo/app/compile.sh android_demo/tools.sh android_demo/gradle; then
    echo "compiling the app"
    rm -rf "$COMPILED" "$BUILD/generated" "$BUILD/declared" "$BUILD/core8" "$BUILD/app"
    mkdir -p "$BUILD/generated/java" "$BUILD/generated/classes"
    touch "$COMPILED.begun" # what changes from here on is newer
    add_constants
    compile_resources
    compile_kotlin
    mv "$COMPILED.begun" "$COMPILED"
fi
