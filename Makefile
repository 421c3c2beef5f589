# Golive. Needs Python 3.11 or newer and make; everything else goes into .venv.
# make paper   set up and run the main job: demo, then paper
# make test    set up and run all tests

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

# Test files that run side by side; more than cores, because tests wait longer than they compute. 0: one after the other.
WORKERS ?= 8
# The same for the crash proofs, which compute nearly all the time, and whose deadlines are short.
PROOFS ?= 4

# Not worth compiling: tests of packages, and the exchanges nobody trades at here.
UNUSED := /tests?/|/pip/|/ccxt/(?!base/|static_dependencies/|(pro/|async_support/|abstract/)?(__init__|base|okx|kraken|bybit))

# Where each run of a crash proof leaves its JSON report.
REPORTS := $(abspath $(or $(GOLIVE_PROOF_REPORTS),reports/proof))

.DEFAULT_GOAL := help
.PHONY: help setup paper test check format bench bench-peers proof clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## create .venv and install the pinned packages (does nothing when nothing changed)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Golive needs Python 3.11 or newer; call: make PYTHON=python3.11 $@")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv || echo "uv is not available, using pip (slower)"
	@if test -x $(BIN)/uv; then $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[dev]'; \
	 else $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'; fi
	@$(BIN)/python -m compileall -q -j 2 -x '$(UNUSED)' $(VENV)/lib >/dev/null 2>&1 || true  # a first start without this takes seconds longer
	@$(BIN)/python -m golive.engine.columns.warm >/dev/null & backtests=$$!; \
	 $(BIN)/python -m golive.matching.warm >/dev/null && wait $$backtests  # else the first backtest compiles
	@touch $@

paper: setup  ## the main job: a demo session, then a paper session on the simulated venue
	@$(BIN)/golive run --mode demo --entrypoint okx_desktop_paper
	@$(BIN)/golive run --mode paper --entrypoint okx_desktop_paper

# Every test process would otherwise compile the sources anew where this variable is set, as it is in many containers.
test: export PYTHONDONTWRITEBYTECODE =
test: setup  ## all tests: the crash proofs, PROOFS files at a time, then the others, WORKERS at a time
	@$(BIN)/python -m pytest --collect-only --ignore=tests/crash >/dev/null 2>&1 & # else each of the WORKERS compiles all tests for itself
	@GOLIVE_PROOF_REPORTS=$(REPORTS) $(BIN)/python -m pytest -n $(PROOFS) --dist loadfile --no-loadscope-reorder tests/crash; proved=$$?; \
	 echo "crash proofs reported to $(REPORTS): $$(ls $(REPORTS) 2>/dev/null | wc -l) documents"; \
	 rm -f .pytest_cache/v/cache/lastfailed; \
	 { $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore=tests/crash \
	   || { test $$? -eq 1 && $(BIN)/python scripts/judge_alone.py; }; } && exit $$proved

check: setup  ## format, lint, paths and secrets, types, import contracts, tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/python scripts/lint_paths.py
	@$(BIN)/lint-imports
	@$(BIN)/mypy & types=$$!; $(MAKE) --no-print-directory test; tested=$$?; wait $$types && exit $$tested

format: setup  ## rewrite the sources in the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup  ## our figures beside their floors, and beside the peers that bench-peers has built
	@$(BIN)/python -m benchmarks

bench-peers: setup  ## ratios to other tools; builds their environments first (PEERS, 2.7 GB)
	@$(BIN)/python -m benchmarks.tick_maker --peers
	@$(BIN)/python -m benchmarks.backtest --peers
	@$(BIN)/python -m benchmarks.sweep --peers
	@$(BIN)/python -m benchmarks.risk_decision --peers

proof: setup  ## the long forms of every proof (docs/testing.md); the crash proofs report to reports/proof/
	@$(BIN)/python scripts/judge_tls.py build || echo "tests by sslyze will skip"
	@GOLIVE_PROOF=1 GOLIVE_PROOF_REPORTS=$(REPORTS) $(BIN)/python -m pytest -m 'not live_venue'

clean:  ## remove the environment and caches; state, logs and reports stay
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
