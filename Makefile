# `make` alone prints what there is. Every target that needs the environment
# goes through `env`, which does nothing when the environment is as it should
# be. Choose another interpreter with `make env PYTHON=/path/to/python3.11`,
# mmcv's own compiled operators with `make env SET=compiled`.

VENV := .venv
SET := default
JOBS := auto
BIN := '$(VENV)/bin'
export PYTHON
# The models of the demo and of the tests are small: more threads only wait for
# each other, for minutes where other programs want the same cores.
export OMP_NUM_THREADS ?= 1
# The demo and the tests start two processes, and are the same on any machine.
export CUDA_VISIBLE_DEVICES :=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help env demo test lint format types docstrings docs spelling unit \
	matrix wheel lock clean distclean

help:  ## print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | \
		awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

env:  ## make .venv (once: three minutes, 2.5 GB of downloads); no-op afterwards
	@bash tools/dev/make_env.sh '$(VENV)' '$(SET)'

demo: env  ## train, test and draw HVR-Net on a small made data set
	$(BIN)/python tools/dev/run_demo.py

test: env lint spelling types docstrings unit  ## all checks, as CI runs them

lint: env  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: env  ## let ruff rewrite the files
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

spelling: env  ## codespell
	$(BIN)/codespell

types: env  ## mypy
	$(BIN)/mypy

docstrings: env  ## share of documented functions
	$(BIN)/interrogate -c setup.cfg mmhvr tools

docs: env  ## the documentation as a site, site/docs/index.html
	$(BIN)/python -m sphinx -q -W --keep-going -c docs . site

unit: env  ## pytest
	$(BIN)/python -m pytest -n $(JOBS) --maxprocesses 8 --dist loadfile

matrix: env  ## the whole suite with other CPythons and torch; docs/en/matrix.md
	$(BIN)/python tools/dev/matrix.py

wheel: env  ## dist/mmhvr-*.whl
	rm -rf build
	$(BIN)/python -m pip wheel --no-deps --no-build-isolation \
		--no-cache-dir --wheel-dir dist .

lock:  ## resolve requirements/lock/*.txt anew (needs uv)
	bash tools/dev/lock.sh

clean:  ## remove caches and build products
	rm -rf build dist site .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune \
		-exec rm -rf {} +

distclean: clean  ## also remove .venv, data and what runs left behind
	rm -rf '$(VENV)' '$(VENV).lock' data work_dirs mmhvr/.mim mmhvr.egg-info
