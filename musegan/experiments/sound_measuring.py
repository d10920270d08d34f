"""A released model of sounds, measured: drawn from, and judged."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from musegan.config import SoundData
from musegan.data.known import place_of
from musegan.data.notebank import open_notes
from musegan.data.phrases import Score
from musegan.data.sounds import (
    SoundSet,
    gathered,
    open_drawn,
    open_single_notes,
    pieces_of,
    split_of_notes,
)
from musegan.errors import UsageError
from musegan.evaluate.reference import chosen
from musegan.evaluate.sounds import SoundReport, SoundSplit, sound_table
from musegan.experiments.latents import latents_of
from musegan.experiments.listening import SoundJudge
from musegan.experiments.measuring import JudgeFound, judge_found
from musegan.experiments.sounds import SoundModelFile, draw_sounds
from musegan.experiments.synths import SynthModelFile, play

TRAINED, TESTED = 4_000, 1_000  # sounds of each split where they are varied


def measure_sounds(
    model: SoundModelFile,
    judge: SoundJudge,
    *,
    folder: str = "",
    seeds: Sequence[int] = (0,),
    count: int = 10_000,
    announce: Callable[[str], None] | None = None,
) -> SoundReport:
    """A model's sounds, and those that stand beside them, against the test split of its data.

    A model that knows classes is asked for the test sounds' own.

    Args:
        folder: where the data lie; empty: where the model's settings say.

    Raises:
        UsageError: the judge knows other sounds.
        CorpusError: the data are not there.
    """
    data = _unlimited(model.experiment.data, folder)
    taught = judge.experiment.data
    if (taught.rate, taught.samples) != (data.rate, data.samples):
        raise UsageError(
            f"the judge hears {taught.samples:,} samples at {taught.rate:,} a second, the model "
            f"makes {data.samples:,} at {data.rate:,}; train one with musegan train sound-judge "
            f"data.rate={data.rate} data.samples={data.samples} data.source={data.source}"
        )
    if taught.source != data.source and judge.names != model.classes:
        raise UsageError(
            f"the judge tells {', '.join(judge.names[:3])} and the like apart, the model makes "
            f"{data.source}; give --judge one that was trained on these"
        )
    train, test = open_drawn(data, "train", TRAINED), open_drawn(data, "test", TESTED)
    asked = None
    if model.sizes.classes:
        asked = test.labels[chosen(min(count, len(test.labels)), len(test.labels))]

    def generate(number: int, seed: int) -> npt.NDArray[np.int16]:
        latents = latents_of(seed, range(1, number + 1), model.sizes.latent)
        labels = None if asked is None else torch.from_numpy(asked[:number])
        made = draw_sounds(model, latents, labels).clamp(-1, 1).numpy()
        sounds: npt.NDArray[np.int16] = np.rint(made * 32767).astype(np.int16)
        return sounds

    return sound_table(
        judge.listen,
        generate,
        _split(train),
        _split(test),
        judge=judge.experiment.name,
        accuracy=judge.accuracy,
        seeds=seeds,
        count=count,
        announce=announce,
        asked=asked,
    )


def measure_notes(
    model: SynthModelFile,
    judge: SoundJudge,
    *,
    folder: str = "",
    seeds: Sequence[int] = (0,),
    announce: Callable[[str], None] | None = None,
) -> SoundReport:
    """The single notes of a bank that are for testing, as a synth plays them, beside themselves.

    Args:
        judge: of the timbres of such notes.
        folder: of the bank; empty: where the judge's settings say.

    Raises:
        UsageError: the judge knows other sounds.
        CorpusError: the bank is not there.
    """
    data = _unlimited(judge.experiment.data, folder)
    if not suits(model, judge):
        raise UsageError(
            f"the judge of a synth hears single notes of its timbres; train one with musegan train "
            f"sound-judge data.source=notes data.rate={model.sizes.rate} data.samples=24576"
        )
    place = place_of("notes", data.folder)
    train, test = open_single_notes(place, data, "train"), open_single_notes(place, data, "test")
    bank = open_notes(place)
    mine = np.flatnonzero(split_of_notes(len(bank.sounds)) == "test")

    def generate(number: int, seed: int) -> npt.NDArray[np.int16]:
        timbres, keys, velocities = (
            torch.from_numpy(column[mine[:number], None]) for column in bank.strikes
        )
        held = torch.full_like(keys, bank.sounds.shape[1])
        score = Score(keys, velocities, torch.zeros_like(keys), held, timbres[:, 0])
        samples = -(-data.samples // model.sizes.hop) * model.sizes.hop
        made = play(model, score, samples, seed=seed).clamp(-1, 1).numpy()
        pieces = [pieces_of(sound[None], bank.rate, data, whole=True) for sound in made]
        return gathered(pieces, [0] * len(pieces), ()).sounds

    return sound_table(
        judge.listen,
        generate,
        _split(train),
        _split(test),
        judge=judge.experiment.name,
        accuracy=judge.accuracy,
        seeds=seeds,
        count=len(mine),
        announce=announce,
        asked=bank.strikes.timbres[mine],
    )


def suits(model: SynthModelFile, judge: SoundJudge) -> bool:
    """Whether a judge hears single notes of a synth's timbres."""
    data = judge.experiment.data
    known = data.source == "notes" and data.rate == model.sizes.rate
    return known and judge.names == model.timbres


def measure_sound_judge(judge: SoundJudge, folder: str = "") -> JudgeFound:
    """A judge on the test split of what it was trained on.

    Raises CorpusError if that is not there.
    """
    test = open_drawn(_unlimited(judge.experiment.data, folder), "test", TESTED)
    return judge_found(judge.classes(test.sounds), test.labels, judge.names)


def _split(sounds: SoundSet) -> SoundSplit:
    return SoundSplit(sounds.sounds, sounds.labels)


def _unlimited(data: SoundData, folder: str) -> SoundData:
    return replace(data, folder=folder or data.folder, limit=0)
