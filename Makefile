# Needs GNU make and Python 3.11 or later; makes its own environment in .venv and never needs root.
#
#   make run      the console on a simulated desk line          make run LANGUAGE=en SCENARIO=one-call
#   make test     the tests                                      make test ARGS="tests/calls -x" JOBS=0
#   make lint     style, types, who may import whom, translations
#
# What was installed is remembered by stamp files in .venv, so a second run starts at once.

LANGUAGE = zh_CN
SCENARIO = night-shift
ARGS =
JOBS = 4

VENV = .venv
BIN = $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

# Programs made for real modems, which the simulated ones must convince. Only their modem code is run, so what else they
# want (web servers, lamps) is left out.
PEERS = phone-modem aioserial callattendant

.PHONY: help run test lint format messages messages-check picture lock wheel clean
.DELETE_ON_ERROR:

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run ## the console on a simulated desk line (a drill, in a database of its own)
	$(BIN)/dutyphone run --simulate $(SCENARIO) --language $(LANGUAGE)

test: $(VENV)/.dev ## the tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

lint: $(VENV)/.dev ## style, types, who may import whom, translations
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/messages.py --check

format: $(VENV)/.dev ## bring the sources into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

messages: $(VENV)/.dev ## bring the Chinese catalogs in step with the sources
	$(BIN)/python tools/messages.py

messages-check: $(VENV)/.dev ## fail if a Chinese text is missing or out of date
	$(BIN)/python tools/messages.py --check

picture: $(VENV)/.dev ## the pictures of the README
	$(BIN)/python tools/picture.py

lock: $(VENV)/.dev ## choose new versions of everything (UPGRADE="--upgrade", or "--upgrade-package NAME")
	$(LOCK) $(UPGRADE) pyproject.toml --group build -o requirements/run.lock
	$(LOCK) $(UPGRADE) pyproject.toml --group dev --all-extras -c requirements/run.lock -o requirements/dev.lock
	printf '%s\n' $(PEERS) | $(LOCK) $(UPGRADE) --no-deps - -o requirements/peers.lock
	echo pip | $(LOCK) $(UPGRADE) - -o requirements/pip.lock

wheel: $(VENV)/.dev ## the wheel, in dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean: ## forget the environment and all caches; databases are elsewhere and stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@tools/make-environment $(VENV)

$(VENV)/.run: requirements/run.lock pyproject.toml | $(BIN)/python
	@echo "Installing what dutyphone needs into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements/run.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock requirements/peers.lock pyproject.toml | $(BIN)/python
	@echo "Installing what the tests and checks need into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements/dev.lock
	@$(INSTALL) --require-hashes --no-deps -r requirements/peers.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run
