"""What each GAN shows on real data: a row a command, and the table of all rows.

    python benchmarks/gans.py dcgan            train what is missing in runs/dcgan, measure, write
    python benchmarks/gans.py dcgan --seeds 3  the same for seeds 0, 1 and 2
    python benchmarks/gans.py dcgan --train    train only, as on a GPU; its folder is measured elsewhere
    python benchmarks/gans.py r3gan r3gan:model.width=128  with other settings, of one run or of all
    python benchmarks/gans.py table            docs/results.md and results/gans.json of all rows
    python benchmarks/gans.py sheet            a sheet of samples of each trained model

A run that was stopped goes on; a finished one is not trained again.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from machine import RESULTS, machine
from rows import ROWS
from rows.publishing import draw_sheets, write_table
from rows.row import Figures, Row, Run, Trained

from musegan.config import Experiment
from musegan.errors import ConfigError, CorpusError, MuseganError
from musegan.evaluate.confidence import interval
from musegan.experiments import Built, build
from musegan.files import write_whole
from musegan.presets import PRESETS
from musegan.settings import as_dict, override
from musegan.train.checkpoint import check_config, load_checkpoint
from musegan.train.run import run

FOLDER = RESULTS / "gans"
ENDED = "trained.json"  # in a run's folder: the machine that brought it to its end


def settings_for(name: str, more: Sequence[str]) -> list[str]:
    """Those of the settings that are for a run: its own, "run:path=value", and those of all."""
    return [setting for named, setting in map(run_of, more) if named in ("", name)]


def run_of(setting: str) -> tuple[str, str]:
    """The run that a setting names, "" for all, and the setting without it."""
    named, colon, rest = setting.partition(":")
    return (named, rest) if colon and "=" not in named else ("", setting)


def experiment_of(wanted: Run, seed: int, scale: float, more: Sequence[str]) -> Experiment:
    """A run's experiment, its rounds multiplied by `scale`."""
    experiment = override(PRESETS[wanted.preset], *wanted.settings, *more, f"seed={seed}")
    rounds = max(1, round(scale * experiment.train.rounds))
    return replace(experiment, train=replace(experiment.train, rounds=rounds))


def folder_of(runs: Path, row: str, name: str, wanted: Run, seed: int, scale: float) -> Path:
    scaled = "" if scale == 1 else f"-x{scale:g}"
    return runs / (wanted.row or row) / f"{name}-seed{seed}{scaled}"


def trained(name: str, wanted: Run, experiment: Experiment, folder: Path) -> Trained:
    """Train what is not yet trained of a run, and see how it ended.

    A folder with `ENDED` is a finished run, wherever it was trained.

    Raises:
        CheckpointError: the folder holds another run.
        KeyboardInterrupt: it was stopped; the next call goes on.
    """
    print(f"{folder}: {experiment.train.rounds} rounds of {wanted.preset}", flush=True)
    built = build(experiment)
    if not (folder / ENDED).is_file():
        train(built, wanted, experiment, folder)
    check_config(folder, built.config)
    lines = tuple(map(json.loads, (folder / "metrics.jsonl").read_text().splitlines()))
    return Trained(
        name, wanted.preset, experiment.seed, folder, experiment, lines[-1]["round"],
        lines[-1]["seconds"], lines, json.loads((folder / ENDED).read_text()),
    )  # fmt: skip


def train(built: Built, wanted: Run, experiment: Experiment, folder: Path) -> None:
    """Train a run to its end, and write its weights and the machine.

    Released is what `musegan train` releases: the last round, or the best where it is clearly better.
    """
    measure = None if wanted.watch is None else wanted.watch(built, experiment)
    ended = run(
        built.trainer,
        folder,
        rounds=experiment.train.rounds,
        config=built.config,
        measure=measure,
        measure_every=wanted.watch_every,
        watch=built.watch,
        save_every=1000,
        tensorboard=False,
    )
    if not ended.finished:
        raise KeyboardInterrupt(f"{folder} was stopped at round {ended.round}")
    if ended.best is not None:
        load_checkpoint(folder, built.trainer, path=ended.best)
        print(f"{folder}: round {built.trainer.round} is released, the best", flush=True)
    built.release(folder / "model.safetensors")
    write_whole(folder / ENDED, json.dumps(machine(), indent=1).encode())


def differences(one: Trained) -> dict[str, Any]:
    """Dotted settings of a run that are not its preset's; the seed is told elsewhere."""
    ours, preset = (_flat(as_dict(each)) for each in (one.experiment, PRESETS[one.preset]))
    return {key: ours[key] for key in ours if ours[key] != preset[key] and key != "seed"}


def result_of(row: Row, each: Sequence[Figures], all_runs: Sequence[Trained]) -> dict[str, Any]:
    """What is written of a row."""
    intervals = {name: interval([figures[name] for figures in each])._asdict() for name in each[0]}
    means = {name: found["mean"] for name, found in intervals.items()}
    first = {one.name: one for one in all_runs if one.seed == all_runs[0].seed}
    return {
        "title": row.title,
        "figure": row.figure.format(**means),
        "mean": _rounded(means),
        "intervals": _rounded(intervals),
        "each": _rounded(list(each)),
        "seeds": sorted({one.seed for one in all_runs}),
        "rounds": {name: one.rounds for name, one in first.items()},
        "seconds": round(sum(one.seconds for one in all_runs), 1),
        "trained_on": sorted({trained_on(one.machine) for one in all_runs}),
        "presets": {name: one.preset for name, one in first.items()},
        "settings": {name: differences(one) for name, one in first.items()},
        "bar": row.bar,
        "met": bool(row.met(each)),
        "published": row.published,
        "note": row.note,
    }


def trained_on(facts: Mapping[str, Any]) -> str:
    """A machine in words."""
    threads = f"{facts['cpu']}, {facts.get('torch_threads', 1)} thread"
    return facts.get("gpu") or threads


def train_row(name: str, runs: Path, seeds: int, scale: float, more: Sequence[str]) -> None:
    """Train a row's runs, and measure nothing."""
    for _ in runs_of(name, runs, seeds, scale, more):
        pass


def runs_of(
    name: str, runs: Path, seeds: int, scale: float, more: Sequence[str]
) -> Iterator[dict[str, Trained]]:
    """A row's runs by name, a seed after another, trained where they are not yet."""
    for wrong in {named for named, _ in map(run_of, more)} - {"", *ROWS[name].runs}:
        raise ConfigError(f"{wrong}: no run of {name}, which has {', '.join(ROWS[name].runs)}")
    for seed in range(seeds):
        of_seed: dict[str, Trained] = {}
        for key, wanted in ROWS[name].runs.items():
            begun = [f"start={of_seed[wanted.start].folder}"] if wanted.start else []
            settings = [*settings_for(key, more), *begun]
            experiment = experiment_of(wanted, seed, scale, settings)
            folder = folder_of(runs, name, key, wanted, seed, scale)
            of_seed[key] = trained(key, wanted, experiment, folder)
        yield of_seed


def measure_row(
    name: str, runs: Path, seeds: int, scale: float, more: Sequence[str]
) -> dict[str, Any]:
    """Train and measure one row, a seed after another."""
    row = ROWS[name]
    each: list[Figures] = []
    all_runs: list[Trained] = []
    for seed, of_seed in enumerate(runs_of(name, runs, seeds, scale, more)):
        all_runs += of_seed.values()
        each.append(row.figures(of_seed))
        print(f"seed {seed}: " + ", ".join(f"{k} {v:.4g}" for k, v in each[-1].items()), flush=True)
    return result_of(row, each, all_runs)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("row", help=f"table, sheet, or one of {', '.join(ROWS)}")
    parser.add_argument(
        "settings", nargs="*", help="path.to.field=value of every run, RUN:path=value of one"
    )
    parser.add_argument("--seeds", type=int, help="how many, from 0  [default: the row's own]")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the rounds; other than 1: a probe"
    )
    parser.add_argument("--train", action="store_true", help="train the runs, measure nothing")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of all runs")
    asked = parser.parse_intermixed_args(arguments)
    torch.set_num_threads(1)
    try:
        if asked.row == "table":
            write_table(ROWS, FOLDER)
        elif asked.row == "sheet":
            draw_sheets(ROWS, asked.runs, asked.settings)
        elif asked.row not in ROWS:
            parser.error(f"no row {asked.row!r}; there are {', '.join(ROWS)}")
        elif asked.train:
            seeds = asked.seeds or ROWS[asked.row].seeds
            train_row(asked.row, asked.runs, seeds, asked.scale, asked.settings)
        else:
            told = measure_row(
                asked.row, asked.runs, asked.seeds or ROWS[asked.row].seeds, asked.scale,
                asked.settings,
            )  # fmt: skip
            told["command"] = " ".join(["python benchmarks/gans.py", asked.row, *asked.settings])
            print(json.dumps(told, indent=1, ensure_ascii=False))
            if asked.scale == 1:
                FOLDER.mkdir(parents=True, exist_ok=True)
                text = json.dumps({**machine(), **told}, indent=1, ensure_ascii=False)
                write_whole(FOLDER / f"{asked.row}.json", f"{text}\n".encode())
    except KeyboardInterrupt as stopped:
        print(f"gans.py: {stopped}; the same command goes on", file=sys.stderr)
        return 130
    except (MuseganError, CorpusError) as error:
        print(f"gans.py: {error}", file=sys.stderr)
        return 1
    return 0


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _rounded(value: Any) -> Any:
    """Four digits are more than any of it is worth."""
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
