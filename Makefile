# make run       load the seed dataset and serve the site
# make quick     run the tests that are not marked slow: no browser, second server or many records
# make test      run all checks and tests
# make contract  check the API with external tools (needs Node.js)
# make prove     run the long proofs of docs/promises.md; make prove PROVE= runs short ones
# make pictures  take the screenshots of docs/curating.md (needs Chromium)
# make bench     compare with other software, see bench/README.md (needs Node.js for Directus)
# make format    format the code
# make lock      update requirements.lock to the newest versions that requirements.txt allows
# make stop      stop an embedded database that still runs
#
# Each first creates .venv and installs the packages, if needed.
# Examples: make run PORT=8001 DATA_DIR=/path; make test PYTEST="-k dates". All settings of
# .env.example work, too.

SHELL := /bin/sh
PORT ?= 8000
PROVE ?= 1
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
export DATA_DIR

.PHONY: run quick test contract prove bench pictures lock stop format

run: $(VENV)/runtime
	@exec $(BIN)/python manage.py start --port $(PORT)

test: $(VENV)/development
	@PYTHONDONTWRITEBYTECODE= exec $(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder \
		-p no:schemathesis -p no:hypothesispytest $(PYTEST)

quick:
	@$(MAKE) --no-print-directory test PYTEST='-m "not slow" $(PYTEST)'

contract: $(VENV)/development
	@exec $(BIN)/python -m pytest contract $(PYTEST)

prove: $(VENV)/development
	@PROVE=$(PROVE) $(BIN)/python -m pytest prove $(PYTEST)

bench: $(VENV)/runtime
	@exec $(BIN)/python -m bench $(foreach name,ACTIONS SEED ROUNDS SECONDS ONLY AGAINST LOAD GROWTH,$(if \
		$($(name)),--$(shell echo $(name) | tr A-Z a-z) $($(name))))

pictures: $(VENV)/development
	@mkdir -p docs/pictures
	@PICTURES=docs/pictures ALL_TESTS=1 $(BIN)/python -m pytest -q tests/test_curators_day.py

lock: $(VENV)/runtime
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@sed '/^[^#]/,$$d' requirements.lock > $(VENV)/lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --upgrade requirements.txt >> $(VENV)/lock
	@mv $(VENV)/lock requirements.lock

stop: $(VENV)/runtime
	@$(BIN)/python manage.py stop_database

format: $(VENV)/development
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

$(VENV)/runtime: requirements.lock | $(BIN)/python
	@echo "Installing packages (once, about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock 2>$(VENV)/pip.log \
		|| { tail -n 3 $(VENV)/pip.log; echo "The packages could not be installed. Check the network connection."; exit 1; }
	@touch $@

$(VENV)/development: requirements.txt requirements-dev.txt $(VENV)/runtime
	@echo "Installing development tools (once, about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt 2>$(VENV)/pip.log \
		|| { tail -n 3 $(VENV)/pip.log; echo "The packages could not be installed. Check the network connection."; exit 1; }
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is required. Name its path: make run PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is too old: Python 3.11 or newer is required."; exit 1; }
	@echo "Creating a virtual environment in $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "This failed. Check that you can write to this folder and that Python has the venv module."; exit 1; }
