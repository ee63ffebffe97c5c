# Every target sets up what it needs: a virtual environment with pinned packages in .venv.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
EXTRAS := .venv/extras-installed

.PHONY: demo test test-all extras bench lint clean

demo: $(STAMP)
	$(BIN)/dittosim demo -o dittosim-demo --force

test: $(STAMP) lint
	@command -v iverilog >/dev/null || echo "Icarus Verilog is missing: its benches are left out (Debian: apt-get install iverilog)"
	$(BIN)/pytest -n 2 --dist worksteal -m "not long"

test-all: $(EXTRAS) lint
	@command -v iverilog >/dev/null || echo "Icarus Verilog is missing: its benches are left out (Debian: apt-get install iverilog)"
	$(BIN)/pytest -n 2 --dist worksteal

extras: $(EXTRAS)

bench: $(STAMP)
	$(BIN)/python -m bench

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-show-timings

$(STAMP): pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dittosim needs Python 3.11 or later; choose one with make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

# PyTorch, scikit-learn, diffusers: to train and to trace models.
$(EXTRAS): $(STAMP) requirements-extras.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-extras.txt
	@touch $@

clean:
	rm -rf .venv build dittosim-demo sweep waves
