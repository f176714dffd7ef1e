# Everything a person runs on this project. `make help` lists it.

VENV := .venv
BIN := $(VENV)/bin
DATA ?=
OUT ?= out
ARGS ?=
ARCH ?= $(shell dpkg --print-architecture)
RELEASE ?= bookworm
CUTS ?= 20000
SEED ?= 1
SEEDS ?= 1 1000
RUNS ?= 100000 1
ASKS ?= 5000 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long lint bench drives soak crash deb train tune tune-two evaluate clean simulate fuzz load day

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.ready  ## Install what the product and its tests need, here and from apt

$(VENV)/.ready: setup.cfg pyproject.toml provisioning/setup.sh
	@provisioning/setup.sh $(VENV)
	@touch $@

demo: setup  ## The whole system: a throwaway city, one camera, a drawn clip: make demo ARGS=--once
	@$(BIN)/alpr-city demo $(ARGS)

test: setup  ## Run the tests (under 12 minutes on two cores)
	@$(BIN)/pytest $(ARGS)

test-long: setup  ## The long forms: crash, soak, stolen disk
	@$(BIN)/pytest -m long $(ARGS)

lint: setup  ## ruff and mypy --strict
	@$(BIN)/ruff check alpr_wire alpr_edge alpr_city models tests bench
	@$(BIN)/mypy

bench: setup  ## Milliseconds, CPU and memory, by stage
	@$(BIN)/python -m bench $(ARGS)

drives: setup  ## Draw drive-bys with known truth, and count the reads: make drives ARGS="--count 60 --seed 1"
	@$(BIN)/python -m bench.drives $(ARGS)

soak: setup  ## Run the capture process for an hour and watch what grows: make soak ARGS="--minutes 60"
	@$(BIN)/python -m bench.soak $(ARGS)

crash: setup  ## Cut the power a million times on a simulated disk: make crash CUTS=1000000 SEED=1
	@$(BIN)/python -m tests.crash --store outbox --cuts $(CUTS) --seed $(SEED) $(ARGS)

simulate: setup  ## Camera and city under one seeded scheduler: make simulate SEEDS="1 100000 --log histories.jsonl"
	@$(BIN)/python -m tests.system.simulation $(SEEDS)

fuzz: setup  ## Hostile bytes and requests, how many and seed: make fuzz RUNS="10000000 1 --log fuzz.jsonl" ASKS="100000 1"
	@$(BIN)/python -m tests.fuzz $(RUNS)
	@$(BIN)/python -m tests.city.web.fuzz $(ASKS)

day: setup  ## A thousand cameras through a day's rush and quiet: make day ARGS="--hour 10 --plot day.svg"
	@$(BIN)/python -m bench.day $(ARGS)

load: setup  ## Cameras, reads a second and receipts, on real processes: make load ARGS="--cameras 100 --database sqlite"
	@$(BIN)/python -m bench.city $(ARGS)

deb: setup  ## Debian packages with their wheels: make deb ARCH=arm64 RELEASE=bookworm
	@PYTHON=$(BIN)/python packaging/build-deb.sh edge $(ARCH) $(RELEASE) $(OUT)
	@PYTHON=$(BIN)/python packaging/build-deb.sh city $(ARCH) $(RELEASE) $(OUT)

train: $(VENV)/.train  ## Train both models: make train DATA=folder
	@test -n "$(DATA)" || { echo "make train: DATA is not set. Fix: make train DATA=/path/to/pictures" >&2; exit 2; }
	@$(BIN)/python -m models.training.cache --data $(DATA) --out $(OUT)/cache
	@$(BIN)/python -m models.training.train_det --data $(DATA) --out $(OUT)/det --scenes $(OUT)/cache/scenes --plates $(OUT)/cache/plates
	@$(BIN)/python -m models.training.train_ocr --data $(DATA) --out $(OUT)/ocr --rendered $(OUT)/cache/plates

tune: $(VENV)/.train  ## Go on training the shipped reader, after make train's cache: make tune DATA=folder
	@test -n "$(DATA)" || { echo "make tune: DATA is not set. Fix: make tune DATA=/path/to/pictures" >&2; exit 2; }
	@$(BIN)/python -m models.training.cache --data $(DATA) --out $(OUT)/cache
	@$(BIN)/python -m models.training.recover --out $(OUT)/start
	@$(BIN)/python -m models.training.mine --data $(DATA) --out $(OUT)/mined
	@$(BIN)/python -m models.training.train_ocr --data $(DATA) --out $(OUT)/ocr_tuned --rendered $(OUT)/cache/plates \
		--init $(OUT)/start/ocr_start.pt --none $(OUT)/mined --reader home --rate 1e-3 --samples 420000
	@$(BIN)/python -m models.training.blend --data $(DATA) --out $(OUT)/ocr_tuned/mixed.pt \
		$(OUT)/ocr_tuned/ocr_begun.pt=0.7 $(OUT)/ocr_tuned/ocr_final.pt=0.3

tune-two: $(VENV)/.train  ## Go on training the second reader: make tune-two DATA=folder
	@test -n "$(DATA)" || { echo "make tune-two: DATA is not set. Fix: make tune-two DATA=/path/to/pictures" >&2; exit 2; }
	@$(BIN)/python -m models.training.cache --data $(DATA) --out $(OUT)/cache_two --plates 16000 --scenes 0 --seed 31 \
		--favour us=0.05 --favour can=0.5 --favour eu:=1.2 --favour eu:square=1.5 --favour ar:=1.6 --favour ar:black-two=2 \
		--favour ar:mercosur-two=2 --favour br:mercosur=1.5
	@$(BIN)/python -m models.training.recover --out $(OUT)/start
	@$(BIN)/python -m models.training.mine --data $(DATA) --out $(OUT)/mined
	@$(BIN)/python -m models.training.pseudo --data $(DATA) --out $(OUT)/pseudo.jsonl
	@$(BIN)/python -m models.training.train_ocr --data $(DATA) --out $(OUT)/ocr_two --rendered $(OUT)/cache_two/plates --rendered-share 0.45 \
		--init $(OUT)/start/ocr_two_start.pt --none $(OUT)/mined --pseudo $(OUT)/pseudo.jsonl --reader abroad --rate 7e-4 --samples 285000

evaluate: $(VENV)/.train  ## Measure the shipped models: make evaluate DATA=folder
	@test -n "$(DATA)" || { echo "make evaluate: DATA is not set. Fix: make evaluate DATA=/path/to/pictures" >&2; exit 2; }
	@$(BIN)/python -m models.training.evaluate --data $(DATA) --out $(OUT)/evaluation

$(VENV)/.train: $(VENV)/.ready
	@$(BIN)/pip install --quiet -e '.[train]' && touch $@

clean:  ## Remove the environment and everything built
	rm -rf $(VENV) $(OUT) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
