# `make demo` and `make test` are all that a new user needs: Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PLUGINS := -e adapters/timm -e 'adapters/connectome[hdf5,cifti,excel,community]' -e 'adapters/checkpoint[torch,gguf,keras,hub]'
ADAPTERS := adapters/timm adapters/connectome adapters/checkpoint
PROJECTS := pyproject.toml constraints.txt $(wildcard adapters/*/pyproject.toml)

.PHONY: demo test fuzz bench docs lint types format dist clean

demo: $(VENV)/.installed
	$(BIN)/zoo-spectra run jobs/demo.toml
	@echo
	@$(BIN)/zoo-spectra report catalogs/demo -o catalogs/demo/report.html
	@echo "Look further: $(BIN)/zoo-spectra show catalogs/demo 'resnet18/seed0', or open in a browser"
	@echo "file://$(CURDIR)/catalogs/demo/report.html"

# The report and the documentation are tested in Chromium, where it and chromedriver are installed
# (apt-get install chromium chromium-driver); otherwise those tests are skipped, and with CI=true they fail.
# Four processes, each with whole files: a test that waits, as for Ray, leaves its core to others.
# Hundreds of processes import the packages: where no bytecode may be kept, each compiles them anew.
test: $(VENV)/.dev
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

# Longer than the tests do: so many changed files of each format, of a new seed.
FUZZ ?= 5000
fuzz: $(VENV)/.dev
	$(BIN)/python tests/hostile/fuzz.py --count $(FUZZ)

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks.speed.bench

# Strict: a link that leads nowhere, in one page or to another, is an error.
docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -q -c docs/site . build/docs
	@echo "Open in a browser: file://$(CURDIR)/build/docs/index.html"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.dev
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

dist: $(VENV)/.dev
	rm -rf dist
	for project in . $(ADAPTERS); do \
		$(BIN)/python -m build --no-isolation --outdir dist $$project || exit 1; \
	done

clean:
	rm -rf $(VENV) dist build/docs

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; set PYTHON=python3.x"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python $(PROJECTS)
	$(BIN)/python -m pip install -q --upgrade pip -c constraints.txt
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[report]' $(PLUGINS)
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]' $(PLUGINS)
	@touch $@

$(VENV)/.bench: $(VENV)/.installed benchmarks/requirements.txt
	$(BIN)/python -m pip install -q -c constraints.txt -r benchmarks/requirements.txt
	@touch $@

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[docs]' $(PLUGINS)
	@touch $@
