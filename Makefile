# The two commands a newcomer needs: `make demo` and `make test`. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Where an environment forbids compiled files, every process would compile all of them again.
unexport PYTHONDONTWRITEBYTECODE
STAMP := $(VENV)/.installed
PEERS := .venv-peers

.PHONY: help install demo test test-slow lint format rules claude-agents record record-venues rebase-cassettes bench bench-peers pictures lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

install: $(STAMP) ## create .venv with the pinned dependencies

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Python 3.11, 3.12 or 3.13 is needed; {sys.executable} is {v[0]}.{v[1]}. Name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## the main job on a sample project, no key needed
	@$(BIN)/orc demo

test: $(STAMP) ## everything a contributor runs (at most six minutes)
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow"

test-slow: $(STAMP) ## the long tests
	$(BIN)/pytest -n 2 --dist worksteal -m slow

lint: $(STAMP) ## ruff, mypy strict, import rules, file length
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@awk 'FNR == 401 { print FILENAME ": over 400 lines"; bad = 1 } END { exit bad }' $$(git ls-files '*.py')

format: $(STAMP) ## mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

rules: $(STAMP) ## write docs/rules.md anew from the review rules
	$(BIN)/python -m trading_tools.review.reports.rules_page docs/rules.md

claude-agents: $(STAMP) ## render agents/ for Claude Code into .claude/agents/
	$(BIN)/python -m orchestrator.agents.claude_code agents .claude/agents

record: $(STAMP) ## record the cassettes anew (needs ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL)
	$(BIN)/python -m tests.cassettes.record $(NAMES)

record-venues: $(STAMP) ## record the venues' cassettes anew, from local venues
	$(BIN)/python -m tests.cassettes.record_venues $(NAMES)

rebase-cassettes: $(STAMP) ## give recorded replies to today's harness and keep the new requests
	$(BIN)/python -m tests.cassettes.rebase $(NAMES)

bench: $(STAMP) ## what the harness costs beside a bare loop, into docs/benchmarks.md
	$(BIN)/python -m benchmarks --page docs/benchmarks.md $(if $(wildcard $(PEERS)/.installed),--peers)

bench-peers: $(STAMP) $(PEERS)/.installed ## install the peers and measure them side by side
	$(BIN)/python -m benchmarks --page docs/benchmarks.md --peers

$(PEERS)/.installed: benchmarks/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check -r benchmarks/peers.txt
	@touch $@

pictures: $(STAMP) ## draw the README's pictures from a real demo run
	$(BIN)/python docs/pictures.py

lock: ## resolve the dependencies again (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.11 --extra agents --extra demo --extra postgres --extra ib --extra fix --extra check --extra gate --extra scanners --extra dev --no-annotate --no-header --upgrade pyproject.toml -o requirements.lock

clean: ## remove what make made
	rm -rf $(VENV) $(PEERS) .mypy_cache .pytest_cache .ruff_cache
