"""What a transcriber hears of melodies that a synth plays, beside the bank's notes and plain tones."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from musegan.config import SynthExperiment
from musegan.data.phrases import Notes, PhraseSource, open_phrases
from musegan.errors import CorpusError, FormatError
from musegan.evaluate.transcription import Agreement, HeardNotes, Transcriber, agreement
from musegan.experiments.synths import SynthModelFile, play, play_tones
from musegan.music.arrangement import END, PITCH, START, VELOCITY
from musegan.music.band import notes_of_track
from musegan.music.melody import melody_track, top_line
from musegan.music.midi import read_midi, seconds_of_ticks

SECONDS = 8.0  # of a melody that are played
BEFORE = 0.25  # seconds of silence before the first note, and at least as much after the last onset
SHORTEST, LONGEST = 0.05, 2.0  # seconds of a note
SOFTEST, LOUDEST = 40, 120  # velocities
LEAST = 5  # notes of a melody, else it is left out
BANK, TONES = "bank", "tones"


class Melody(NamedTuple):
    """One voice; (note,) each."""

    onsets: npt.NDArray[np.float64]  # seconds, rising
    lengths: npt.NDArray[np.float64]  # seconds
    keys: npt.NDArray[np.int64]
    velocities: npt.NDArray[np.int64]


def melodies_in(folder: Path, count: int) -> list[Melody]:
    """The first 8 seconds of the melodies of the first so many MIDI files in a folder, by name.

    Raises CorpusError if none of them has a melody.
    """
    found = list(islice(_melodies(folder), count))
    if not found:
        raise CorpusError(f"{folder}: holds no MIDI file with a melody of {LEAST} notes or more")
    return found


def transcribed(
    model: SynthModelFile,
    melodies: Sequence[Melody],
    transcriber: Transcriber,
    folder: str = "",
) -> dict[str, Agreement]:
    """How well melodies are heard of a synth, of the bank that it learned from, and of plain tones.

    The timbres come in turn; a melody that does not lie in its timbre's range is moved by octaves.
    Means over melodies, by what plays them.

    Args:
        folder: of the bank; empty: where the model's settings have it.
    """
    experiment: SynthExperiment = model.experiment
    data = replace(experiment.data, timbres=model.timbres, folder=folder or experiment.data.folder)
    source = open_phrases(data, 1, torch.device("cpu"))
    samples = round(SECONDS * model.sizes.rate) // model.sizes.hop * model.sizes.hop
    heard: dict[str, list[Agreement]] = {experiment.name: [], BANK: [], TONES: []}
    for number, melody in enumerate(melodies):
        notes = _notes_of(melody, source, number % len(model.timbres), model.sizes.rate)
        phrase = source.played(notes, samples)
        played = HeardNotes(melody.onsets, notes.pitches[0])
        sounds = {
            experiment.name: play(model, phrase.score, samples, seed=number),
            BANK: phrase.sounds,
            TONES: play_tones(model.sizes, phrase.score, samples),
        }
        for name, sound in sounds.items():
            found = transcriber(sound[0].numpy(), model.sizes.rate)
            heard[name].append(agreement(played, found))
    return {
        name: Agreement(*(float(mean) for mean in np.mean(each, axis=0)))
        for name, each in heard.items()
    }


def _melodies(folder: Path) -> Iterator[Melody]:
    for path in sorted(folder.rglob("*.mid")):
        try:
            score = read_midi(path)
            line = top_line(notes_of_track(score.tracks[melody_track(score)]))
        except FormatError:
            continue
        begins = seconds_of_ticks(score, line[:, START])
        begins = begins - begins[0] + BEFORE if len(line) else begins
        lengths = seconds_of_ticks(score, line[:, END]) - seconds_of_ticks(score, line[:, START])
        within = begins < SECONDS - BEFORE
        if within.sum() >= LEAST:
            yield Melody(
                begins[within],
                lengths[within].clip(SHORTEST, LONGEST),
                line[within, PITCH],
                line[within, VELOCITY].clip(SOFTEST, LOUDEST),
            )


def _notes_of(melody: Melody, source: PhraseSource, timbre: int, rate: int) -> Notes:
    """A melody as a score of one row, of a timbre and in its range."""
    keys = source.bank.keys[timbre]
    middle, centre = (keys[0] + keys[-1]) / 2, float(np.median(melody.keys))
    pitches = melody.keys + 12 * round((middle - centre) / 12)
    pitches = np.where(pitches < keys[0], pitches + 12, pitches)
    pitches = np.where(pitches > keys[-1], pitches - 12, pitches).clip(keys[0], keys[-1])
    return Notes(
        pitches[None],
        melody.velocities[None],
        np.rint(melody.onsets * rate).astype(np.int64)[None],
        np.rint(melody.lengths * rate).astype(np.int64)[None],
        np.array([timbre]),
    )
