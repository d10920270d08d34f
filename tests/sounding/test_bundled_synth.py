"""The bundled synth: it plays what is written, in tune, and leaves silence where nothing is."""

import numpy as np
import pytest
import torch

from musegan.data.phrases import Score
from musegan.errors import MissingExtra
from musegan.evaluate.transcription import HeardNotes, agreement, open_transcriber
from musegan.experiments.synths import play
from musegan.sounding.opening import open_synth

KEYS, EVERY = (60, 64, 67, 72, 71, 65), 0.5  # seconds from note to note


@pytest.fixture(scope="module")
def model():
    return open_synth()


def played(model, timbre):
    """A melody, its first note after a quarter of a second: (sample,)."""
    rate = model.sizes.rate
    pitches = torch.tensor(KEYS)[None]
    onsets = ((0.25 + EVERY * torch.arange(len(KEYS))) * rate).long()[None]
    lengths = torch.full_like(pitches, round(0.8 * EVERY * rate))
    velocities = torch.full_like(pitches, 90)
    number = torch.tensor([model.timbres.index(timbre)])
    samples = 4 * rate // model.sizes.hop * model.sizes.hop
    return play(model, Score(pitches, velocities, onsets, lengths, number), samples)[0].numpy()


@pytest.mark.parametrize("timbre", ["piano", "flute", "trumpet"])
def test_every_note_of_a_melody_is_heard_at_its_pitch(model, timbre):
    pytest.importorskip("onnxruntime", reason="pip install 'musegan[transcription]'")
    try:
        transcriber = open_transcriber()
    except MissingExtra as error:
        pytest.skip(str(error))
    found = agreement(
        HeardNotes(0.25 + EVERY * np.arange(len(KEYS)), np.array(KEYS)),
        transcriber(played(model, timbre), model.sizes.rate),
    )
    assert found.recall == 1
    assert found.pitch == 1


def test_it_is_silent_before_a_note_and_after_a_trumpets(model):
    sound, rate = played(model, "trumpet"), model.sizes.rate
    assert np.abs(sound[: round(0.15 * rate)]).max() < 1e-6
    loudest, after = np.abs(sound).max(), np.abs(sound[round(3.7 * rate) :]).max()
    assert 0.01 < loudest < 1
    assert after < 0.01 * loudest


def test_a_piano_dies_away_where_an_organ_does_not(model):
    rate, times = model.sizes.rate, (0.3, 1.3)

    def fall(timbre):
        one = torch.ones(1, 1, dtype=torch.int64)
        score = Score(
            60 * one, 90 * one, 0 * one, 2 * rate * one, torch.tensor([model.timbres.index(timbre)])
        )
        sound = play(model, score, 2 * rate // model.sizes.hop * model.sizes.hop)[0].numpy()
        levels = [np.square(sound[round(at * rate) :][: rate // 5]).mean() for at in times]
        return 10 * np.log10(levels[0] / levels[1])

    assert fall("piano") > fall("organ") + 3


@pytest.mark.parametrize("timbre", ["flute", "organ", "violin", "strings", "trumpet", "saxophone"])
def test_what_sustains_sounds_for_as_long_as_it_is_held(model, timbre):
    rate, one = model.sizes.rate, torch.ones(1, 1, dtype=torch.int64)
    samples = 10 * rate // model.sizes.hop * model.sizes.hop
    number = torch.tensor([model.timbres.index(timbre)])
    sound = play(model, Score(67 * one, 90 * one, 0 * one, samples * one, number), samples)[0]
    early, late = (sound[at * rate : (at + 1) * rate].square().mean() for at in (2, 8))
    assert 10 * abs(np.log10(float(late / early))) < 1.5
