# make run       set up, load the seed dataset and serve the site
# make test      set up and run every check and test
# make contract  set up and let outside tools judge the API (needs Node.js)
# make prove     set up and run the long proofs of docs/promises.md (make prove PROVE= runs them short)
# make pictures  set up and take the pictures of docs/curating.md anew (needs Chromium)
# make bench     set up and compare with the peers; bench/README.md (Node.js for one of them)
# make format    put code in shape
# make lock      set up and write requirements.lock anew: newest versions allowed, and their hashes
# make stop      stop an embedded database that was left behind
#
# PORT=8001 and DATA_DIR=folder are honoured, as is every setting in .env.example.

SHELL := /bin/sh
PORT ?= 8000
PROVE ?= 1
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
export DATA_DIR

.PHONY: run test contract prove bench pictures lock stop format

run: $(VENV)/runtime
	@exec $(BIN)/python manage.py start --port $(PORT)

test: $(VENV)/development
	@exec $(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder \
		-p no:schemathesis -p no:hypothesispytest $(PYTEST)

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
	@echo "Installing packages (a minute, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock 2>$(VENV)/pip.log \
		|| { tail -n 3 $(VENV)/pip.log; echo "Packages could not be installed. Is the network there?"; exit 1; }
	@touch $@

$(VENV)/development: requirements.txt requirements-dev.txt $(VENV)/runtime
	@echo "Installing development tools (a minute, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt 2>$(VENV)/pip.log \
		|| { tail -n 3 $(VENV)/pip.log; echo "Packages could not be installed. Is the network there?"; exit 1; }
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed. Name one: make run PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is too old: Python 3.11 or newer is needed."; exit 1; }
	@echo "Making a virtual environment in $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "It could not be made. May you write here, and has this Python its venv module?"; exit 1; }
