#!/bin/sh
# Installs what compiles and tests here without Gradle; silent where all of it is there.
# Ends with 3 where something cannot be had.
#
# Usage: android_demo/install.sh core|app|apk [PYTHON]
set -eu
cd "$(dirname "$0")/.."
PYTHON=${2:-.venv/bin/python}
. android_demo/tools.sh
need "$1"
