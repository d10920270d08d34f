# Each target does its own set-up: it needs Python 3.10 to 3.13, make and a package registry.
#   make demo     a band for two of the sample melodies, in out/
#   make test     every test that needs no GPU, no MIDI port and little time
#   make check    format, lint, types

PYTHON ?= python3
BIN := .venv/bin
USUAL := not slow and not gpu and not device

# uv asks only its own variables for wheel folders; hand it what pip was told.
PIP_FIND_LINKS ?= $(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null)
UV_FIND_LINKS ?= $(strip $(PIP_FIND_LINKS))
ifneq ($(UV_FIND_LINKS),)
export UV_FIND_LINKS
endif

.PHONY: demo test check format clean

demo: .venv/.ready
	$(BIN)/musegan compose samples/ode-to-joy.mid samples/when-the-saints.mid -o out/ --formats mid,wav,png --overwrite

# What plays as time goes by is tested by itself, the rest on all cores.
test: .venv/.ready
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "$(USUAL) and not realtime" --numprocesses auto --maxprocesses 4 --dist loadfile
	$(BIN)/python -m pytest -m "$(USUAL) and realtime"

check: .venv/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv build dist out *.egg-info

.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable ".[dev,live,audio,transcription]"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --no-deps tinysoundfont basic-pitch
	touch $@
