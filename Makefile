# Each target sets itself up; a machine needs make and Python 3.11 or newer, and nothing else.
# Choose another interpreter with `make PYTHON=/path/to/python3.12 demo`.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test check bench soak docs clean

# Another environment must not leak into this one.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME UV_PYTHON
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := 1
export UV_PROJECT_ENVIRONMENT := .venv

UV_ON_PATH := $(shell command -v uv 2>/dev/null)
UV := $(or $(UV_ON_PATH),.tools/bin/uv)
VENV := .venv/bin
# Stamps live inside the environment, so that they vanish with it.
STAMPS := .venv/.stamps
LOCK := pyproject.toml uv.lock

# Asked for an answer, not for an exit code: a broken launcher may well exit with 0.
NEW_ENOUGH := import sys; print(sys.version_info >= (3, 11))
FIND_PYTHON = $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if [ "$$("$$name" -c '$(NEW_ENOUGH)' 2>/dev/null)" = True ]; then command -v "$$name"; break; fi; done)
# Searched when first needed, and once.
PYTHON = $(eval PYTHON := $(FIND_PYTHON))$(PYTHON)
# An environment that exists keeps its interpreter, unless another one is asked for.
KEPT = $(and $(wildcard .venv/pyvenv.cfg),$(filter file,$(origin PYTHON)))
SYNC = "$(UV)" sync --locked $(if $(KEPT),,--python "$(PYTHON)")

define REQUIRE_PYTHON
	@[ "$$("$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null)" = True ] || { \
	echo "kyphort needs Python 3.11 or newer, $(if $(PYTHON),which $(PYTHON) is not,but the PATH has none): install it, or name one with make PYTHON=/path/to/python3." >&2; \
	exit 1; }
endef

help:
	@echo "make demo    reproduce the founding publication into out/bludau2020"
	@echo "make test    run the tests and the examples of the docstrings"
	@echo "make check   formatting, lint, types, import layers and strict documentation"
	@echo "make bench   measure every part beside its peers; rewrites the tables in docs"
	@echo "make soak    long campaigns: property tests, interval coverage, kills"
	@echo "make docs    build the documentation into docs/_build/html"
	@echo "make clean   remove what the other targets made"

demo: $(STAMPS)/demo
	"$(VENV)/kyphort" reproduce bludau2020 --out out/bludau2020

test: $(STAMPS)/dev
	"$(VENV)/pytest" --numprocesses auto

check: $(STAMPS)/dev
	"$(VENV)/ruff" format --check
	"$(VENV)/ruff" check
	"$(VENV)/mypy"
	"$(VENV)/lint-imports"
	@$(MAKE) --no-print-directory docs

bench: $(STAMPS)/dev
	"$(VENV)/python" -m benchmarks
	"$(VENV)/python" -m benchmarks.followup
	"$(VENV)/python" -m benchmarks.survival
	"$(VENV)/python" -m benchmarks.survival.regression
	"$(VENV)/python" -m benchmarks.dosimetry
	"$(VENV)/python" -m benchmarks.registry sqlite
	"$(VENV)/python" -m benchmarks.registry postgresql
	"$(VENV)/python" -m benchmarks.planning
	"$(VENV)/python" -m benchmarks.reconstruction

soak: $(STAMPS)/dev
	"$(VENV)/python" -m soak

docs: $(STAMPS)/dev
	"$(VENV)/sphinx-build" -W --keep-going -n -q --no-color -b html docs docs/_build/html
	@echo "The documentation is docs/_build/html/index.html."

# An environment or a result that make did not make stays.
clean:
	@if [ -d $(STAMPS) ]; then rm -rf .venv; fi
	rm -rf .tools out/bludau2020 docs/_build
	rm -rf .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	@find src tests scripts benchmarks soak docs -name __pycache__ -type d -prune -exec rm -rf {} +
	@if [ -d out ]; then rmdir out 2>/dev/null || true; fi

# The demo leaves out the development groups, and never removes what a developer has.
$(STAMPS)/demo: $(LOCK) | $(if $(UV_ON_PATH),,.tools/bin/uv)
	$(REQUIRE_PYTHON)
	$(SYNC) --all-extras --no-default-groups --inexact
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: $(LOCK) | $(if $(UV_ON_PATH),,.tools/bin/uv)
	$(REQUIRE_PYTHON)
	$(SYNC) --all-extras
	@mkdir -p $(STAMPS) && touch $(STAMPS)/demo $@

# Built apart and moved when complete: a failure leaves nothing behind.
.tools/bin/uv:
	$(REQUIRE_PYTHON)
	@apart=$$(mktemp -d) && trap 'rm -rf "$$apart"' EXIT INT TERM; \
	fetch_uv() { \
		PIP_USER=0 PIP_ROOT_USER_ACTION=ignore "$$@" --quiet --disable-pip-version-check --no-input --only-binary :all: uv; \
	}; \
	if "$(PYTHON)" -m pip --version >/dev/null 2>&1; then \
		fetch_uv "$(PYTHON)" -m pip install --target "$$apart"; \
	elif "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
		"$(PYTHON)" -m venv "$$apart" && fetch_uv "$$apart/bin/python" -m pip install; \
	else \
		echo "kyphort sets itself up with uv, but $(PYTHON) has neither pip nor venv: install one of them (on Debian: apt install python3-venv), or uv itself." >&2; \
		exit 1; \
	fi && mkdir -p .tools/bin && mv "$$apart/bin/uv" $@ || { \
		echo "uv could not be installed (see above): check the connection to PyPI, or install uv yourself." >&2; \
		exit 1; }
