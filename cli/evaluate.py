"""musegan evaluate: a model's measures beside those of what is real and what is simple."""

import json
import time
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .batch import check_report
from .options import REPORT, Amount

if TYPE_CHECKING:
    from musegan.evaluate.copies import TrainingSongs
    from musegan.music.arrangement import Arrangement, Notes
    from musegan.music.band import Role

    Generate = Callable[[Arrangement, int], dict[Role, Notes]]

ASKED_MS = 100.0  # before a cell is when a band that plays along is asked for it
BAND_ONLY = ("split", "corpus", "songs", "temperature", "causal", "training")
JUDGED_ONLY = ("judge", "count", "inception")
PICTURES_ONLY = ("classify", "inception")  # of what is judged
SYNTHS_ONLY = ("melodies", "transcriber")
UNHEARD_STEPS = 1  # before a cell: what begins in them is not known; at 200 BPM a step is 75 ms


@click.command()
@click.option(
    "--model",
    metavar="NAME|FILE",
    help="[default: band; with --causal live, where it is bundled]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The corpus's folder, named as the corpus, such as data/pop909; of a model of pictures "
    "or sounds, where its data lie.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "all"]),
    default="validation",
    show_default=True,
)
@click.option("--corpus", metavar="NAME", help="What the folder holds.  [default: its name]")
@click.option(
    "--seeds", type=click.IntRange(1, 20), default=1, show_default=True, help="Bands a song."
)
@click.option("--songs", type=click.IntRange(1), help="Only the first so many songs.")
@click.option("--temperature", type=Amount(0, 4), default=1.0, show_default=True)
@click.option(
    "--training",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Prepared corpora of songs that the band may have learned from: how long are the runs of "
    "notes it shares with one?  [default: prepared, where it is]",
)
@click.option(
    "--causal",
    is_flag=True,
    help="The band plays along: of the melody it knows only what was heard before each half bar.",
)
@click.option("--classify/--no-classify", default=True, help="Train the classifiers (minutes).")
@click.option(
    "--judge",
    metavar="NAME|FILE",
    help="Of pictures, sounds or single notes.  [default: of pictures the bundled one of their data]",
)
@click.option(
    "--count",
    "--pictures",
    "count",
    type=click.IntRange(10),
    default=10_000,
    show_default=True,
    help="Pictures or sounds drawn, a seed; no more than there are to compare with.",
)
@click.option(
    "--inception",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.pth",
    help="Also measure pictures by torch-fidelity with these weights of Inception.",
)
@click.option(
    "--melodies",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Also how well a synth's notes are heard: it plays the melodies of these MIDI files.",
)
@click.option(
    "--transcriber",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.onnx",
    help="What hears them.  [default: the model in the package basic-pitch]",
)
@REPORT
@click.pass_context
def evaluate(
    context: click.Context,
    model: str | None,
    data: Path | None,
    split: str,
    corpus: str | None,
    seeds: int,
    songs: int | None,
    temperature: float,
    training: Path | None,
    causal: bool,
    classify: bool,
    judge: str | None,
    count: int,
    inception: Path | None,
    melodies: Path | None,
    transcriber: Path | None,
    report: Path | None,
) -> int:
    """Measure a model; which kind it is its file says.

    A band, or a peer of it, is measured on songs whose real arrangement is known.

    The band plays the roles that the corpus has, from the melody alone, and is judged in the bars
    from the melody's first note to its last, as the real arrangement is. Beside it stand the real
    arrangement, another song's, a clash (a tritone off), block chords and a causal chord template.

    How far it repeats itself, what two of its bands for one melody have in common, and the longest
    runs of notes that it shares with a song it may have learned from are told as well; the last
    where there are prepared corpora.

    With --causal it is the band of live playing: half a bar at a time, asked for a step before it
    begins, from the bar after the melody's first. The causal chord template is the row to beat, and
    how soon the half bars were ready is told below the tables.

    A model of pictures is measured by a judge, a small classifier, against the test pictures of
    what it was trained on. Beside it stand real pictures, a generator that needs no learning, and
    real pictures without two classes. A model of sounds is measured likewise. A touch is measured on
    performances that it has not learned from, beside people's own and one by rule.
    """
    from musegan.errors import UsageError
    from musegan.pretrained import find_model, read_config

    check_report(report)
    path = find_model(model or ("live" if causal and _is_bundled("live") else "band"))
    task = _task_of(read_config(path))
    _refuse_foreign_options(context, task)
    if causal and task == "peer":
        raise UsageError(
            f"{path}: writes whole phrases, so it cannot play along; leave --causal out"
        )
    if task == "images":
        from .evaluate_pictures import evaluate_pictures

        told = evaluate_pictures(path, data, seeds, count, classify, judge, inception)
    elif task == "judge":
        from .evaluate_pictures import evaluate_judge

        told = evaluate_judge(path, data)
    elif task == "sounds":
        from .evaluate_sounds import evaluate_sounds

        told = evaluate_sounds(path, data, seeds, count, judge)
    elif task == "sound-judge":
        from .evaluate_sounds import evaluate_sound_judge

        told = evaluate_sound_judge(path, data)
    elif task == "synth":
        from .evaluate_sounds import evaluate_synth

        told = evaluate_synth(path, data, seeds, count, judge, melodies, transcriber)
    elif task == "chorales":
        from .evaluate_chorales import evaluate_chorales

        told = evaluate_chorales(path, data, seeds)
    elif task == "touch":
        from .evaluate_touch import evaluate_touch

        told = evaluate_touch(path, data, seeds)
    elif data is None:
        raise UsageError("give the songs to measure a band on: --data FOLDER")
    else:
        songs_of = _songs(data, split, corpus, songs)
        judged = {corpus or data.resolve().name: {song.name for song in songs_of}}
        learned = _training_songs(training, judged)
        told = _evaluate_band(path, songs_of, seeds, temperature, causal, classify, learned)
    if report is not None:
        from musegan.files import write_whole

        write_whole(report, (json.dumps(told, indent=2) + "\n").encode())
        click.echo(f"written: {report}")
    return 0


def _task_of(config: dict[str, Any]) -> str:
    """What a model is evaluated as."""
    from musegan.config.peers import CHORALES

    task = str(config.get("task"))
    if task == "peer" and CHORALES in config["data"]["corpora"]:
        return "chorales"
    return task


def _refuse_foreign_options(context: click.Context, task: str) -> None:
    """An option that the kind of model has no use for is refused rather than ignored."""
    from click.core import ParameterSource

    from musegan.errors import UsageError

    kind = {
        "images": "pictures",
        "judge": "pictures",
        "sounds": "sounds",
        "sound-judge": "sounds",
        "synth": "synths",
        "chorales": "chorales",
        "touch": "touch",
    }
    of = kind.get(task, "music")
    foreign = {
        "pictures": BAND_ONLY + SYNTHS_ONLY,
        "sounds": BAND_ONLY + PICTURES_ONLY + SYNTHS_ONLY,
        "music": JUDGED_ONLY + SYNTHS_ONLY,
        "synths": BAND_ONLY + PICTURES_ONLY,
        "chorales": BAND_ONLY + JUDGED_ONLY + SYNTHS_ONLY,
        "touch": BAND_ONLY + JUDGED_ONLY + SYNTHS_ONLY,
    }[of]
    for name in foreign:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise UsageError(f"--{name} means nothing to a model of {of}; leave it out")


def _songs(
    data: Path, split: str, corpus: str | None, songs: int | None
) -> "Sequence[Arrangement]":
    from musegan.data.corpora import CORPORA, load
    from musegan.errors import UsageError
    from musegan.music.arrangement import melody_span

    name = corpus or data.resolve().name
    if name not in CORPORA:
        raise UsageError(
            f"{name!r} is no corpus that is known; give --corpus one of {', '.join(CORPORA)}"
        )
    found = load(name, data, split)  # type: ignore[arg-type]
    arrangements = [melody_span(song) for song in islice(found, songs)]
    if not arrangements:
        raise UsageError(f"{data}: no song of its {split} split can be used; try --split all")
    return arrangements


def _training_songs(
    folder: Path | None, judged: "Mapping[str, Collection[str]]"
) -> "TrainingSongs | None":
    """The notes of all prepared corpora, by role; songs that are judged themselves are left out.

    None where nobody asked and nothing is prepared. `judged` is corpus -> names of songs.
    """
    from musegan.data.corpora import CORPORA
    from musegan.data.known import PREPARED
    from musegan.data.pianorolls import open_rolls, song_onsets
    from musegan.errors import UsageError
    from musegan.music.band import ROLES

    where = folder or PREPARED
    files = {name: where / f"{name}.npz" for name in CORPORA if (where / f"{name}.npz").is_file()}
    if not files:
        if folder is None:
            return None
        raise UsageError(f"{folder}: holds no prepared corpus; make one with `musegan prepare`")
    found: dict[Role, list[Any]] = {role: [] for role in ROLES}
    for name, path in files.items():
        rolls, skipped = open_rolls(path), judged.get(name, ())
        for role in ROLES:
            songs = song_onsets(rolls, role).items()
            found[role] += [notes for song, notes in songs if song not in skipped]
    return found


def _evaluate_band(
    path: Path,
    arrangements: "Sequence[Arrangement]",
    seeds: int,
    temperature: float,
    causal: bool,
    classify: bool,
    training: "TrainingSongs | None",
) -> dict[str, Any]:
    """Print the band's tables; returns what a report has."""
    import torch

    from musegan.evaluate.report import readiness
    from musegan.evaluate.table import corpus_roles, evaluate_band, print_report

    torch.set_num_threads(1)
    seconds: list[float] = []
    roles = corpus_roles(arrangements)
    generate = (
        _playing_along(path, roles, temperature, seconds)
        if causal
        else _arranging(path, roles, temperature)
    )
    table = evaluate_band(
        arrangements,
        generate,
        seeds=tuple(range(seeds)),
        classify=classify,
        training=training,
        announce=lambda line: click.echo(line, err=True),
    )
    table = replace(table, readiness=readiness(seconds, ASKED_MS))
    print_report(table)
    return table.as_json()


def _is_bundled(name: str) -> bool:
    from musegan.pretrained import FOLDER

    return (FOLDER / f"{name}.safetensors").is_file()


def _arranging(model: Path, roles: "Sequence[Role]", temperature: float) -> "Generate":
    """The band that knows the whole melody."""
    from musegan.arranging import Wishes
    from musegan.phrasing import open_arranger

    arranger = open_arranger(model)

    def generate(song: "Arrangement", seed: int) -> "dict[Role, Notes]":
        wishes = Wishes(roles, _style(song, arranger.styles), _own_seed(song, seed), temperature)
        return arranger.arrange(song.melody, song.grid, wishes)

    return generate


def _playing_along(
    model: Path, roles: "Sequence[Role]", temperature: float, seconds: list[float]
) -> "Generate":
    """The band that knows the past alone; how long each answer takes is added to `seconds`."""
    from musegan.accompanying import Improviser
    from musegan.music.cue import Answer, Cue
    from musegan.rehearsing import accompany

    improviser = Improviser(model)

    class Timed:
        def answer(self, cue: Cue) -> Answer:
            began = time.perf_counter()
            answer = improviser.answer(cue)
            seconds.append(time.perf_counter() - began)
            return answer

    def generate(song: "Arrangement", seed: int) -> "dict[Role, Notes]":
        return accompany(
            song.melody,
            song.grid,
            Timed(),
            roles=roles,
            style=_style(song, improviser.styles),
            seed=_own_seed(song, seed),
            temperature=temperature,
            unheard=UNHEARD_STEPS,
        )

    return generate


def _style(song: "Arrangement", known: "Sequence[str]") -> str | None:
    return song.style if song.style in known else None


def _own_seed(song: "Arrangement", seed: int) -> int:
    """No two songs of one table share theirs."""
    return zlib.crc32(song.name.encode()) + seed
