# `make demo`: set up, predict, draw. `make test`: set up, run every check and test. Nothing else is needed before.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt
UV_INSTALL := $(BIN)/uv pip install --quiet --editable '.[sim,cluster,learn,trajectories,tables,serve,notebook]' --group dev

# Small matrices: more threads only wait for each other, and for other processes on busy cores
export OMP_NUM_THREADS ?= 1

.PHONY: demo test test-long test-versions check format model explicit-models results datasheet archive figures \
	multiscale report validation docs release-check clean

demo: $(VENV)/.demo
	$(BIN)/nanonet predict --diameter 3 --chain-length 40 --density 0.002 --eps-nn 0.5 --eps-pn 1.0 --plot demo.png

test: check
	$(BIN)/python -m pytest -m "not long" --numprocesses 3 --dist loadfile

test-long: $(VENV)/.test
	$(BIN)/python -m pytest -m long

# Fast tests with the lowest versions that pyproject.toml allows, and with the newest Python on the PATH and newest versions
NEWEST = $(shell for n in $$(seq 30 -1 11); do python3.$$n -c "" 2>/dev/null && echo python3.$$n && break; done)
test-versions: $(VENV)/.test
	$(BIN)/uv venv --quiet --clear --python python3.11 build/lowest
	$(UV_INSTALL) --python build/lowest --resolution lowest-direct
	build/lowest/bin/python -m pytest -W ignore::DeprecationWarning -m "not long" --numprocesses 3 --dist loadfile
	$(BIN)/uv venv --quiet --clear --python $(NEWEST) build/newest
	$(UV_INSTALL) --python build/newest
	build/newest/bin/python -m pytest -m "not long" --numprocesses 3 --dist loadfile

# Wheel and sdist, installed with lowest and newest versions in empty environments, predict
release-check: $(VENV)/.test
	$(BIN)/python release/check.py $(NEWEST)

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The shipped models from the shipped dataset (which data/keep.py adds to) and windows
model: $(VENV)/.test
	$(BIN)/nanonet potential-table src/nanonet/data/potential.npz
	$(BIN)/nanonet emulator src/nanonet/data/emulator.npz
	$(BIN)/nanonet train src/nanonet/data/grafted.nc --out src/nanonet/data/grafted
	$(MAKE) explicit-models

explicit-models: $(VENV)/.test
	$(BIN)/nanonet train src/nanonet/data/simulated.nc --out src/nanonet/data/gp
	cmp src/nanonet/data/potential.npz src/nanonet/data/gp/potential.npz  # the first is read in place of the second
	cmp src/nanonet/data/emulator.npz src/nanonet/data/gp/emulator.npz
	rm src/nanonet/data/gp/potential.npz src/nanonet/data/gp/emulator.npz
	$(BIN)/nanonet train src/nanonet/data/simulated.nc --kind nanonet --out src/nanonet/data/nanonet
	mkdir -p build
	$(BIN)/nanonet structure-factor data/runs/* --out build/sq.nc
	$(BIN)/nanonet train build/sq.nc --out src/nanonet/data/sq
	$(BIN)/python -m docs.make.datasheet

# What follows from runs that were added to the shipped dataset: models, studies, figures, tables, golden predictions (an hour
# of one core)
results: explicit-models
	$(BIN)/python -m docs.make.compared
	$(BIN)/python -m docs.make.multiscale
	$(BIN)/python studies/predictor.py --simulate-implicit build/predictor
	$(BIN)/python -m studies.theory
	$(MAKE) figures
	$(BIN)/python -m tests.test_data
	$(BIN)/python -m docs.make.page

# Checksums of the shipped data and models, and the numbers of docs/datasheet.md
datasheet: $(VENV)/.test
	$(BIN)/python -m docs.make.datasheet

# The kept runs in one file, which is the same for the same runs
archive:
	mkdir -p build
	tar --create --file build/nanonet-runs.tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=a+rX,go-w \
		--directory data runs README.md --directory ../src/nanonet/data LICENSE CITATION.cff
	sha256sum build/nanonet-runs.tar

figures: $(VENV)/.test
	$(BIN)/python -m docs.make.figures
	$(BIN)/python -m docs.make.starts
	$(BIN)/python -m docs.make.phases
	$(BIN)/python -m docs.make.grafted

# The implicit compositions from the shipped windows, their emulator and their page (two hours of one core; it goes on where
# it was); `make model` afterwards
multiscale: $(VENV)/.test
	mkdir -p build
	$(BIN)/nanonet implicit build/implicit --count 1010 --compact --out src/nanonet/data/implicit.nc --report docs/results/multiscale.json --cores 2
	$(BIN)/nanonet emulator src/nanonet/data/emulator.npz --report docs/results/emulator.json
	$(BIN)/python -m docs.make.multiscale

# The paper's figures and studies, learnt from explicit compositions, and their page (an hour of one core for eight chapters,
# the other three about as long; it goes on where it was)
report: $(VENV)/.test
	mkdir -p build
	$(BIN)/nanonet reproduce --explicit-alone --repeats 1 --out build/report --kept-runs data/runs
	$(BIN)/python -m docs.make.reproduce build/report

# The documentation site, in build/site: open build/site/index.html
docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -q -W --keep-going -E -b html docs build/site

validation: $(VENV)/.test
	$(BIN)/python -m validation.page

$(VENV)/.demo: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)/.docs: $(VENV)/.test
	$(PIP) --group docs
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade pip
	$(PIP) --editable '.[sim,cluster,learn,trajectories,tables,serve,notebook]' --group dev
	touch $@

clean:
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache demo.png
