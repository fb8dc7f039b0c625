# Every target makes the virtual environment first; without make, the README gives the lines that do the same.
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
READY := .venv/ready

.PHONY: run test check e2e test-postgres e2e-postgres bench studio-sheet

run: $(READY)
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(READY)
	$(BIN)/pytest -m "not e2e and not postgres"

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

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

$(READY): requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@
