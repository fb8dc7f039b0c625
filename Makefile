# Every target makes the virtual environment first; without make, the README gives the lines that do the same.
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
READY := .venv/ready

.PHONY: run test check e2e test-postgres bench studio-sheet

run: $(READY)
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(READY)
	$(BIN)/pytest -m "not e2e and not postgres"

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

e2e: $(READY)
	$(BIN)/pytest -m e2e tests/e2e

test-postgres: $(READY)
	$(BIN)/pytest -m postgres

bench: $(READY)
	for file in bench/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

studio-sheet: $(READY)
	$(BIN)/python bench/studio_sheet.py docs

$(READY): requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@
