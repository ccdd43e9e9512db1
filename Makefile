# `make` lists the targets. Each one builds .venv first where it is not there yet or no longer up to date.

PYTHON ?= python3
PIP_ARGS ?=
TESTS ?=
BIN := .venv/bin
READY := .venv/ready
APT := sudo apt-get install -y python3-venv make git

.DEFAULT_GOAL := help
.PHONY: help setup demo ui review report terrain crowd-sim recognize read export deliver test lint check train train-smoke retrain samples schema picture clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile
	@echo
	@for file in benchmarks/*.py; do name=$$(basename $$file .py); grep -q __main__ $$file \
		&& printf 'make %-24s %s\n' "bench-$$(echo $$name | tr _ -)" "$$(sed -n '1s/"""//gp' $$file)"; done; true

setup: $(READY)  ## Build .venv with the pinned versions; PIP_ARGS=... goes to pip (own index, a torch for GPUs)

$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Penfield needs Python 3.11 or newer, and '$(PYTHON)' is not: $(APT), or name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing: $(APT)"; exit 1; }
	@echo "setting up .venv: a few minutes, once"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[dev,postgres,samples,words]'
	@touch $(READY)

demo: $(READY)  ## Recognize the sample scans that ship, and compare with what is written on them
	@$(BIN)/penfield demo

ui: $(READY)  ## Open MLflow on what was recognized
	@$(BIN)/penfield ui

review: $(READY)  ## Serve the page on which people key what the machine doubts: ARGS="--port 8321"
	@$(BIN)/penfield review $(ARGS)

report: $(READY)  ## Make the report of yesterday, or of a day: ARGS="--date 2026-11-25 --out day.html"
	@$(BIN)/penfield report $(ARGS)

terrain: $(READY)  ## What to solve next, and a map of the handwriting: ARGS="--date 2026-11-25"
	@$(BIN)/penfield terrain $(ARGS)

crowd-sim: $(READY)  ## Rehearse: read the sample scans, and have simulated people key what is doubtful
	@$(BIN)/penfield crowd-sim $(ARGS)

recognize: $(READY)  ## Read filled-in forms: FORM="a.yaml b.yaml" SCANS=folder OUT=folder
	@test -n "$(FORM)" -a -n "$(SCANS)" -a -n "$(OUT)" || { echo 'make recognize FORM=form.yaml SCANS=folder OUT=folder'; exit 2; }
	@$(BIN)/penfield recognize $(FORM:%=--form %) --out $(OUT) $(SCANS) $(ARGS)

read: $(READY)  ## Read images of single fields: IN=fields.csv OUT=readings.csv
	@test -n "$(IN)" -a -n "$(OUT)" || { echo 'make read IN=fields.csv OUT=readings.csv'; exit 2; }
	@$(BIN)/penfield read --in $(IN) --out $(OUT) $(ARGS)

export: $(READY)  ## Hand out complete records: OUT=folder, ARGS="--latest --format csv,xlsx"
	@test -n "$(OUT)" || { echo 'make export OUT=folder'; exit 2; }
	@$(BIN)/penfield export --out $(OUT) $(ARGS)

deliver: $(READY)  ## Bring to MLflow what still waits
	@$(BIN)/penfield deliver

test: $(READY)  ## Run all tests; TESTS="tests/test_house.py -k diagram" runs some
	@tree="$$($(TREE))"; OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS) && \
		if test -z "$(TESTS)"; then echo "$$tree" > .venv/tested; fi

lint: $(READY)  ## Lint (ruff), types (mypy) and floors (import-linter)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint  ## All of lint, and all tests where these very files have not passed them yet
	@tree="$$($(TREE))"; if test -n "$$tree" -a "$$tree" = "$$(cat .venv/tested 2>/dev/null)"; \
		then echo "tests: passed before with exactly these files; make test runs them again"; \
		else $(MAKE) --no-print-directory test; fi

# The digest of every file of the checkout as it is now; nothing where there is no git to name them.
GIT := git -c safe.directory='*'
TREE = $(GIT) rev-parse >/dev/null 2>&1 && $(GIT) ls-files -co --exclude-standard -z | xargs -0 sha256sum 2>/dev/null | sha256sum

train: $(READY)  ## Train a model: ARGS="--data folder --minutes 60", see penfield train --help
	@$(BIN)/penfield train $(ARGS)

train-smoke: $(READY)  ## Train in a small way, from data to a registered bundle, in under three minutes
	@$(BIN)/penfield train --smoke --folder out/train-smoke --store out/train-smoke/store $(ARGS)

retrain: $(READY)  ## Learn from what people settled, and put what comes of it to trial: ARGS="--every 1d"
	@$(BIN)/penfield retrain $(ARGS)

samples: $(READY)  ## Draw the sample scans, their truth and the blank form again
	@$(BIN)/python -m training.samples $(ARGS)

schema: $(READY)  ## Write docs/form.schema.json again
	@$(BIN)/penfield form schema > docs/form.schema.json

picture: $(READY)  ## Draw docs/images/page.png again, with the model that ships
	@$(BIN)/python -m serving.commands.picture data/samples/scans/IMG_2041.jpg --form data/forms/insurance_application.yaml --out docs/images/page.png

bench-%: $(READY)  ## Run benchmarks/%.py: ARGS="..."
	@$(BIN)/python -m benchmarks.$(subst -,_,$*) $(ARGS)

clean:  ## Remove what was built and tried: .venv, out/, caches; not store/ and runs/
	@rm -rf .venv out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
