# Everything that a new hand needs. Each target sets up what it uses; a second run starts at once.
# PYTHON=python3.12 make test    chooses the interpreter of the virtual environment

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench soak locale lock pictures clean run-ready dev-ready test-servers soak-servers

help: ## say what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: run-ready ## a whole desk in a temporary folder: mail servers, letters, a colleague, and your console
	@$(BIN)/glazok demo $(ARGS)

test: dev-ready test-servers ## all tests, against real mail servers (ARGS="-k accept" for some)
	@$(BIN)/python -m pytest -n auto $(ARGS)

check: dev-ready ## style, types, import rules, catalogues: all of them, whichever fails
	@status=0; \
	$(BIN)/python -m ruff check --output-format concise || status=1; \
	$(BIN)/python -m ruff format --check --output-format concise || { echo "Put it into shape: make format"; status=1; }; \
	$(BIN)/python -m mypy || status=1; \
	$(BIN)/lint-imports --no-logo || status=1; \
	$(BIN)/python scripts/catalogues.py check || status=1; \
	exit $$status

format: dev-ready ## put the code into shape
	@$(BIN)/python -m ruff check --fix --quiet; $(BIN)/python -m ruff format

bench: dev-ready ## measure: start, keys, ingest, presence, as ratios within one run; records, never fails
	@$(BIN)/python scripts/bench.py $(ARGS)

soak: dev-ready test-servers soak-servers ## the tests that take minutes: kill -9 at random moments, long loads, new examples
	@status=0; \
	$(BIN)/python -m pytest -m soak $(ARGS) || status=1; \
	$(BIN)/python -m pytest -n auto -m "hypothesis and not soak" --hypothesis-profile explore $(ARGS) || status=1; \
	exit $$status

locale: dev-ready ## collect the texts, update and compile the catalogues, say what is not translated
	@$(BIN)/python scripts/catalogues.py update
	@$(BIN)/python scripts/catalogues.py compile
	@$(BIN)/python scripts/catalogues.py check

lock: ## choose the newest fitting versions and write requirements*.lock with their hashes
	@PYTHON="$(PYTHON)" sh scripts/lock.sh

pictures: dev-ready ## draw the README's pictures from a sample desk
	@$(BIN)/python scripts/picture.py $(ARGS)

clean: ## remove what make has made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	find core -name '*.mo' -delete

run-ready:
	@PYTHON="$(PYTHON)" sh scripts/setup.sh run

dev-ready:
	@PYTHON="$(PYTHON)" sh scripts/setup.sh dev

test-servers: dev-ready
	@sh scripts/test_servers.sh

soak-servers: dev-ready
	@sh scripts/soak_servers.sh
