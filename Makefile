# `make plot` and `make test` are all that a fresh clone needs. Everything is made in
# this folder: the environment in .venv, what is built in build and dist.

PYTHON ?= python3
BETA = -0.25
OUT = mila.png
ARGS =
KATEX = 0.19.1

VENV = .venv/bin/python
INSTALLED = .venv/.installed
PIP = $(VENV) -m pip install -q --disable-pip-version-check -c constraints.txt
unexport PYTHONHOME PYTHONPATH

# The environment is stale when this folder was moved or copied, or when PYTHON= names
# another version than it was made with.
VERSION = -c 'import sys; print(sys.version_info[:2])'
KEEP = true
STALE := $(shell test "$$(cat $(INSTALLED) 2>&1)" = "$$(pwd)" || echo stale)
ifneq ($(origin PYTHON),file)
KEEP = test "$$("$(PYTHON)" $(VERSION) 2>&1)" = "$$($(VENV) $(VERSION) 2>&1)"
STALE += $(shell $(KEEP) || echo stale)
endif

.DELETE_ON_ERROR:
.PHONY: help plot test lint format figures test-tex test-browser test-catalog \
	test-exhaustive bench chromium museum certificates certificates-exhaustive survey build katex tex-tools clean stale

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | \
		awk -F'|' '{ printf "%-31s %s\n", $$1, $$2 }'
	@echo "  PYTHON=python3.12 chooses the Python; ARGS=... goes to the program that runs"

plot: $(INSTALLED) ## the figure of Mila at beta = -0.25 (BETA=, OUT=, ARGS=)
	@$(VENV) -m mila_analysis plot --beta $(BETA) -o "$(OUT)" $(ARGS)

test: $(INSTALLED) ## every test but the exhaustive and the TeX ones
	$(VENV) -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(INSTALLED) ## style and types, changing nothing
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy

format: $(INSTALLED) ## mends what can be mended by a machine
	$(VENV) -m ruff check --fix .
	$(VENV) -m ruff format .

figures: $(INSTALLED) ## draws every picture in figures/ again
	$(VENV) -m mila_analysis gallery $(ARGS)

test-tex: $(INSTALLED) katex ## our LaTeX through pdflatex and KaTeX
	$(VENV) -m pytest -n 2 --dist loadfile -m tex $(ARGS)

test-browser: $(INSTALLED) chromium ## the explorer in a real browser
	@$(VENV) -c "import playwright" 2>/dev/null || \
		$(PIP) --no-build-isolation -e '.[dev,browser]'
	$(VENV) -m pytest -n 0 -m browser $(ARGS)

test-catalog: $(INSTALLED) ## the rest of the catalog, and long searches; an hour
	$(VENV) -m pytest -n 2 --dist loadfile -m catalog $(ARGS)

test-exhaustive: $(INSTALLED) ## whole floating-point formats; takes long
	$(VENV) -m pytest -n 2 --dist loadfile -m exhaustive $(ARGS)

bench: $(INSTALLED) ## speed and accuracy beside those of others; minutes
	$(VENV) -m mila_analysis bench --json benchmarks/results/bench.json \
		-o benchmarks/results/bench.png
	@set -e; for file in benchmarks/[a-z]*.py; do \
		echo "== $$file"; $(VENV) "$$file" $(ARGS); done

museum: $(INSTALLED) ## measures PyTorch's functions, writes docs/museum.md; minutes
	$(VENV) -m mila_analysis.auditing.measuring mila_analysis/auditing/museum_torch.json $(ARGS)
	$(VENV) -m mila_analysis.auditing.museum docs/museum.md

certificates: $(INSTALLED) ## those of docs/certificates, but for every float32
	@set -e; for beta in 0 -0.25; do \
		for mode in numpy:fast torch:fast c:fast numpy:accurate c:accurate; do \
			back=$${mode%:*}; level=$${mode#*:}; \
			$(VENV) -m mila_analysis verify -b $$back --accuracy $$level --beta $$beta \
				-o docs/certificates/mila_$${beta}_$${back}_$$level.json > /dev/null; \
		done; done

certificates-exhaustive: $(INSTALLED) ## every float32 in accurate C; BETA=; half an hour
	$(VENV) -m mila_analysis verify -b c --accuracy accurate --dtype float32 \
		--exhaustive --beta $(BETA) -o docs/certificates/mila_$(BETA)_every_float32.json

survey: $(INSTALLED) ## verifies the whole catalog, writes docs/catalog.md; half an hour
	$(VENV) -m mila_analysis survey -o docs/certificates/catalog.json \
		--page docs/catalog.md $(ARGS)

build: $(INSTALLED) ## wheel and sdist into dist/
	$(VENV) -m build --no-isolation --outdir dist .

clean: ## removes what was made, but for .venv
	rm -rf build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

# The environment: made once, filled from the constraints, filled again when they change.
$(INSTALLED): pyproject.toml constraints.txt $(if $(strip $(STALE)),stale)
	@say() { echo "make: $$*" >&2; exit 1; }; \
	if $(KEEP) && $(VENV) -m pip --version >/dev/null 2>&1; then exit; fi; \
	"$(PYTHON)" $(VERSION) >/dev/null 2>&1 || \
		say "no '$(PYTHON)' here; name a Python: make PYTHON=python3.12"; \
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		say "mila-analysis needs Python 3.11 or newer, and '$(PYTHON)' is" \
			"$$("$(PYTHON)" --version 2>&1); name another: make PYTHON=python3.12"; \
	"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		say "'$(PYTHON)' cannot make environments; on Debian and Ubuntu:" \
			"apt install python3-venv"; \
	"$(PYTHON)" -m venv --clear .venv
	@echo "Installing into .venv; the first time takes a few minutes"
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation -e '.[dev]'
	@pwd > $(INSTALLED)

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "make: installing chromium"; apt-get -qq update && \
			DEBIAN_FRONTEND=noninteractive apt-get -qq -y install \
				--no-install-recommends chromium >/dev/null; \
		else echo "make: no chromium here; on Debian: apt install chromium" >&2; \
			exit 1; fi; }

tex-tools:
	@for tool in pdflatex node npm; do command -v $$tool >/dev/null || { \
		echo "make: no $$tool here; on Debian and Ubuntu:" \
			"apt install texlive-latex-base nodejs npm" >&2; \
		exit 1; }; done

katex: | tex-tools
	@test -f build/katex-$(KATEX)/node_modules/katex/package.json || \
		npm install --silent --no-audit --no-fund --ignore-scripts \
			--prefix build/katex-$(KATEX) katex@$(KATEX) || { \
		echo "make: npm could not bring KaTeX $(KATEX)" >&2; exit 1; }
