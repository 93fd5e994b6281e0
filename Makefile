# Everything a developer or a hospital's IT person runs here; `make` alone lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready
# What make setup depends on: the same content means there is nothing to do.
INPUTS := pyproject.toml requirements.lock
# Files that wait long first (a path that holds another one would take it up), each in one process: its tests share a house.
LONG   := $(patsubst %,tests/browser/test_%.py,transfers agent_page console_pages)
PAGES  := -o cache_dir=.pytest_cache/pages -n 3 --dist loadfile --no-loadscope-reorder $(LONG) $(filter-out $(LONG),$(wildcard tests/browser/test_*.py))
CALLS  := -o cache_dir=.pytest_cache/calls -n 3 --dist loadfile --no-loadscope-reorder tests/calls/test_*.py tests/calls/exchange
HOUSE  := -o cache_dir=.pytest_cache/house -n auto tests/integration --ignore=tests/integration/test_interleave.py
# Real time passes in these three, and a build server stalls: what failed beside others runs once more alone, and must pass.
twice   = $(BIN)/pytest $(1) || $(BIN)/pytest $(1) --last-failed --last-failed-no-failures none --maxfail 1 -n 0
# A shell may forbid it; then every process would compile the whole program before it starts.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check unit integration calls browser bench lock format clean

help: ## list what can be run
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s'|'

setup: $(READY) ## create the environment from the package registry; does nothing twice

$(READY): $(INPUTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.x")'
	@echo "Creating the environment in $(VENV): about a minute, 700 MB"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --no-compile --constraint requirements.lock --editable '.[test]'
	@$(BIN)/python -c 'import console.app, console.voice, exchange.__main__, routing.router, campaigns.dialler, workers.clock'  # compiled now, once
	@touch $(READY)

demo: setup ## a morning at a sample hospital, then its calls after discharge: real calls, real audio
	@$(BIN)/hotline demo --scenario both

up: setup ## run the hotline on this machine
	@$(BIN)/hotline up

# What only computes runs beside what mostly waits, and gives way to it: it may take long, and is not timed out for that.
test: setup ## everything that must pass
	@mkdir -p var; nice -n 10 $(BIN)/pytest -n auto --timeout 900 tests/unit tests/integration/test_interleave.py > var/computed.txt 2>&1 & \
	$(MAKE) --no-print-directory check && ($(call twice,$(HOUSE))) && ($(call twice,$(CALLS))) && ($(call twice,$(PAGES))); waited=$$?; \
	wait $$!; computed=$$?; cat var/computed.txt; exit $$((waited + computed))

check: setup ## style, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

unit: setup ## decisions, without I/O
	$(BIN)/pytest -n auto tests/unit

integration: setup ## real database (SQLite and PostgreSQL), real Redis, real worker
	$(BIN)/pytest -n auto tests/integration

calls: setup ## whole calls with audio on the local exchange
	$(BIN)/pytest $(CALLS)

browser: setup ## the staff pages in a real Chromium
	$(BIN)/pytest $(PAGES)

bench: setup ## measured claims, ours beside the alternative, as JSON
	$(BIN)/python -m bench.webhook
	$(BIN)/python -m bench.transcribe
	$(BIN)/python -m bench.quality
	$(BIN)/python -m bench.floor --seeds 5
	$(BIN)/python -m bench.decide
	$(BIN)/python -m bench.exchange
	$(BIN)/python -m bench.campaign
	$(BIN)/python -m bench.interleave --steps 10000

lock: ## resolve the dependencies anew; needs uv
	uv pip compile --universal --python-version 3.11 --all-extras --no-annotate --no-header pyproject.toml | grep -vE '^(pyobjc|pywin32|pypiwin32|comtypes)' > requirements.lock

format: setup ## bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove the environment and everything made by runs
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
