"""musegan train: learn a model from prepared corpora; go on where an earlier run stopped."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegan import __version__
from musegan.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from musegan.config import BandExperiment, Experiment

SHOWN_WINDOW = 40  # of unseen drummers, that samples of touch are drawn of
WEIGHTS = "model.safetensors"


@click.command(
    help="""Train PRESET, with settings changed as path.to.setting=value.

    \b
    musegan train toy -o runs/toy
    musegan train band -o runs/band data.folder=prepared train.rounds=20000
    musegan train --resume runs/band
    """,
)
@click.argument("preset", required=False)
@click.argument("settings", nargs=-1)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Run folder; a run of the same settings that is there goes on.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="RUN",
    help="Go on with a run, by the settings in its folder.",
)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Of torch.")
@click.option(
    "--melody",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    help="MIDI file to arrange every 1,000 rounds and, with sound, at the end; may be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Print the settings and leave.")
def train(
    preset: str | None,
    settings: tuple[str, ...],
    output: Path | None,
    resume: Path | None,
    threads: int,
    melody: tuple[Path, ...],
    dry_run: bool,
) -> None:
    from musegan.settings import as_dict

    experiment, folder = requested(preset, settings, output, resume, dry_run)
    if dry_run:
        click.echo(json.dumps(as_dict(experiment), indent=2))
        return

    from dataclasses import replace

    import torch

    from musegan.config import BandExperiment, PeerExperiment
    from musegan.experiments.band import cells_first
    from musegan.train import ranks

    torch.set_num_threads(threads)
    with ranks.joined(experiment.train.device):
        if not isinstance(experiment, BandExperiment):
            writes = isinstance(experiment, PeerExperiment) and not experiment.data.chorales
            train_one(experiment, folder, melody if writes else ())
            return
        first = cells_first(experiment)
        if first is not None:
            say(f"first the autoencoders, in {folder / 'cells'}")
            if not train_one(first, folder / "cells", ()):
                return
            cells = str(folder / "cells" / WEIGHTS)
            experiment = replace(experiment, data=replace(experiment.data, cells=cells))
        train_one(experiment, folder, melody or toy_melody(experiment, folder))


def say(text: str) -> None:
    """Print a line, where several processes train once for all."""
    from musegan.train import ranks

    if ranks.is_first():
        click.echo(text)


def requested(
    preset: str | None,
    settings: Sequence[str],
    output: Path | None,
    resume: Path | None,
    dry_run: bool,
) -> tuple["Experiment", Path]:
    """The experiment that is asked for, and its folder."""
    from musegan.config import experiment_of_run
    from musegan.presets import PRESETS
    from musegan.settings import override

    if resume is not None:
        if preset or output:
            raise UsageError("--resume RUN knows its settings and folder; give it alone")
        path = resume / "config.json"
        if not path.is_file():
            raise UsageError(f"--resume {resume}: no run there (it has no config.json)")
        try:
            return experiment_of_run(json.loads(path.read_text())), resume
        except ValueError as error:
            raise CheckpointError(f"{path}: damaged, or of another version ({error})") from error
    if preset is None:
        raise UsageError(f"name a preset ({', '.join(PRESETS)}), or give --resume RUN")
    if preset not in PRESETS:
        raise UsageError(f"no preset {preset!r}; there are {', '.join(PRESETS)}")
    if output is None and not dry_run:
        raise UsageError("give a run folder with -o FOLDER")
    experiment = override(PRESETS[preset], *settings)
    if not 0 <= experiment.seed < 2**63:
        raise UsageError(f"seed={experiment.seed}: a seed is a number from 0 to {2**63 - 1}")
    return with_own_sounds(experiment), output or Path()


def with_own_sounds(experiment: "Experiment") -> "Experiment":
    """The experiment; where data.folder holds other sounds than its set's, on these, as data.source would."""
    from dataclasses import replace

    from musegan.config import SoundExperiment, SoundJudgeExperiment

    if not isinstance(experiment, SoundExperiment | SoundJudgeExperiment):
        return experiment
    if not experiment.data.folder:
        return experiment
    from musegan.data.sounds import own_sounds

    data = own_sounds(experiment.data)
    return replace(experiment, data=data)


def train_one(experiment: "Experiment", folder: Path, melodies: Sequence[Path]) -> bool:
    """Train one model in its folder; returns whether it was finished."""
    from dataclasses import fields

    from musegan.config import (
        Health,
        ImageExperiment,
        SoundExperiment,
        SynthExperiment,
        TouchExperiment,
    )
    from musegan.experiments import build
    from musegan.train import ranks
    from musegan.train.checkpoint import load_checkpoint
    from musegan.train.run import run

    built = build(experiment)
    weights = folder / WEIGHTS

    def sample(samples: Path, round: int) -> None:
        built.release(weights)
        if isinstance(experiment, ImageExperiment):
            picture_samples(weights, samples / f"{round:07d}.png")
        elif isinstance(experiment, SoundExperiment):
            sound_samples(weights, samples / f"{round:07d}.wav")
        elif isinstance(experiment, SynthExperiment):
            phrase_samples(weights, samples / f"{round:07d}.wav")
        elif isinstance(experiment, TouchExperiment):
            touch_samples(weights, samples / f"{round:07d}.png")
        elif experiment.task in ("band", "peer"):
            last = round == experiment.train.rounds
            arrange_samples(weights, melodies, samples, round, sound=last)
        elif experiment.task == "melody":
            melody_samples(weights, samples, round)
        picture_health(experiment, folder)

    ended = run(
        built.trainer,
        folder,
        rounds=experiment.train.rounds,
        config=built.config,
        sample=sample,
        save_every=1000,
        may_change=[f"health.{setting.name}" for setting in fields(Health)],
        watch=built.watch,
    )
    if ended.stopped:
        say(f"stopped at round {ended.round}: {ended.stopped}")
    if ended.best is not None:
        load_checkpoint(folder, built.trainer, path=ended.best)
        say(f"the last round is clearly worse than round {built.trainer.round}, which is released")
    # A run that was finished before draws no samples, and its weights may be gone since.
    if ranks.is_first() and (ended.best is not None or not weights.is_file()):
        built.release(weights)
    ranks.wait()  # the first rank's weights may be what all go on with
    if ended.finished:
        say(f"done: {weights}")
    else:
        say(f"saved at round {ended.round}; musegan train --resume {folder} goes on")
    return ended.finished


def picture_samples(weights: Path, path: Path) -> None:
    """Draw a sheet of images with weights just written; the latents are always the same.

    A translator's has what it is shown, what it makes of it, and what that should be; an encoder's
    pictures and the usual that is nearest to each.
    """
    from musegan.data.pictures import as_bytes
    from musegan.experiments.images import draw_images, load_images
    from musegan.experiments.translating import translation_rows
    from musegan.experiments.unusual import is_encoder, unusual_rows
    from musegan.images.sheet import save_sheet

    model = load_images(weights)
    if is_encoder(model):
        images, columns = unusual_rows(model)
        save_sheet(as_bytes(images).numpy(), path, columns=columns)
    elif not model.system.draws:
        images, columns = translation_rows(model)
        save_sheet(as_bytes(images).numpy(), path, columns=columns)
    elif model.sizes.side > 1:
        images, _ = draw_images(model, 100 if model.sizes.classes else 64)
        save_sheet(as_bytes(images).numpy(), path, columns=10 if model.sizes.classes else 8)


def sound_samples(weights: Path, path: Path) -> None:
    """Write sounds of weights just written, one after the other, and their spectrograms."""
    from musegan.experiments.latents import latents_of
    from musegan.experiments.naming import labels_in_turn
    from musegan.experiments.sounds import load_sounds
    from musegan.sounding.drawing import draw, in_a_row
    from musegan.sounding.writing import write_sound, write_spectrograms

    model = load_sounds(weights)
    numbers = range(1, 1 + (4 * model.sizes.classes or 32))
    latents = latents_of(0, numbers, model.sizes.latent)
    sounds = draw(model, latents, labels_in_turn(model, numbers))
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {"Software": f"musegan {__version__}", "Model": model.experiment.name}
    write_sound(path, in_a_row(sounds, model.sizes.rate), model.sizes.rate, facts)
    write_spectrograms(
        path.with_suffix(".png"),
        sounds,
        model.sizes.rate,
        model.sizes.samples,
        facts,
        columns=model.sizes.classes or 8,
    )


def phrase_samples(weights: Path, path: Path) -> None:
    """Write phrases as they should sound, each with what weights just written make of it after it,
    and their spectrograms: above as they should be, below as they are."""
    import numpy as np

    from musegan.experiments.synths import load_synth, play, unseen_phrases
    from musegan.sounding.drawing import finished, in_a_row
    from musegan.sounding.writing import write_sound, write_spectrograms

    model = load_synth(weights)
    phrases = unseen_phrases(model.experiment, 12)
    wanted, rate = phrases.sounds.numpy(), model.sizes.rate
    made = play(model, phrases.score, wanted.shape[1]).numpy()
    path.parent.mkdir(parents=True, exist_ok=True)
    pairs = [finished(sound, rate) for pair in zip(wanted, made, strict=True) for sound in pair]
    facts = {"Software": f"musegan {__version__}", "Model": model.experiment.name}
    write_sound(path, in_a_row(pairs, rate), rate, facts)
    sheet = path.with_suffix(".png")
    samples = wanted.shape[1]
    rows = [wanted[:6], made[:6], wanted[6:], made[6:]]
    write_spectrograms(sheet, list(np.concatenate(rows)), rate, samples, facts, columns=6)


def touch_samples(weights: Path, path: Path) -> None:
    """Draw how drummers that nobody learned from struck two bars, and how weights just written do."""
    from musegan.data.touches import read_touches
    from musegan.evaluate.touch import accented
    from musegan.experiments.touch_measuring import Windows, drawn, windows_of
    from musegan.experiments.touches import load_touch
    from musegan.images.touchplot import draw_touch
    from musegan.music.band import Role
    from musegan.music.touch import VOICES

    model = load_touch(weights)
    data = model.experiment.data
    role = Role.DRUMS
    windows = windows_of(read_touches(data.source, data.folder, "validation"), role, data.steps)
    if windows is None:
        return
    row, shown = SHOWN_WINDOW % len(windows.songs), slice(0, 32)
    only = slice(row, row + 1)
    one = Windows(windows.told[only], windows.touch[only], windows.songs[only])
    touches = {"people": one.touch}
    touches |= {f"ours, seed {seed}": drawn(model, one, seed) for seed in (0, 1)}
    touches["by rule"] = accented(one.told, drums=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    struck = one.told[0, :VOICES, shown] > 0
    draw_touch(struck, {name: t[0][:, shown] for name, t in touches.items()}, path, role=role)


def picture_health(experiment: "Experiment", folder: Path) -> None:
    """Draw what the metrics of a run say of its health."""
    from musegan.images.healthplot import draw_health
    from musegan.settings import as_dict
    from musegan.train.metrics import read_metrics

    limits = as_dict(experiment).get("health", {})
    lines = list(read_metrics(folder / "metrics.jsonl"))
    draw_health(lines, folder / "health.png", limits=limits, title=str(folder))


def arrange_samples(
    weights: Path, melodies: Sequence[Path], folder: Path, round: int, *, sound: bool
) -> None:
    """Arrange the melodies with weights just written: MIDI, picture and sound."""
    from musegan.audio.soundfont import render
    from musegan.audio.waveform import write_wav
    from musegan.composing import Composer
    from musegan.images.rollplot import draw_pianoroll

    if not melodies:
        return
    composer = Composer(weights)
    folder.mkdir(parents=True, exist_ok=True)
    for path in melodies:
        song = composer.compose(path)
        target = folder / f"{round:07d}-{path.stem}.mid"
        song.save(target)
        draw_pianoroll(song.score, target.with_suffix(".png"), title=path.stem)
        if sound:
            write_wav(
                target.with_suffix(".wav"),
                render(song.midi),
                48_000,
                title=path.stem,
                comment=f"the band at round {round}, musegan {__version__}",
            )


def melody_samples(weights: Path, folder: Path, round: int) -> None:
    """Write melodies from nothing with weights just written, of the same seeds always: MIDI and picture."""
    from musegan.composition import NewSong, Options
    from musegan.errors import UsageError
    from musegan.files import write_whole
    from musegan.images.rollplot import draw_pianoroll
    from musegan.melodist import Melodist
    from musegan.music.midi import read_midi
    from musegan.songwriting import new_song

    melodist = Melodist(weights)
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(3):
        target = folder / f"{round:07d}-{seed}.mid"
        try:
            midi = new_song(melodist, NewSong(), Options(seed=seed))
        except UsageError:
            continue  # it writes no note yet
        write_whole(target, midi)
        draw_pianoroll(read_midi(midi), target.with_suffix(".png"), title=f"seed {seed}")


def toy_melody(experiment: "BandExperiment", folder: Path) -> Sequence[Path]:
    """A melody that the toy corpus does not hold, written to the folder; none for other data."""
    from musegan.train import ranks

    if experiment.data.corpora != ("toy",) or not ranks.is_first():
        return ()
    import numpy as np

    from musegan.data.toy import toy_song
    from musegan.music.midi import AddedTrack, add_tracks, standard_bytes

    song = toy_song(seed=10_000)
    notes = song.melody.copy()
    notes[:, :2] = np.round(song.grid.step_ticks[notes[:, :2]])
    from symusic.core import ScoreTick

    path = folder / "melody.mid"
    folder.mkdir(parents=True, exist_ok=True)
    empty = standard_bytes(ScoreTick(480))
    path.write_bytes(add_tracks(empty, [AddedTrack("Melody", 73, 0, notes)]))
    return (path,)
