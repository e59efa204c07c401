# `make report` and `make test` set up what they need. All but clean goes through tox.
PYTHON ?= python3
TOX = $(PYTHON) tools/run.py tox run -qq -e

.PHONY: help setup report test lint types format clean

help:
	@echo "make report   the main job on embedded data: PDF and zip in build/practica1@embedded/"
	@echo "make test     the tests"
	@echo "make lint     style and types"
	@echo "make format   format the code"
	@echo "make clean    remove what was built, but not the trained runs in build/runs/"
	@echo "make setup    the virtual environment alone; the others make it if need be"

setup:
	@$(PYTHON) tools/setup.py

report test types: setup
	@$(TOX) $@

lint: setup
	@$(TOX) lint,types

format: setup
	@$(PYTHON) tools/run.py ruff check --fix-only
	@$(PYTHON) tools/run.py ruff format

clean:
	@$(PYTHON) tools/run.py reportgen clean practica1
	@$(PYTHON) tools/run.py reportgen clean practica1 --profile embedded
