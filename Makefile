# `make demo` and `make test` are all that a newcomer needs; both set up what is missing first.

PYTHON := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup test lint types check demo demo-library benchmark torture figures test-matrix mutation fuzz audit package clean

help:  ## list these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

setup:  ## install QGIS (system packages) and .venv, where they are missing
	@bash tools/setup.sh

test: setup lint types check  ## lint, type check and all tests

lint: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: setup
	$(PYTHON) -m mypy

check: setup
	$(PYTHON) -m pytest $(ARGS)

demo: setup  ## explain a slick of the sample scene in QGIS and show the result
	$(PYTHON) tools/demo_qgis.py

demo-library: setup  ## the same without QGIS, from Python
	$(PYTHON) tools/demo.py

benchmark: setup  ## speed and accuracy against shap and captum (ARGS="--quick", ARGS="--json FILE")
	$(PYTHON) tools/benchmark.py $(ARGS)

torture: setup  ## faults on purpose in the real QGIS, at most 20 minutes (ARGS="--only cancel")
	$(PYTHON) -m torture $(ARGS)

figures: setup  ## the paper's figures remade, into build/paper (ARGS="--only sizes", ARGS=--quick)
	$(PYTHON) tools/paper_figures.py $(ARGS)

test-matrix: setup  ## the tests on the next QGIS too (needs root, 6 GB in build/)
	bash tools/test_matrix.sh

mutation: setup  ## which small faults in explain/ and geo/ do their tests find (ARGS="--mutants 50")
	$(PYTHON) tools/mutation.py $(ARGS)

fuzz: setup  ## ten minutes of hostile cards and GeoPackages, guided by coverage
	$(PYTHON) -m pip install -q --disable-pip-version-check --upgrade --target build/fuzz/atheris atheris
	for reader in card run package; do \
		$(PYTHON) tools/fuzz.py $$reader -max_total_time=200 -timeout=60 || exit 1; done

audit: setup  ## Bandit over the plugin, and known faults of what is installed (needs the network)
	$(PYTHON) -m bandit -q -r segshap_qgis __init__.py
	$(PYTHON) -m pip install -q --disable-pip-version-check --upgrade --target build/audit pip-audit
	$(PYTHON) tools/audit.py

package: setup  ## the zip for QGIS's "Install from ZIP" and the plugin site, in build/
	$(PYTHON) tools/package.py $(ARGS)

clean:  ## remove what was built; .venv stays
	rm -rf build .qgis-settings .mypy_cache .pytest_cache .ruff_cache
