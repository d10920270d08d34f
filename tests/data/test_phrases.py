"""Phrases: what is written, how it sounds, and that a batch depends on its number alone."""

import numpy as np
import pytest
import torch
from notebanks import KEYS, RATE, RELEASES, SAMPLES, small_bank, wave

from musegan.config import SynthData
from musegan.data.batches import Batches
from musegan.data.phrases import LOUDNESS, Notes, PhraseSource, written

DATA = SynthData(samples=SAMPLES, notes=6)


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    return small_bank(tmp_path_factory.mktemp("bank"))


def source(bank, split="train", batch=8):
    return PhraseSource(bank, DATA, batch, torch.device("cpu"), split)


def notes(*rows, timbre=0):
    """One row of (pitch, velocity, onset, length)."""
    table = np.array(rows, np.int64).T[:, None]
    return Notes(*table, np.array([timbre]))


def played(bank, score):
    return source(bank).played(score, SAMPLES).sounds[0]


def test_a_note_of_the_bank_sounds_as_it_is_there(bank):
    sound = played(bank, notes((40, 60, 100, SAMPLES)))
    wanted = LOUDNESS * torch.from_numpy(wave(40, 0.8 * (60 / 127) ** 2, SAMPLES - 100)).float()
    assert torch.equal(sound[:100], torch.zeros(100))
    torch.testing.assert_close(sound[100:], wanted, atol=2e-5, rtol=0)


def test_another_pitch_and_velocity_are_the_nearest_moved(bank):
    sound = played(bank, notes((41, 100, 0, SAMPLES)))
    wanted = LOUDNESS * torch.from_numpy(wave(41, 0.8 * (100 / 127) ** 2, SAMPLES)).float()
    torch.testing.assert_close(sound, wanted, atol=1e-4, rtol=0)


def test_a_note_that_is_let_go_falls_by_its_timbres_release(bank):
    long, short = (played(bank, notes((60, 60, 0, n), timbre=1)) for n in (SAMPLES, 500))
    assert torch.equal(long[:500], short[:500])
    fall = torch.exp(-torch.arange(SAMPLES - 500) / (RELEASES["high"] * RATE))
    torch.testing.assert_close(short[500:], long[500:] * fall, atol=1e-6, rtol=0)


def test_a_note_that_began_before_is_in_its_middle(bank):
    whole = played(bank, notes((52, 110, 0, SAMPLES)))
    late = played(bank, notes((52, 110, -700, SAMPLES)))
    torch.testing.assert_close(late[: SAMPLES - 700], whole[700:])


def test_a_phrase_is_the_sum_of_its_notes(bank):
    rows = (40, 60, 100, 900), (47, 110, -50, 400), (55, 80, 1_000, 300)
    alone = sum(played(bank, notes(row)) for row in rows)
    torch.testing.assert_close(played(bank, notes(*rows)), alone)


def test_where_no_note_is_there_is_silence(bank):
    assert torch.equal(played(bank, notes((40, 0, 0, 0))), torch.zeros(SAMPLES))


def test_a_batch_depends_on_the_seed_and_its_number_alone(bank):
    batches = Batches(source(bank).draw, 3)
    first = [next(batches) for _ in range(3)]
    again = Batches(source(bank).draw, 3, index=2)
    assert torch.equal(next(again).sounds, first[2].sounds)
    assert not torch.equal(first[1].sounds, first[2].sounds)
    other = Batches(source(bank).draw, 4)
    assert not torch.equal(next(other).sounds, first[0].sounds)


def test_test_phrases_are_others(bank):
    one, other = (source(bank, split).draw(np.random.default_rng(0)) for split in ("train", "test"))
    assert not torch.equal(one.sounds, other.sounds)
    again = source(bank, "test").draw(np.random.default_rng(0))
    assert torch.equal(other.sounds, again.sounds)


def test_what_is_written_can_be_played_and_heard(bank):
    score = written(np.random.default_rng(0), bank, 400, 8, SAMPLES)
    there = score.velocities > 0
    for timbre, keys in enumerate(KEYS.values()):
        mine = (score.timbres == timbre)[:, None] & there
        assert mine.any()
        assert score.pitches[mine].min() >= keys[0]
        assert score.pitches[mine].max() <= keys[-1]
    assert score.velocities[there].min() >= 20
    assert score.velocities.max() <= 127
    assert score.onsets[there].max() < SAMPLES
    assert (SAMPLES - score.onsets[there]).max() < RATE  # the bank has a second of each
    assert (score.onsets[there] < 0).mean() > 0.1
    assert there.sum(1).max() == 8


def test_a_key_is_let_go_before_it_is_struck_again(bank):
    score = written(np.random.default_rng(1), bank, 400, 8, SAMPLES)
    for row in range(400):
        there = score.velocities[row] > 0
        starts, ends = score.onsets[row][there], (score.onsets + score.lengths)[row][there]
        keys = score.pitches[row][there]
        for key in np.unique(keys):
            order = np.argsort(starts[keys == key])
            mine, until = starts[keys == key][order], ends[keys == key][order]
            assert (mine[1:] >= until[:-1]).all()


def test_there_are_melodies_and_chords(bank):
    score = written(np.random.default_rng(0), bank, 400, 8, 2 * SAMPLES)
    there = score.velocities > 0
    together = (np.abs(score.onsets[:, :, None] - score.onsets[:, None]) < 0.04 * RATE) & (
        there[:, :, None] & there[:, None]
    )
    most = together.sum(2).max(1)
    assert 0.2 < (most >= 2).mean() < 0.6
    assert most.max() >= 6
