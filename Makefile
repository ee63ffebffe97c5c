# Every target sets up what it needs: a virtual environment with pinned packages in .venv.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
EXTRAS := .venv/extras-installed
DOCS := .venv/docs-installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# More arguments of pytest: make test PYTEST="-k sweep"
PYTEST ?=
# What make fresh does in its system
FRESH ?= demo docs test

# More arguments of make mutate: make mutate MUTATE="--module ditto_pe"
MUTATE ?=
# Processes at once in make proof and make mutate
JOBS ?= 2
SHIPPED := digits-unet digits-cond digits-dit digits-unet-s50 digits-unet-s75 digits-dit-s50 digits-dit-s75
PROOF := $(BIN)/dittosim verify sampling $(foreach name,$(SHIPPED),--workload $(name)) -j $(JOBS)

.PHONY: demo test test-all docs formal proof proof-paper mutate extras bench lint fresh clean anew

ifneq ($(words $(CURDIR)),1)
$(error GNU make builds nothing in a folder whose name has spaces: move this one)
endif

demo: $(STAMP)
	$(BIN)/dittosim demo -o dittosim-demo --force

test: $(STAMP) lint
	$(BIN)/pytest -n 2 --dist worksteal -m "not long" $(PYTEST)

test-all: $(EXTRAS) $(DOCS) lint
	$(BIN)/pytest -n 2 --dist worksteal $(PYTEST)

# The documentation as a site; a warning is an error.
docs: $(DOCS)
	$(BIN)/python -m handbook -o build/site

# Proofs of modules for all inputs; those without a bound need ABC (Debian: berkeley-abc).
formal: $(STAMP)
	$(BIN)/python -m tb.formal

# Whole sampling runs on the Verilog, as many of their steps as 20 minutes on two cores allow.
proof: $(STAMP)
	$(PROOF) --config small --flow temporal
	$(PROOF) --config small --flow original --until 5
	$(PROOF) --config tiny --flow temporal --until 4
	$(PROOF) --config tiny --flow original --until 2
	$(BIN)/dittosim verify sampling --workload digits-unet -c docs/machines/dense.toml --flow original --until 4

# A layer of Stable Diffusion's first level, and a small one, on the machine of the paper.
proof-paper: $(STAMP)
	$(BIN)/dittosim verify accelerator --config paper --layer 40,100,1,8x8 --layer 320,320,3,64x64

# Small changes of every module's Verilog, each of which a bench must notice.
mutate: $(STAMP)
	$(BIN)/python -m tb.mutation -j $(JOBS) $(MUTATE)

extras: $(EXTRAS)

bench: $(STAMP)
	$(BIN)/python -m bench

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# These commands on a minimal Debian with exactly what README asks for.
fresh:
	.ci/fresh $(FRESH)

# Which Python a command starts: nothing if it starts none.
identity = $(shell $(1) -c 'import sys; print(sys.version, sys.base_prefix)' 2>/dev/null)

# Made anew where its Python is gone, or is another one than PYTHON asks for.
ifneq ($(wildcard .venv),)
ifeq ($(call identity,$(BIN)/python),)
$(STAMP): anew
else ifneq ($(origin PYTHON),file)
ifneq ($(call identity,$(BIN)/python),$(call identity,$(PYTHON)))
$(STAMP): anew
endif
endif
endif

$(STAMP): pyproject.toml requirements.txt
	@$(PYTHON) -c '' 2>/dev/null || { echo "error: $(PYTHON) is missing or does not run (Debian: apt-get install python3-venv); choose another with make PYTHON=..." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: dittosim needs Python 3.11 or later; choose one with make PYTHON=...")'
	@$(PYTHON) -I tb/harness/system.py
	$(PYTHON) -m venv $(if $(filter anew,$^),--clear) .venv
	$(PIP) -r requirements.txt
	$(PIP) --no-deps --editable .
	@touch $@

# PyTorch, scikit-learn, diffusers: to train and to trace models.
$(EXTRAS): $(STAMP) requirements-extras.txt
	$(PIP) -r requirements-extras.txt
	@touch $@

# Sphinx, which makes the site.
$(DOCS): $(STAMP) requirements-docs.txt
	$(PIP) -r requirements-docs.txt
	@touch $@

clean:
	rm -rf .venv build dittosim-demo sweep waves
