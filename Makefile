# Two commands are all: `make demo` and `make test`. Everything is installed into .venv and .cache here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lint bench soak readme sdks clean
help:
	@echo "make demo   install into .venv and see a group of machines placed apart"
	@echo "make test   install what the tests need and run them (REQUIRE_REAL=1: no real service may be missing)"
	@echo "make bench  ratios, side by side in one run"
	@echo "make sdks   the Node.js and Go SDKs of the Pulumi package, into sdks/ (needs Go)"
	@echo "make soak   deployers and Pulumi race and are killed, on a real Nova and on a ledger (SOAK_MINUTES=15, SOAK_SEED=...)"

$(VENV)/.demo: pyproject.toml
	@echo "==> making $(VENV) ($$($(PYTHON) --version))"
	@$(PYTHON) -c 'import sys; sys.exit("antiaffinity needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "==> installing antiaffinity with the pool"
	@$(BIN)/pip install --quiet --editable '.[pool]'
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	@echo "==> installing every cloud's SDK and the test tools"
	@$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/pip install --quiet --editable '.[pool,openstack,aws,azure,vcenter,exoscale,pulumi,testing]' --group test
	@touch $@

demo: $(VENV)/.demo
	@$(BIN)/antiaffinity demo

lint: $(VENV)/.test
	@echo "==> ruff" && $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "==> mypy --strict" && $(BIN)/mypy

# What the tests need of the real services; each says what it does, and is made once (under .cache/).
PARTS := engine nova node sdk packages vcsim
.PHONY: $(PARTS:%=part-%)
$(PARTS:%=part-%): part-%: $(VENV)/.test
	@cd tests && { ../$(BIN)/python -m real.$*_env || test -z "$(REQUIRE_REAL)"; }

test: $(VENV)/.test
	@echo "==> ruff and mypy; beside them, under .cache/: the real Nova, the real Pulumi engine, vcsim, the packages of programs"
	@$(MAKE) --no-print-directory --jobs 4 lint $(PARTS:%=part-%)
	@echo "==> pytest"
	@$(BIN)/pytest -n 3 --dist loadfile

bench: $(VENV)/.test
	@cd tests && ../$(BIN)/python -m benchmarks

soak: $(VENV)/.test
	@echo "==> the pool's ledger under fire"
	@$(BIN)/python tests/core/fire.py --rounds 10
	@echo "==> the real Nova"
	@cd tests && ../$(BIN)/python -m real.soak
	@echo "==> the real Pulumi engine: the long tests, ten runs with and without roll_out, 40 kills"
	@$(BIN)/pytest -m soak
	@cd tests && PYTHONPATH=.:pulumi ../$(BIN)/python pulumi/ten_runs.py
	@cd tests && PYTHONPATH=.:pulumi ../$(BIN)/python -m languages
	@cd tests && PYTHONPATH=.:pulumi KILLED_POINTS=$${KILLED_POINTS:-40} ../$(BIN)/python pulumi/killed_often.py

sdks: $(VENV)/.test
	@echo "==> the SDKs, from plugin/pulumi_antiaffinity/schema.json"
	@rm -rf sdks && cd tests && "$$(../$(BIN)/python -m real.engine_env)/gensdk" ../plugin/pulumi_antiaffinity/schema.json ../sdks nodejs go

readme: $(VENV)/.test
	@$(BIN)/python tests/packaging/readme.py

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
