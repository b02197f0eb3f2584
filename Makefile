# Thin: each target is one line that a person could type. PYTHON may name another interpreter.
PYTHON ?= python3
VENV = .venv/bin/python

.PHONY: lab test build grade

lab:    ; @$(PYTHON) utils/environment.py lab
test:   ; @$(PYTHON) utils/environment.py test
build:  ; @$(PYTHON) utils/environment.py tools && $(VENV) -m utils.build
grade:  ; @$(if $(SUBMISSIONS),,$(error say which folder: make grade SUBMISSIONS=folder))$(PYTHON) utils/environment.py tools && $(VENV) -m utils.grade $(SUBMISSIONS)
