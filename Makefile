# What can be done here: `make help`. Needs Python 3.11 or newer and make; everything else it installs, or asks for with one command.

PYTHON ?= python3
BIN := .venv/bin
CODE := models tasks flows deployments templates
.DEFAULT_GOAL := help
.PHONY: help setup up test prove lint bench pictures catalogues tools

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do printf '%-12s %s\n' "$$name" "$$what"; done

setup: .venv/ready ## everything that is needed to run: .venv, locked packages, system libraries
	@$(PYTHON) deployments/system.py libraries

up: setup ## serve: Prefect's UI on 4200 (PREFECT_PORT), the partner desk on 4280 (DESK_PORT); Ctrl-C stops all
	@$(BIN)/python -m compileall -q $(CODE)
	@$(BIN)/python -m deployments.up

test: setup tools ## the suite, at most 10 minutes on two cores
	$(BIN)/python -m pytest -n 2 --dist worksteal

prove: setup tools ## everything long: the whole programme on a real server, browsers, faults
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "prove and not alone"
	$(BIN)/python -m pytest -m alone

lint: setup ## style and types
	$(BIN)/ruff check .
	$(BIN)/mypy models tasks flows deployments

bench: setup ## how long the important things take
	$(BIN)/python -m tests.bench

pictures: setup tools ## take the README's pictures anew
	$(BIN)/python -m deployments.pictures

catalogues: setup ## bring the translations up to date with what is said, and say what is missing
	$(BIN)/python -m deployments.catalogues update
	$(BIN)/python -m deployments.catalogues check

tools:
	@$(PYTHON) deployments/system.py tests

# The packages of the lock, just as it names them (some versions of pip, left to resolve again, try newer ones and then miss their
# hashes; `pip check` looks that none is lacking), then the project itself, in place. Bytecode is compiled here, for some installers and environments leave
# it out and every flow run would pay seconds for it; a few packages ship files for other Pythons, which do not compile and need not.
.venv/ready: requirements.txt pyproject.toml
	@$(PYTHON) deployments/system.py venv
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing $$(grep -c '==' requirements.txt) packages; this takes a minute or two ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check --disable-pip-version-check
	@echo "Compiling them; half a minute ..."
	@$(BIN)/python -m compileall -q -j 2 .venv/lib >.venv/compile.log 2>&1 || true
	@$(BIN)/python -m compileall -q -j 2 $(CODE)
	@touch $@
