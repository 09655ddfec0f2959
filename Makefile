# Two commands for a new machine: `make study` and `make test`. Both set up .venv first.
# KOTLIN=no leaves the Kotlin tests out of `make test`.
PYTHON ?= python3.11
JOBS ?= 2
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal
STAMP := .venv/.complete

.PHONY: help setup study test bundle test-slow test-kotlin apk check test-swift test-compat test-device test-arm host-model
help:
	@echo "make study      set up .venv, then the main job: export, prove, score and measure; report/index.html (STUDY=--quick: the student alone; STUDY=--full: everything)"
	@echo "make test       set up .venv, then the tests that this machine can run"
	@echo "make test-slow  set up .venv, then Python's tests that take minutes"
	@echo "make bundle     the student that ships as a bundle, bundles/student, for the apps"
	@echo "make test-swift set up Debian's Swift where there is none, then the tests of the iOS core and app"
	@echo "make test-kotlin set up a JDK, JUnit and the Kotlin compiler where missing, then the tests of the Android core and app"
	@echo "make apk        set up Android's tools of Debian, then a signed and verified APK with the model that ships, without its runtimes"
	@echo "make test-compat set up other runtimes in environments of their own, then our .tflite files in them"
	@echo "make test-device set up a phone in a box (Debian's adb and adbd, ARM64 by qemu), then bench and evaluate on it, and all that can go wrong"
	@echo "make test-arm   set up the runtimes' ARM64 builds, then the files that ship on them in an emulator: logits, answers, instructions"
	@echo "make check      ruff and mypy"

setup: $(STAMP)

# torch comes first: with it in place nothing asks the registry for a build with CUDA.
$(STAMP): pyproject.toml
	@echo "setting up .venv with the pinned stack (some minutes; about 3 GB on disk)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "error: Python 3.11 is needed; name one with PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 $(TORCH_INDEX)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[tflite,executorch,dev]'
	@touch $(STAMP)

study: $(STAMP)
	@$(BIN)/distilbert-mobile study $(STUDY)

# What it is and how it is exported stands in export/shipped.py.
bundle: $(STAMP)
	@$(BIN)/python -m export.shipped bundles/student
	@echo "bundles/student is the model that ships; install it: distilbert-mobile install bundles/student android_demo"

# Python's tests come last, so that pytest's summary ends the output. What is left out is said before.
test: $(STAMP)
	@if test "$(KOTLIN)" = no; then echo "left out as asked (KOTLIN=no): the Kotlin core and app"; \
		elif ! command -v javac >/dev/null; then \
			echo "skipped: the Kotlin core and app, for there is no JDK here; make test-kotlin installs one"; \
		elif android_demo/install.sh app $(BIN)/python; then \
			android_demo/core/test.sh $(BIN)/python && android_demo/app/test.sh $(BIN)/python; \
		elif test $$? = 3; then echo "skipped: the Kotlin core and app, for their tools cannot be installed"; \
		else exit 1; fi
	@echo "not run by make test: the Swift core and app (make test-swift), the APK (make apk), the slow tests (make test-slow)"
	@$(PYTEST)

test-slow: $(STAMP)
	@$(PYTEST) -m slow

# The core first: it exports the real model, which the app's tests use too.
test-kotlin: $(STAMP)
	@android_demo/core/test.sh $(BIN)/python
	@android_demo/app/test.sh $(BIN)/python

apk: $(STAMP)
	@android_demo/app/apk.sh $(BIN)/python

# The iOS app's screens need Apple's frameworks: they are parsed here, all else of the app is compiled.
SCREENS := $(patsubst ios_demo/%,%,$(wildcard $(addprefix ios_demo/App/,Screens/*.swift Device/*.swift Benchmark/*.swift)))
SWIFT_SOURCES := Package.swift App AppCore Declared $(foreach p,QACore HostCheck,$(p)/Package.swift $(p)/Sources $(p)/Tests)

# The core must agree with what Python makes of many texts, and the real model with Python's answers
# (where LiteRT's wheel has a library that Swift can be linked to).
# What Python makes of the texts is written anew where the reference, the data or the packages changed.
QA_DATA := $(wildcard ../shared/data/qa/squad11-dev-A.json.gz ../shared/data/tokenizer)
AGREED := build/swift-reference/.with$(if $(QA_DATA),,out)-data
$(AGREED): ios_demo/QACore/Tests/reference.py $(wildcard tasks/*.py) $(QA_DATA) $(STAMP)
	@rm -rf $(@D)
	@$(BIN)/python $< $(@D)
	@touch $@

LITERT := $(CURDIR)/.venv/lib/python3.11/site-packages/ai_edge_litert
test-swift: $(STAMP) $(AGREED)
	@ios_demo/swift.sh ios_demo/QACore swift test -c release -Xswiftc -enable-testing
	@ios_demo/swift.sh ios_demo swift test
	@$(BIN)/python -c 'from pathlib import Path; from bench.result import read_result; \
		print(read_result(Path("build/swift-app/result.json")).subject.file, "measured by the app: bench reads it")'
	@ios_demo/swift.sh ios_demo swiftc -parse $(SCREENS)
	@ios_demo/swift.sh ios_demo swift format lint --strict --recursive $(SWIFT_SOURCES)
	@echo "not compiled here: $(SCREENS) (SwiftUI and UIKit); they parse and pass swift-format"
	@test -f $(LITERT)/libLiteRt.so || echo "skipped: the real model from Swift, no libLiteRt.so"
	@test ! -f $(LITERT)/libLiteRt.so || { \
		$(BIN)/python ios_demo/HostCheck/reference.py build/host-model && \
		ios_demo/swift.sh ios_demo/HostCheck swift test -c release \
			-Xlinker -L$(LITERT) -Xlinker -rpath -Xlinker $(LITERT); }

check: $(STAMP)
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

# Our .tflite files in other runtimes; each has an environment of its own, for they want other NumPys.
COMPAT := build/compat-venv
$(COMPAT)/%/.complete: tests/compat/%.txt
	@echo "setting up $* for its own environment"
	@$(PYTHON) -m venv $(COMPAT)/$*
	@$(COMPAT)/$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

test-compat: $(STAMP) $(COMPAT)/tensorflow-cpu/.complete $(COMPAT)/tflite-runtime/.complete
	@$(BIN)/python tests/compat/check.py $(COMPAT)

# The bundle that ships, exported once for all tests that want it: of both apps, on ARM64, of the package.
SHIPPED = $(shell $(BIN)/python -c 'from export.shipped import SHIPPED; print(SHIPPED.bundle_name)')
SHIPPED_IN = $(addprefix build/,$(SHIPPED) host-model/bundle device/pte-bundle) android_demo/build/student
host-model: $(STAMP)
	@$(BIN)/python -m export.shipped $(SHIPPED_IN)

# The phone in a box and the files that ship on ARM64; docs/phones.md. A network of its own: adbd listens
# everywhere, and nobody's phones are seen.
ON_DEVICE := $(PYTEST) -o python_files='check_*.py' -o pythonpath=tests/device
test-device: host-model
	@tests/device/install.sh device $(BIN)/python
	@unshare --user --map-root-user --net sh -c 'ip link set lo up && exec "$$@"' sh \
		$(ON_DEVICE) $(addprefix tests/device/check_,arm64.py faults.py cuts.py bench.py programs.py)

test-arm: host-model
	@tests/device/install.sh arm $(BIN)/python
	@$(ON_DEVICE) tests/device/check_arm.py
