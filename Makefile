# archreview: every command a user or maintainer needs. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
# uv, where it is there, installs the same packages ten times as fast.
UV := $(shell command -v uv)
INSTALL := $(if $(UV),$(UV) pip install -q --python $(BIN)/python,$(BIN)/python -m pip install --disable-pip-version-check -q)

.PHONY: help demo demo-tui test lint check gate format train eval bench readme clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing archreview into $(VENV) (a minute or two the first time) ..."
	@$(INSTALL) -c constraints.txt -e .
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing archreview and its development tools into $(VENV) ..."
	@$(INSTALL) -c constraints.txt -e '.[dev]'
	@touch $@ $(STAMP)

demo: $(STAMP) ## make .venv, install, review a sample design offline and print the report
	@$(BIN)/archreview review evals/designs/realtime-serving-2.md --ephemeral

demo-tui: $(STAMP) ## make .venv, install, open the terminal application on the sample designs
	@$(BIN)/archreview tui evals/designs

test: $(DEV_STAMP) ## make .venv and run every test, on two processes
	@$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(DEV_STAMP) ## format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint ## format, lint, types, layers, tests
	@$(BIN)/python -m pytest -n 2 --dist worksteal

gate: $(STAMP) ## score the offline judge on the sealed sample designs; fails below the gate
	@$(BIN)/archreview eval --baseline evals/baseline.json --gate evals/gate.json

readme: $(DEV_STAMP) ## write the help texts and pictures of README.md anew
	@$(BIN)/python .ci/readme.py

format: $(DEV_STAMP) ## format and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

train: $(DEV_STAMP) ## retrain the offline judge and the detector of attacks from ../shared/benchmark and evals/
	@$(BIN)/python -m evals.training.attacks --benchmark ../shared/benchmark --designs evals
	@$(BIN)/python -m evals.training.train --benchmark ../shared/benchmark --designs evals

eval: $(STAMP) ## score the offline judge on the sealed split of the sample designs
	@$(BIN)/archreview eval

bench: $(DEV_STAMP) ## measure start-up, review, index and report times
	@$(BIN)/python -m evals.bench.speed
	@$(BIN)/python -m evals.bench.reports evals/designs

clean: ## remove .venv and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dist
