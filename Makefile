# Every target makes the virtual environment first; without make, the README gives the lines that do the same.
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
# Compiled modules are kept, whatever the environment says: every process that tests start is there sooner.
export PYTHONDONTWRITEBYTECODE :=
RUN_READY := .venv/run-ready
READY := .venv/ready
# A file's tests stay together, so that what takes long to build is built once; the longest files go first.
SPREAD := -n auto --dist loadfile --no-loadscope-reorder
# Half as many processes again as there are cores: much of testing is waiting.
export PYTEST_XDIST_AUTO_NUM_WORKERS := $(shell expr $$(nproc) \* 3 / 2)
INSTALL := -m pip install --quiet --require-hashes -r
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(UPGRADE)
LOCK += --custom-compile-command "make lock"

.PHONY: run test check e2e test-postgres e2e-postgres bench studio-sheet wheel lock

run: $(RUN_READY)
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(READY)
	$(BIN)/pytest $(SPREAD) -m "not e2e and not postgres"

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

e2e: $(READY)
	$(BIN)/pytest -m "e2e and not postgres" tests/e2e

test-postgres: $(READY)
	$(BIN)/pytest -m "postgres and not e2e"

e2e-postgres: $(READY)
	$(BIN)/pytest -m "e2e and postgres" tests/e2e

bench: $(READY)
	for name in parallel faults visible store; do echo "== $$name"; $(BIN)/python -m bench.$$name || exit 1; done
	for part in speed quality colours; do echo "== studio $$part"; $(BIN)/python -m bench.studio $$part || exit 1; done
	$(BIN)/python -m bench.consistency out/consistency
	$(BIN)/python -m bench.studio_sheet out

studio-sheet: $(READY)
	$(BIN)/python -m bench.studio_sheet docs

wheel: $(READY)
	$(BIN)/python -m build --wheel --no-isolation

# Keeps the pins that still fit; `make lock UPGRADE=--upgrade` takes the newest of what requirements*.txt leave open.
lock: $(READY)
	$(LOCK) -o requirements.lock requirements.txt
	$(LOCK) -c requirements.lock -o requirements-dev.lock requirements-dev.txt

$(RUN_READY): requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python $(INSTALL) requirements.lock
	touch $@

$(READY): requirements-dev.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python $(INSTALL) requirements-dev.lock
	touch $@
