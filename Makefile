# The names people type. Each is one plain command that README.md shows too.
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: help up demo test image-test faults bench lint format lock messages schema configuration screenshots clean

help:
	@echo "make up      start the portal and one worker on http://127.0.0.1:8000 (PORT=9000 make up)"
	@echo "make demo    show the main job end to end, with no internet"
	@echo "make test    run every test (installs what it needs)"
	@echo "make image-test  build the images and try compose.yaml, on Docker or podman"
	@echo "make faults  kill, freeze and fill whatever can fail, and see what happens"
	@echo "make bench   measure what the hub costs here, against its budgets (10 minutes)"
	@echo "make lint    ruff, mypy, import contracts, shellcheck"
	@echo "make format  let ruff put the code in order"
	@echo "make lock    compile requirements*.in to the pinned requirements*.txt"
	@echo "make schema  write the OpenAPI snapshot anew"
	@echo "make configuration  write the table of all variables (docs/configuration.md) anew"
	@echo "make screenshots  take the pictures of the main pages (docs/images) anew"
	@echo "make messages  collect what is to be translated, and compile the translations"

up: .venv/.installed
	@exec $(BIN)/python manage.py up

demo: .venv/.installed
	@exec $(BIN)/python manage.py demo

test: .venv/.installed-dev
	@exec $(BIN)/python -m tests

image-test: .venv/.installed-dev
	@exec $(BIN)/python -m tests.containers

faults: .venv/.installed-dev
	@exec $(BIN)/python -m tests --faults

bench: .venv/.installed-dev
	@exec $(BIN)/python -m benchmarks

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/shellcheck scripts/*.sh

format: .venv/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/.installed-dev
	$(UV_COMPILE) --output-file requirements.txt requirements.in
	$(UV_COMPILE) --output-file requirements-dev.txt requirements-dev.in

schema: .venv/.installed-dev
	SECRET_KEY=schema $(BIN)/python manage.py spectacular --file tests/contracts/openapi.yaml

configuration: .venv/.installed-dev
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.contracts.configuration

screenshots: .venv/.installed-dev
	$(BIN)/python -m tests.browser.screenshots

messages: .venv/.installed-dev
	$(BIN)/python -m tests.contracts.messages

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "automation-hub needs Python 3.11 or newer; none was found on PATH. Install one, or name it: make up PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Could not make .venv with $(PYTHON): see above (on Debian the package python3-venv is needed)." >&2; exit 1; }

.venv/.installed: requirements.txt | .venv/bin/python
	@echo "Installing requirements.txt into .venv (once) ..."
	@$(PIP) --require-hashes --requirement requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@echo "Installing requirements-dev.txt into .venv (once) ..."
	@$(PIP) --require-hashes --requirement requirements-dev.txt
	@touch $@
