"""Performances that touch is learned from: read, stored and drawn."""

import numpy as np
import pytest
import torch
from touches import LATE, drummed, played, write_groove, write_touches

from musegan.data.touches import TouchSource, gather_touches, groove, read_touches
from musegan.errors import CorpusError
from musegan.music.band import ROLES, Role
from musegan.music.touch import DRUMS, VOICES
from musegan.music.touch import LATE as LATE_UNIT


def beat(shift=0, hats=12):
    """Four bars of a kick on every beat and a hat on every eighth, the hats by `hats` ticks late."""
    notes = [(480 * k + shift, 36, 100) for k in range(1, 17)]
    return notes + [(240 * k + shift + hats, 42, 60) for k in range(2, 34)]


def test_a_drummer_has_velocities_and_delays_in_steps_beside_his_own_median(tmp_path):
    folder = write_groove(tmp_path / "groove", [("train", "4-4", beat(shift=6)), ("test", "4-4", beat())])  # fmt: skip
    (one,) = groove(folder, "train")
    assert one.role is Role.DRUMS
    kicks, hats = (one.notes[:, 2] == key for key in (36, 42))
    assert (kicks.sum(), hats.sum()) == (16, 32)
    assert set(one.notes[kicks, 3]) == {100}
    # What all are late by is nobody's touch: the median of delays is 0.
    np.testing.assert_allclose(one.delays[hats] - one.delays[kicks][0], 0.1, atol=1e-9)
    assert np.median(one.delays) == 0
    assert one.notes[kicks, 0].tolist() == list(range(4, 68, 4))


def test_a_drummer_who_swings_is_not_late(tmp_path):
    notes = [(480 * k + late, 42, 80) for k in range(1, 33) for late in (0, 320)]
    folder = write_groove(tmp_path / "groove", [("train", "4-4", notes)])
    (one,) = groove(folder, "train")
    assert one.grid.feel == "swing"
    assert np.abs(one.delays).max() < 0.01


def test_performances_of_a_few_notes_and_damaged_files_are_left_out(tmp_path, caplog):
    folder = write_groove(
        tmp_path / "groove", [("train", "4-4", beat()[:8]), ("train", "6-8", beat()), ("train", "4-4", beat())]
    )  # fmt: skip
    (folder / "1.mid").write_bytes(b"MThd and no more")
    with caplog.at_level("WARNING"):
        assert [one.name for one in groove(folder, "train")] == ["2"]
    assert len(caplog.records) == 1
    assert "skipped: 1.mid" in caplog.text


def test_a_folder_without_the_set_says_where_it_is_to_be_had(tmp_path):
    with pytest.raises(CorpusError, match="magenta"):
        list(groove(tmp_path, "train"))
    (tmp_path / "info.csv").write_text("drummer,style\na,rock\n")
    with pytest.raises(CorpusError, match="no performance of the split train"):
        list(groove(tmp_path, "train"))
    with pytest.raises(CorpusError, match="musegan prepare"):
        read_touches("touch", str(tmp_path))
    (tmp_path / "train.npz").write_bytes(b"no archive")
    with pytest.raises(CorpusError, match="damaged"):
        read_touches("touch", str(tmp_path))


def test_what_is_drawn_is_what_was_played(tmp_path):
    stored = read_touches("touch", str(write_touches(tmp_path)))
    assert np.bincount(stored.roles).tolist() == [4, 0, 4]
    source = TouchSource(stored, 32, 64, torch.device("cpu"))
    batch = source.draw(np.random.default_rng(0))
    assert batch.told.shape[0] == batch.touch.shape[0] == 64
    struck = batch.told[:, :VOICES] > 0
    assert not batch.touch[~struck.repeat(1, 2, 1)].any()
    drums = batch.told[:, DRUMS].amax(1) > 0
    assert 16 < drums.sum() < 48  # each role as often as every other
    loud, late = batch.touch.unflatten(1, (2, VOICES)).unbind(1)
    hats, kicks = (struck[drums, voice] for voice in (2, 0))
    assert loud[drums, 0][kicks].mean() > 1 > -0.5 > loud[drums, 2][hats].mean()
    assert late[drums, 2][hats].mean() * LATE_UNIT == pytest.approx(LATE, abs=0.03)
    assert not late[~drums].any()
    assert loud[~drums, 1][struck[~drums, 1]].mean() > 0.9  # the highest note of chords


def test_windows_begin_with_a_cell_and_end_in_nothing():
    stored = gather_touches([played(bars=3)])
    source = TouchSource(stored, 64, 32, torch.device("cpu"))
    batch = source.draw(np.random.default_rng(1))
    begins = batch.told[:, :VOICES].amax(1)[:, 0]
    assert (begins > 0).all()  # a chord on every beat
    assert not batch.told[:, :, 48:].any()


def test_batches_depend_on_their_seed_alone():
    source = TouchSource(gather_touches([drummed(), played()]), 32, 4, torch.device("cpu"))
    first, again, other = (source.draw(np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert torch.equal(first.told, again.told)
    assert torch.equal(first.touch, again.touch)
    assert not torch.equal(first.told, other.told)
    assert ROLES[0] is Role.DRUMS
