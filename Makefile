# Every target works from a fresh checkout. Python: PYTHON=python3.12 make setup
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup run test check fmt docs scenario simulate bench soak clean

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[grpc]'
	@touch $@

$(VENV)/.tools: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group test --group check
	@touch $@

setup: $(VENV)/.installed ## create .venv and install Gate into it (leaves .venv/bin/gate)

run: setup ## start the gateway; make run ARGS="--config gate.yaml"
	$(BIN)/gate serve $(ARGS)

test: $(VENV)/.tools ## install what the tests need, run them all; make test ARGS="-k planner"
	$(BIN)/python -m pytest $(ARGS)
	$(BIN)/python scripts/other_pythons.py

check: $(VENV)/.tools ## linters, types, import contracts, file sizes, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_tree.py
	$(BIN)/python scripts/reference.py --check
	$(BIN)/python -m dashboards.grafana.builder --check
	$(BIN)/python -m dashboards.prometheus.builder --check
	$(BIN)/python deploy/k8s/generate.py --check

fmt: $(VENV)/.tools ## format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.tools ## write again what is generated: docs/reference, dashboards, rules, their Kubernetes objects
	$(BIN)/python scripts/reference.py
	$(BIN)/python -m dashboards.grafana.builder
	$(BIN)/python -m dashboards.prometheus.builder
	$(BIN)/python deploy/k8s/generate.py
	$(BIN)/python -m tests.interop

scenario: $(VENV)/.tools ## send the standard traffic, ask every query of every dashboard and rule
	$(BIN)/python -m tests.scenario $(ARGS)

simulate: $(VENV)/.installed ## drive the planner against modelled providers, beside three baselines
	$(BIN)/python -m simulate $(ARGS)

bench: $(VENV)/.tools ## measure the hot path; make bench ARGS="--quick"
	$(BIN)/python -m bench $(ARGS)

soak: $(VENV)/.tools ## the long ones: a stream of ten minutes, hours of drains
	GATE_SOAK=1 $(BIN)/python -m pytest tests/soak $(ARGS)

clean: ## remove the environment and caches
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache bench/out
