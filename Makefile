# Each target sets up what it needs in .venv, once; nothing is installed outside this folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL := $(PIP) install --constraint constraints.txt
PYTEST := $(BIN)/python -m pytest
LONG := $(PYTEST) -n auto --dist worksteal --hypothesis-profile=long
# Tests start the program a hundred times. What Python compiled is kept in the checkout, as it is in a shell that says
# nothing about it: without, each start costs half a second more. `make clean` removes it.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-cutover test test-long lint lint-code lint-format lint-types lint-layers format bench update wheel pictures clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is not Python 3.11 or newer: name one, as in make PYTHON=python3.12" >&2; exit 1; }
	@echo "setup: virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$(PYTHON) -m venv does not work: on Debian and Ubuntu, install python3-venv" >&2; exit 1; }

# The pip that comes with Python may be too old to know dependency groups. The build runs without isolation, so that
# hatchling is the pinned one too.
$(READY): $(BIN)/python pyproject.toml constraints.txt
	@echo "setup: packages, as pinned in constraints.txt"
	@$(INSTALL) pip
	@$(INSTALL) --group dev
	@$(INSTALL) --no-build-isolation --editable '.[all]'
	@$(BIN)/python tests/fetch_kubectl.py $(BIN)/kubectl || echo "setup: no kubectl and no helm; the tests that need them are skipped"
	@$(BIN)/python tests/fetch_schemas.py $(VENV)/schemas || echo "setup: no schemas of the Gateway API; the tests that need them are skipped"
	@touch $@

setup: $(READY) ## make .venv with all that the other targets need

demo: $(READY) ## export the three-tier sample account to ./migration-demo, and plan its cutover
	@$(BIN)/ecs2k8s demo

demo-cutover: $(READY) ## walk a cutover on loopback in about three minutes: run, stopped, resumed, rolled back
	@$(BIN)/python -m tests.demo_cutover

test: $(READY) ## run the tests that need no cloud and no cluster
	@$(PYTEST) -n auto --dist worksteal

# The figures come first and alone: they are there whatever else fails, and nothing else disturbs what is timed in them.
test-long: $(READY) ## write docs/reliability.md, then run all other tests, both with many more random examples
	@red=0; \
	$(LONG) -m claim --figures || red=1; \
	$(LONG) -m 'not claim' || red=1; \
	exit $$red

lint: lint-code lint-format lint-types lint-layers ## check style, types and layers

lint-code: $(READY)
	@echo "lint: code" && $(BIN)/ruff check --quiet

lint-format: $(READY)
	@echo "lint: format" && $(BIN)/ruff format --check --quiet

lint-types: $(READY)
	@echo "lint: types" && $(BIN)/python -m mypy --no-error-summary

lint-layers: $(READY)
	@echo "lint: layers" && { said=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$said"; exit 1; }; }

format: $(READY) ## format the code and apply safe fixes
	@$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format

bench: $(READY) ## measure
	@$(BIN)/python -m bench.bench

update: $(READY) ## rewrite expected outputs and generated docs; the diff is the review
	@$(PYTEST) --update

# What works in the checkout may be missing from the wheel: so it is installed and run far from here.
wheel: $(READY) ## build the wheel, install it into an empty environment, run it there
	@rm -rf dist && echo "wheel: build" && \
	{ said=$$($(BIN)/python -m build --no-isolation --outdir dist . 2>&1) || { echo "$$said"; exit 1; }; }
	@there=$$(mktemp -d) && trap 'rm -rf "$$there"' EXIT && trap 'exit 1' INT TERM && unset PYTHONPATH && \
	echo "wheel: install" && $(BIN)/python -m venv "$$there/venv" && \
	"$$there/venv/bin/python" -m pip --disable-pip-version-check --quiet install -c constraints.txt "$$(echo dist/*.whl)[demo]" && \
	cd "$$there" && PATH="$$there/venv/bin:$$PATH" && \
	for job in '--version' 'demo' 'coverage migration-demo' 'explain containerDefinitions[].ulimits'; do \
	  echo "wheel: ecs2k8s $$job" && set -f && ecs2k8s $$job >"$$there/out" || { cat "$$there/out"; exit 1; }; \
	done

pictures: $(READY) ## render docs/images from the review page of samples/three-tier, in chromium
	@$(BIN)/python -m tests.pictures

clean: ## remove all that the other targets made
	@rm -rf $(VENV) dist build migration-demo cutover-demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find ecs2k8s tests -name __pycache__ -prune -exec rm -rf {} +
