# Everything that is done with Tavernkeep from a checkout. `make` lists it.
PYTHON ?= python3
# One variable chooses the PyTorch build, for instance: make run TORCH="torch==2.13.0" for a GPU.
TORCH ?= --extra-index-url https://download.pytorch.org/whl/cpu torch==2.13.0+cpu
PLAIN_TORCH := torch==2.13.0
BIN := .venv/bin
TEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run demo test cover check fix bench clean

help: ## List the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1	\2/'

run: .venv/installed ## Start the bot; the room opens on http://127.0.0.1:8484
	@$(BIN)/python -m bot run

demo: .venv/installed ## Walk through the whole loop in the terminal, and end
	@$(BIN)/python -m bot demo

test: .venv/ready ## Run the whole test suite
	@$(TEST)

cover: .venv/ready ## Run it and say which lines of code it never reached; this takes half as long again
	@$(TEST) --cov --cov-report=term:skip-covered

check: .venv/ready ## Format, lint, types and import contracts, without changing anything
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

fix: .venv/ready ## Format, and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/ready ## Measure against plain baselines, in some 25 minutes; ARGS=--help says what and how
	@$(BIN)/python -m tests.benchmarks $(ARGS)

clean: ## Remove the environment and what was built; the data folder stays
	@rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage

.venv/installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing pinned versions into .venv; the first time this takes some minutes."
	@echo "  1 of 2: PyTorch…"
	@$(PIP) install -c constraints.txt $(TORCH) 2>/dev/null || $(PIP) install -c constraints.txt $(PLAIN_TORCH)
	@echo "  2 of 2: everything else…"
	@$(PIP) install -c constraints.txt -e .
	@touch $@

.venv/ready: .venv/installed
	@$(PIP) install -c constraints.txt -e ".[dev]"
	@touch $@
