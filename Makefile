# `make demo`, `make test` and `make install` do all the set-up. What is already done is skipped.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt

.PHONY: help install demo serve test test-cluster lint types format bench clean

help: ## show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.demo ## the project and what it needs, in .venv; then `. .venv/bin/activate`

demo: $(VENV)/.demo ## the whole pipeline on a sample corpus, on a local Ray: about ten minutes on two cores
	$(BIN)/python -m cluster.demo run

serve: $(VENV)/.demo ## keep the model that comes with the package, and the demo's, up behind HTTP on 127.0.0.1:8000 until Ctrl-C
	$(BIN)/python -m cluster.demo serve

test: $(VENV)/.test ## all tests that need nothing but Python
	$(BIN)/python -m pytest -m "not cluster"

test-cluster: $(VENV)/.dev ## tests that need several hosts (root and iproute2), a browser or much time
	$(BIN)/python -m pytest -m cluster

lint: $(VENV)/.dev ## ruff: style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy

format: $(VENV)/.dev ## let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.demo ## speed against plain baselines, as ratios measured in one run
	$(BIN)/python -m benchmarks.preprocess
	$(BIN)/python -m benchmarks.train
	$(BIN)/python -m benchmarks.scaling
	$(BIN)/python -m benchmarks.recurrent
	$(BIN)/python -m benchmarks.faces
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.sweep
	$(BIN)/python -m benchmarks.runtimes

clean: ## remove what the demo made; the virtual environment stays
	rm -rf demo-output

$(BIN)/python:
	@echo "Making a virtual environment in $(VENV)"
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the project and what it needs (torch is large: some minutes)"
	$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the project with what its tests need (torch is large: some minutes)"
	$(PIP_INSTALL) --editable '.[test]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the project with what its developers need"
	$(PIP_INSTALL) --editable '.[test,dev]'
	@touch $@
