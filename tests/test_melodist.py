"""What is missing of a melody is written, and nothing else is changed."""

import numpy as np
import pytest
import torch
from bands import small_melodist, small_model

from musegan.errors import CheckpointError
from musegan.melodist import Melodist, TuneWishes, one_voice
from musegan.music.arrangement import no_notes
from musegan.music.grid import grid_of_metres
from musegan.music.pianoroll import ONSET, SUSTAIN

BARS = 12
GRID = grid_of_metres([(0, 4, 4)], 1920 * BARS - 1, 480)


@pytest.fixture(scope="module")
def melodist(tmp_path_factory):
    return Melodist(small_melodist(tmp_path_factory.mktemp("model")))


def tune(lowest=60, bars=BARS):
    scale = (0, 2, 4, 5, 7, 9, 11, 12)
    pitches = [lowest + scale[k * 5 % 8] for k in range(4 * bars)]
    return np.array([[4 * k, 4 * k + 4, p, 90] for k, p in enumerate(pitches)])


def cells(*which):
    missing = np.zeros(GRID.cells, bool)
    missing[list(which)] = True
    return missing


def test_what_is_known_stays_and_only_missing_cells_are_written(melodist):
    missing = cells(6, 7, 15)
    whole = melodist.write(tune(), GRID, missing, TuneWishes())
    known = tune()[~missing[tune()[:, 0] // 8]]
    kept = whole[~missing[whole[:, 0] // 8]]
    assert kept[:, [0, 2]].tolist() == known[:, [0, 2]].tolist()
    assert missing[whole[:, 0] // 8].any()


def test_what_begins_in_missing_cells_is_not_read(melodist):
    missing = cells(*range(8, 24))
    other = tune()
    other[32:, 2] += 3
    first, second = (melodist.write(x, GRID, missing, TuneWishes(seed=2)) for x in (tune(), other))
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize(("lowest", "heard_at"), [(36, 48), (24, 48), (84, 72)])
def test_a_melody_of_another_register_is_written_on_in_its_own(lowest, heard_at, melodist):
    missing = cells(*range(12, 24))
    moved, plain = (
        melodist.write(tune(of), GRID, missing, TuneWishes(seed=1)) for of in (lowest, heard_at)
    )
    assert (moved[:, 2] == np.clip(plain[:, 2] + lowest - heard_at, 0, 127)).all()


def test_a_line_is_sung_by_one_voice(melodist):
    line = melodist.write(no_notes(), GRID, np.ones(GRID.cells, bool), TuneWishes(seed=4))
    assert (line[1:, 0] >= line[:-1, 1]).all()
    assert line[:, 1].max() <= GRID.steps


def test_cells_that_repeat_others_are_equal_to_them(melodist):
    copies = np.full(GRID.cells, -1)
    copies[8:12] = np.arange(4)
    wishes = TuneWishes(seed=5, copies=copies)
    line = melodist.write(no_notes(), GRID, np.ones(GRID.cells, bool), wishes)
    first = line[line[:, 0] < 32][:, [0, 2]]
    again = line[(line[:, 0] >= 64) & (line[:, 0] < 96)][:, [0, 2]] - [64, 0]
    assert again.tolist() == first.tolist()


def test_another_seed_writes_another_line_and_temperature_nought_one_for_all(melodist):
    missing = np.ones(GRID.cells, bool)

    def line(**wishes):
        return melodist.write(no_notes(), GRID, missing, TuneWishes(**wishes)).tolist()

    assert line(seed=1) == line(seed=1)
    assert line(seed=1) != line(seed=2)
    assert line(seed=1, temperature=0) == line(seed=2, temperature=0)


def test_a_band_is_no_melodist(tmp_path):
    with pytest.raises(CheckpointError, match="not a model that writes melodies"):
        Melodist(small_model(tmp_path))


def test_a_decoder_that_is_unsure_of_the_pitch_alone_is_not_silent():
    logits = torch.full((1, 2, 8, 84), -20.0)
    logits[0, ONSET, 0, [36, 38, 40]] = torch.tensor([-1.2, -1.0, -1.3])  # .72 together
    logits[0, SUSTAIN, 1, [36, 38]] = torch.tensor([-0.2, -0.3])  # .88 together
    logits[0, ONSET, 4, 40] = -2.0  # .12, too little
    voice = one_voice(logits)
    assert voice[0, ONSET].nonzero().tolist() == [[0, 38]]
    assert voice[0, SUSTAIN].nonzero().tolist() == [[1, 38]]  # at the pitch that sounds
