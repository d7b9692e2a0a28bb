# make run · make test · make bench · make fuzz · make measure · make peers · make lint · make fmt · make messages
# Settings go as environment or as arguments: make run PORT=8001 DATA_DIR=.data-2

SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: run test lint fmt messages bench fuzz measure peers requirements
.DEFAULT_GOAL := run

run: $(VENV)/run.stamp
	@exec $(BIN)/python -m vaxplatform.runner run

test: $(VENV)/dev.stamp
	@$(BIN)/python -m vaxplatform.runner check
	@$(BIN)/python -m vaxplatform.runner test -n 2 --cov --cov-report=term

lint: $(VENV)/dev.stamp
	@$(BIN)/python -m vaxplatform.runner check

fmt: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

messages: $(VENV)/dev.stamp
	$(BIN)/python manage.py make_messages
	$(BIN)/python manage.py compile_messages

bench: $(VENV)/bench.stamp
	@exec $(BIN)/python -m vaxplatform.runner bench $(FIGURES)

# Long: this many seconds for each of the targets.
FUZZ_SECONDS ?= 60
fuzz: $(VENV)/fuzz.stamp
	@exec $(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

# How pages fare on a slow line, against a server that runs: make measure URL=http://localhost:8000
URL ?= http://localhost:8000
measure: $(VENV)/dev.stamp
	@exec $(BIN)/python -m tests.measures $(URL)

# Brings an npm package from the network, and writes down what each side says of the other.
peers: $(VENV)/dev.stamp
	@exec $(BIN)/python -m tests.peers --write docs/certificates.md

# Hashes from the public registry only, whatever pip is told on this machine.
requirements: $(VENV)/dev.stamp
	for name in requirements requirements-dev requirements-bench requirements-fuzz; do \
	  env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	    CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/pip-compile --quiet --generate-hashes \
	    --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	    $$(test $$name = requirements || echo --constraint requirements.txt) \
	    --output-file $$name.txt $$name.in || exit 1; \
	done

$(VENV)/python.stamp:
	@./vaxplatform/runner/make_venv.sh $(VENV)
	@touch $@

$(VENV)/run.stamp: requirements.txt $(VENV)/python.stamp
	@echo "· installing the packages of requirements.txt" >&2
	@$(BIN)/python -P vaxplatform/runner/install.py requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	@echo "· installing the packages of requirements-dev.txt" >&2
	@$(BIN)/python -P vaxplatform/runner/install.py requirements-dev.txt
	@touch $@

$(VENV)/bench.stamp: requirements-bench.txt $(VENV)/run.stamp
	@echo "· installing the packages of requirements-bench.txt" >&2
	@$(BIN)/python -P vaxplatform/runner/install.py requirements-bench.txt
	@touch $@

$(VENV)/fuzz.stamp: requirements-fuzz.txt $(VENV)/dev.stamp
	@echo "· installing the packages of requirements-fuzz.txt" >&2
	@$(BIN)/python -P vaxplatform/runner/install.py requirements-fuzz.txt
	@touch $@
