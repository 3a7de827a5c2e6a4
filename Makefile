# Every recipe is one or two lines; what takes more is a program in tools/.
# Work that `make` can skip next time leaves a stamp in .stamps/.

PORT ?= 8080
HOST ?= 127.0.0.1
DATA_DIR ?= data
PYTHON ?=
JOBS ?= 2
COVERAGE_FLOOR ?= 90

BIN := .venv/bin
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode
.DEFAULT_GOAL := help
.PHONY: coverage operations help web web-check screenshots setup setup-dev run dev test check format-check lint types imports repo-lint format proof replay bench docs lock clean
.DELETE_ON_ERROR:

SOURCES := $(shell find src -name '*.py')
WEB := $(shell find web -name node_modules -prune -o -type f ! -name schema.d.ts -print)

# Stamps without an environment tell of one that was deleted; so does one of a build that is gone.
ifeq ($(wildcard $(BIN)/python),)
$(shell rm -rf .stamps)
endif
ifeq ($(wildcard src/modelport/web/static/index.html),)
$(shell rm -f .stamps/web)
endif

help:
	@awk -f tools/help.awk $(MAKEFILE_LIST)

##@ Use it

run: setup web ## Install what is missing, then serve. PORT, HOST and DATA_DIR override
	@exec $(BIN)/modelport serve --host "$(HOST)" --port "$(PORT)" --data-dir "$(DATA_DIR)"

setup: .stamps/runtime .stamps/local .stamps/bytecode ## Install what the server needs into .venv. PYTHON overrides which Python

web: .stamps/web ## Build the web app if it is missing or stale and Node is here

##@ Work on it

dev: setup-dev ## Serve with the scripted provider in place of real ones; no keys needed
	@exec $(BIN)/python tools/dev.py --host "$(HOST)" --port "$(PORT)" --data-dir "$(DATA_DIR)-dev"

test: setup-dev ## Every check, then every test. JOBS overrides how many at once
	@$(MAKE) --no-print-directory -j $(JOBS) check && $(MAKE) --no-print-directory web
	@$(BIN)/python -m pytest -n $(JOBS) -m "not proof"

check: format-check lint types imports repo-lint web-check ## Format, lint, types, import contracts, the house's own lints; the web app's

format: setup-dev ## Write the code as the formatter wants it, and mend what can be mended
	@$(BIN)/ruff check --fix-only --quiet . && $(BIN)/ruff format .
	@sh tools/web.sh format

setup-dev: .stamps/dev .stamps/bytecode ## Install what checks and tests need as well

docs: setup-dev ## Write the generated reference pages anew
	@$(BIN)/python tools/reference.py

lock: setup-dev ## Make the lock files anew. UPGRADE=1 takes newer versions of everything
	@$(BIN)/python tools/lock.py $(if $(UPGRADE),--upgrade)

clean: ## Remove the environment and every cache; data stays
	@rm -rf web/node_modules src/modelport/web/static .venv .stamps .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* dist

##@ Prove it

screenshots: setup-dev web ## Every page, language, theme and width into screenshots/. ARGS="home chat" for some
	@$(BIN)/python tests/e2e/e2e_screenshots.py $(ARGS)

proof: setup-dev ## The long runs: kill rounds, exact budgets
	@$(BIN)/python -m pytest -m proof --timeout 3600

coverage: setup-dev web ## Every test again, measuring what they reach: money and the chat path have a floor. COVERAGE_FLOOR overrides
	@$(BIN)/python -m pytest -n $(JOBS) -m "not proof" --cov --cov-fail-under=$(COVERAGE_FLOOR)

replay: setup-dev ## Replay all recorded traffic and write docs/reference/replay.md; half a minute
	@$(BIN)/python tests/replay/replay_figures.py

operations: setup-dev ## Drive every operation with the official client and write docs/reference/operations.md
	@MODELPORT_WRITE_OPERATIONS=1 $(BIN)/python -m pytest -q tests/api/test_api_operations.py

bench: setup-dev ## Speed beside nginx, a raw proxy and LiteLLM; about 12 minutes. ARGS="--quick" for one
	@$(BIN)/python -m bench.translation
	@$(BIN)/python -m bench $(ARGS)

format-check: setup-dev
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run 'make format'." >&2; exit 1; }

lint: setup-dev
	@$(BIN)/ruff check --quiet .

types: setup-dev
	@$(BIN)/basedpyright

imports: setup-dev
	@$(BIN)/lint-imports --no-logo

repo-lint: setup-dev
	@$(BIN)/python tools/lint.py

web-check:
	@sh tools/web.sh check

# Without Node it says so and leaves no stamp: the next run asks again.
.stamps/web: $(WEB) docs/reference/openapi.json
	@sh tools/web.sh build

.stamps/venv: tools/bootstrap.lock tools/find-python.sh
	@mkdir -p .stamps && python=$$(sh tools/find-python.sh $(PYTHON)) && echo "Setting up .venv with $$python" && "$$python" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/bootstrap.lock && touch $@

.stamps/runtime: .stamps/venv requirements.lock pyproject.toml
	@echo "Installing what the server needs" && $(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e . && touch $@

# Else each process compiles us anew wherever Python may not write beside the sources: a good half second a start.
.stamps/bytecode: .stamps/venv $(SOURCES)
	@$(BIN)/python -m compileall -q src && touch $@

.stamps/local: .stamps/venv requirements-local.lock
	@echo "Installing the engine of the local free model" && $(INSTALL) --no-build --require-hashes -r requirements-local.lock && touch $@ \
	  || echo "No engine for the local free model on this platform: the server runs without that model." >&2

.stamps/dev: .stamps/runtime .stamps/local requirements-dev.lock
	@echo "Installing what checks and tests need" && $(INSTALL) --require-hashes -r requirements-dev.lock && touch $@
