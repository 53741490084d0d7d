# The everyday commands. Each sets up .venv from the lock files when they have changed.

PYTHON ?= python3
PORT ?= 8000
# processes that share the suite
WORKERS ?= 2
# more arguments for pytest or the bench: make test ARGS='-k recount'
ARGS ?=
# make lock UPGRADE=--upgrade takes newer versions
UPGRADE ?=

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint typecheck openapi texts screenshots bench soak lock chromium

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run-stamp
TEST := $(VENV)/.test-stamp
BENCH := $(VENV)/.bench-stamp
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE = $(VENV)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --annotation-style line \
	--group build $(UPGRADE)

# One file per migration, each after what stands before the first: in one file with its table,
# an index on a table in use would pass for one on a new table.
SQL := $(VENV)/migrations
SPLIT = /^-- Running upgrade/ { file = sprintf("$(SQL)/%03d.sql", ++n); printf "%s", head > file } \
	{ if (n) print > file; else head = head $$0 "\n" }

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUN) ## Serve an example registry on PORT (8000)
	$(BIN)/registry demo --port $(PORT)

test: $(TEST) chromium ## Run the suite on SQLite and PostgreSQL
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

lint: $(TEST) ## Check style, imports and migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	rm -rf $(SQL) && mkdir $(SQL)
	$(BIN)/registry db upgrade --sql > $(SQL)/all
	awk '$(SPLIT)' $(SQL)/all
	$(BIN)/squawk '$(SQL)/*.sql'

typecheck: $(TEST) ## Check types
	$(BIN)/mypy
	$(if $(wildcard tests/oracle),$(BIN)/mypy tests/oracle)

openapi: $(RUN) ## Write the OpenAPI document anew
	$(BIN)/registry openapi write

texts: $(RUN) ## Gather the pages' texts, and compile their English
	@mkdir -p var
	cd registry/web && ../../$(BIN)/pybabel -q extract -F translations/babel.ini --no-location \
		--sort-output --no-wrap --omit-header -o ../../var/messages.pot .
	$(BIN)/pybabel -q update -i var/messages.pot -d registry/web/translations -l en --no-wrap \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	$(BIN)/pybabel -q compile -d registry/web/translations

screenshots: $(TEST) chromium ## Take pictures of every page of the demo
	$(BIN)/python -m tests.screenshots

bench: $(BENCH) ## Measure the rates and times that are promised
	$(BIN)/python -m tests.bench $(ARGS)

soak: $(TEST) ## Run the long tests under load
	$(BIN)/pytest -m soak $(ARGS)

lock: $(VENV)/lock/bin/uv ## Write the lock files anew
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra test --constraint requirements.lock \
		--output-file requirements-test.lock
	$(COMPILE) pyproject.toml --extra test --extra bench --constraint requirements-test.lock \
		--output-file requirements-bench.lock

# The browser of the pages' tests, with Korean letters, where packages can be installed.
chromium:
	@command -v chromium >/dev/null || { apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			chromium fonts-nanum; } >$(VENV)/chromium.log 2>&1 \
		|| echo 'No chromium, and none can be installed here: see $(VENV)/chromium.log'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements.lock pyproject.toml setup.py | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(TEST): requirements-test.lock pyproject.toml setup.py | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements-test.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(RUN)

$(BENCH): requirements-bench.lock $(TEST)
	$(INSTALL) --require-hashes -r requirements-bench.lock
	@touch $@

$(VENV)/lock/bin/uv: | $(BIN)/python
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check 'uv~=0.13.0'
