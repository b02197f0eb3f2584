# Thin: each target is one line that a person could type. PYTHON may name another interpreter, ARGS more options
# (make lab ARGS=--no-browser, make test ARGS=tests/exercises/test_check.py).
ifeq ($(OS),Windows_NT)
PYTHON ?= py
VENV = .venv\Scripts\python
else
PYTHON ?= python3
VENV = .venv/bin/python
endif

.PHONY: lab test format build grade site bench

lab:    ; @$(PYTHON) utils/environment.py lab $(ARGS)
test:   ; @$(PYTHON) utils/environment.py test $(ARGS)
format: ; @$(PYTHON) utils/environment.py tools && for folder in 'utils tests' '--line-length 88 solutions'; do $(VENV) -m ruff check --fix $$folder; $(VENV) -m ruff format $$folder; done
build:  ; @$(PYTHON) utils/environment.py tools && $(VENV) -m utils.build
grade:  ; @$(if $(SUBMISSIONS),,$(error say which folder: make grade SUBMISSIONS=folder))$(PYTHON) utils/environment.py tools && $(VENV) -m utils.grade $(SUBMISSIONS) $(ARGS)
site:   ; @$(PYTHON) utils/environment.py site && $(VENV) -m utils.site $(ARGS)
bench:  ; @$(PYTHON) utils/environment.py tools && $(VENV) -m tests.benchmarks $(ARGS)
