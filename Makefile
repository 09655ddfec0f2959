# Two commands for a new machine: `make study` and `make test`. Both set up .venv first.
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.complete

.PHONY: help setup study test check
help:
	@echo "make study      set up .venv, then the main job: export, prove, score and measure; report/index.html (STUDY=--full: longer)"
	@echo "make test       set up .venv, then all tests that this machine can run"
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

test: $(STAMP)
	@$(BIN)/python -m pytest

check: $(STAMP)
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy
