# Everything a developer or a hospital's IT person runs here; `make` alone lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready
INSTALLED := $(VENV)/installed
PIP    := $(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --no-compile
# Exactly these files, each with its digest; without those of the second nothing is installed for tests.
$(READY): LOCK := requirements.lock
$(INSTALLED): LOCK := requirements-production.lock
# The build backend is locked with the rest and comes first, so that nothing is fetched that has no digest.
COMPILE := echo 'setuptools>=77' | uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet
# A shell may forbid it; then every process would compile the whole program before it starts.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup install demo up test test-long check unit integration calls browser bench lock format clean

help: ## list what can be run
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s'|'

setup: $(READY) ## create the environment from the package registry, with what tests need; does nothing twice

install: $(INSTALLED) ## create an environment that only runs the hotline, as on a hospital's server

$(READY): SIZE := two to five minutes, 1.4 GB
$(INSTALLED): SIZE := one to four minutes, 0.9 GB
$(READY): requirements.lock
$(INSTALLED): requirements-production.lock
$(READY) $(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.x")'
	@echo "Creating the environment in $(VENV): $(SIZE)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@sed -n '/^setuptools==/,/[^\\]$$/p' $(LOCK) > $(VENV)/backend.lock
	@$(PIP) --require-hashes --no-deps --requirement $(VENV)/backend.lock
	@$(PIP) --require-hashes --no-deps --no-build-isolation --requirement $(LOCK)
	@$(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'import console.web.app, voice.app, exchange.__main__, workers.router, workers.worker, workers.clock'  # compiled now, once
	@touch $@

demo: setup ## a morning at a sample hospital, then its calls after discharge: real calls, real audio
	@$(BIN)/hotline demo --scenario both

up: setup ## run the hotline on this machine
	@$(BIN)/hotline up

test: setup ## everything that must pass: all layers, then one result
	@$(BIN)/python -m tests.runner

test-long: setup ## new examples for the properties, other processors, time zones, languages; an hour or more
	@$(BIN)/python -m tests.runner long

check: setup ## style, types, layers
	@$(BIN)/python -m tests.runner check

unit: setup ## decisions, without I/O
	@$(BIN)/python -m tests.runner unit

integration: setup ## real database (SQLite and PostgreSQL), real Redis, real worker
	@$(BIN)/python -m tests.runner integration

calls: setup ## whole calls with audio on the local exchange
	@$(BIN)/python -m tests.runner calls

browser: setup ## the staff pages in a real Chromium
	@$(BIN)/python -m tests.runner browser

bench: setup ## measured claims, ours beside the alternative, as JSON
	$(BIN)/python -m bench.webhook
	$(BIN)/python -m bench.transcribe
	$(BIN)/python -m bench.quality
	$(BIN)/python -m bench.floor --seeds 5
	$(BIN)/python -m bench.decide
	$(BIN)/python -m bench.exchange
	$(BIN)/python -m bench.campaign
	$(BIN)/python -m tests.simulation.interleave.run --steps 10000

lock: ## resolve the dependencies anew, with the digest of every file; needs uv
	$(COMPILE) --upgrade --all-extras pyproject.toml - --output-file requirements.lock
	rm -f requirements-production.lock
	$(COMPILE) --extra sip --constraint requirements.lock pyproject.toml - --output-file requirements-production.lock

format: setup ## bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove the environment and everything made by runs
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
