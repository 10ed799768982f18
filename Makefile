# Every target sets up what it needs first, so any of them works in a fresh clone with nothing but Python 3.11 or newer.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
BIN := .venv/bin

# The first Python that is new enough: a python3 on PATH may be an old one, or a stub that only prints a hint.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run demo test check bench soak lock assets layout format clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup:
	@test -n "$(PYTHON)" || { echo "Firebell needs Python 3.11 or newer; none was found on PATH." >&2; exit 1; }
	@"$(PYTHON)" tools/bootstrap.py

setup-dev:
	@test -n "$(PYTHON)" || { echo "Firebell needs Python 3.11 or newer; none was found on PATH." >&2; exit 1; }
	@"$(PYTHON)" tools/bootstrap.py --dev

run: setup ## Start the server on 127.0.0.1:8080
	@$(BIN)/firebell serve

demo: setup ## Start the server with a sample company in it
	@$(BIN)/firebell demo

# Real browsers and servers on a busy machine get one second try, said aloud; what fails twice has failed.
# Files begin in the order of tests/conftest.py, the longest first.
BY_FILE = --dist loadfile --no-loadscope-reorder
AGAIN = echo "== once more, alone: what failed above" && $(BIN)/python -m pytest --last-failed --last-failed-no-failures none

test: setup-dev ## Run the tests (ARGS="-k ladder" for some of them)
	@$(BIN)/python tools/test_parts.py
ifdef ARGS
	@$(BIN)/python -m pytest $(ARGS)
else
	@echo "== rules, stories and interfaces, on every core"
	@$(BIN)/python -m pytest -n auto $(BY_FILE) -m "not system and not browser" || { $(AGAIN) -m "not system and not browser"; }
	@echo "== real servers, browsers and senders, three files at a time: they wait more than they compute"
	@$(BIN)/python -m pytest -n 3 $(BY_FILE) -m "system or browser" || { $(AGAIN) -m "system or browser"; }
endif

check: setup-dev ## Lint, format, types, imports, layout, tree
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict src tools
	@PYTHONPATH=src $(BIN)/lint-imports --no-cache
	@$(BIN)/python tools/assets.py --types
	@$(BIN)/python tools/layout.py --check
	@$(BIN)/python tools/cli_docs.py --check
	@$(BIN)/python tools/tree_check.py
	@echo "Checks passed."

format: setup-dev ## Format the code and mend what the linter can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

layout: setup-dev ## Draw the layout in docs/architecture.md anew
	@$(BIN)/python tools/layout.py

bench: setup-dev ## Print what the slow parts cost on this machine (ARGS=sources for one)
	@$(BIN)/python -m tests.bench $(ARGS)

soak: setup-dev ## Run for long and watch memory, files and threads
	@$(BIN)/python -m tests.soak $(ARGS)

lock: setup-dev ## Resolve requirements/*.lock anew
	@$(BIN)/python tools/lock.py

assets: setup ## Build the front end

clean: ## Remove what was built or installed here (your data stays)
	rm -rf .venv build dist frontend/node_modules src/firebell/entrypoints/web/static
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
