# make bilan : installe ce qu'il faut dans .venv, puis construit le bilan.
# make test  : installe ce qu'il faut, puis lance les tests (make test-long : les plus longs).
PYTHON ?= python3.11
EDITION ?=
ifeq ($(shell command -v $(PYTHON) 2>/dev/null),)
PYTHON := python3
endif
VENV := .venv
BILAN := $(VENV)/bin/python -m bilan

.PHONY: bilan test test-long accessibilite jupyter verrou paquet outils-test nettoyer

bilan: $(VENV)/installe
	$(BILAN) construire $(if $(EDITION),--edition $(EDITION))

test: $(VENV)/installe outils-test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/python -m pytest

# Les tests de plus d'une minute : accessibilité de chaque page, tutoriel suivi, grappes dont on tue
# des processus, mutations, bilans refaits, flou, gardes retirées.
test-long: $(VENV)/installe outils-test
	$(VENV)/bin/python -m pytest -m long

# Contrôle le dernier bilan construit et range les résultats que la déclaration du rapport cite.
accessibilite: $(VENV)/installe outils-test
	$(VENV)/bin/python -m tests.accessibilite $(EDITION)

jupyter: $(VENV)/installe
	$(VENV)/bin/jupyter lab notebooks

# Le navigateur et les lecteurs de PDF des tests viennent de Debian.
outils-test:
	@sh tests/outils.sh

$(VENV)/installe: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Met à jour requirements.lock (demande l'outil uv).
verrou:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --quiet \
	  --custom-compile-command "make verrou" --output-file requirements.lock

# Recopie les schémas de data/schemas dans chaque datapackage.json.
paquet: $(VENV)/installe
	$(VENV)/bin/python -m bilan.paquet

nettoyer:
	rm -rf build
