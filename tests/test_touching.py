"""A band's notes, struck by the bundled touch."""

import numpy as np
import pytest

from musegan.music.arrangement import no_notes
from musegan.music.band import DRUM_KEYS, ROLES, Role
from musegan.music.cue import cue_of_song
from musegan.music.grid import grid_of_metres
from musegan.music.playing import LOUDNESS
from musegan.music.touch import LATEST
from musegan.touching import open_touch

KICK, SNARE, HAT = (DRUM_KEYS[name] for name in ("kick", "snare", "closed hat"))


@pytest.fixture(scope="module")
def toucher():
    return open_touch()


def grid_in(numerator, denominator, bars=8):
    return grid_of_metres([(0, numerator, denominator)], 480 * 4 * numerator * bars // denominator, 480)  # fmt: skip


def band_of(grid):
    """Drums that beat, a bass of quarters, chords and long notes."""
    steps = grid.steps
    drums = [[s, s + 1, KICK if s % 8 == 0 else SNARE, 80] for s in range(0, steps, 4)]
    drums += [[s, s + 1, HAT, 80] for s in range(0, steps, 2)]
    chords = [[s, s + 4, p, 80] for s in range(0, steps, 4) for p in (60, 64, 67)]
    return {
        Role.DRUMS: np.array(sorted(drums)),
        Role.BASS: np.array([[s, s + 4, 36, 80] for s in range(0, steps, 4)]),
        Role.PIANO: np.array(chords),
        Role.GUITAR: np.array(chords[::2]),
        Role.STRINGS: np.array([[s, s + 8, 72, 80] for s in range(0, steps, 8)]),
    }


def test_notes_stay_and_are_struck_unalike_and_drums_alone_are_late(toucher):
    grid = grid_in(4, 4)
    band = band_of(grid)
    melody = np.array([[s, s + 4, 72, 90] for s in range(0, grid.steps, 4)])
    played, delays = toucher.play(band, melody, grid, seed=1)
    for role in ROLES:
        assert played[role][:, :3].tolist() == band[role][:, :3].tolist()
        assert 1 <= played[role][:, 3].min() <= played[role][:, 3].max() <= 127
        assert len(set(played[role][:, 3].tolist())) > 5
        assert np.abs(delays[role]).max() <= LATEST
        assert bool(delays[role].any()) == (role is Role.DRUMS)
        # As loud as its role is beside the melody, but for who plays how.
        assert played[role][:, 3].mean() == pytest.approx(90 * LOUDNESS[role], rel=0.3)


def test_a_louder_melody_has_a_louder_band(toucher):
    grid = grid_in(4, 4)
    means = []
    for loud in (45, 90):
        melody = np.array([[s, s + 4, 72, loud] for s in range(0, grid.steps, 4)])
        played, _ = toucher.play(band_of(grid), melody, grid, seed=1)
        means.append(played[Role.BASS][:, 3].mean())
    assert means[1] == pytest.approx(2 * means[0], rel=0.03)


def test_the_same_seed_strikes_alike_and_another_does_not(toucher):
    grid = grid_in(3, 4)
    band, places = band_of(grid), grid.cell_table()
    first, again, other = (toucher.strike(band, places, seed=seed) for seed in (3, 3, 4))
    for role in ROLES:
        np.testing.assert_array_equal(first[role].velocities, again[role].velocities)
        assert (first[role].velocities != other[role].velocities).any()


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (5, 4), (7, 8)])
def test_a_band_that_plays_along_strikes_as_it_would_in_a_song(toucher, metre):
    grid = grid_in(*metre)
    band = band_of(grid)
    places = grid.cell_table()
    ends = grid.cell_starts[1:]
    for role, part in band.items():
        band[role] = part = part[part[:, 0] < grid.steps]
        # Live nobody knows how long what is held beyond a cell will sound.
        part[:, 1] = np.minimum(part[:, 1], ends[np.searchsorted(ends, part[:, 0], "right")])
    whole = toucher.strike(band, places, seed=5)
    for cell in (0, 1, 5, len(places) - 1):
        start, length = places[cell, :2].tolist()
        cue = cue_of_song(no_notes(), band, grid, cell, plays=ROLES, seed=5)
        answer = {}
        for role, part in band.items():
            now = part[(part[:, 0] >= start) & (part[:, 0] < start + length)].copy()
            now[:, :2] -= start
            answer[role] = now
        live = toucher.answer(cue, answer)
        for role, part in band.items():
            rows = (part[:, 0] >= start) & (part[:, 0] < start + length)
            wanted = np.clip(np.rint(whole[role].velocities[rows]), 1, 127)
            assert np.abs(live[role][:, 3] - wanted).max(initial=0) <= 1  # summed in another order


def test_what_goes_on_from_before_is_not_struck_again(toucher):
    grid = grid_in(4, 4)
    cue = cue_of_song(no_notes(), {}, grid, 4, plays=[Role.STRINGS], seed=2)
    answer = {Role.STRINGS: np.array([[-1, 8, 60, 80], [0, 8, 64, 80]])}
    struck = toucher.answer(cue, answer)[Role.STRINGS]
    assert struck[0].tolist() == [-1, 8, 60, 80]
    assert struck[1, 3] != 80
    assert answer[Role.STRINGS][1, 3] == 80


def test_a_band_of_nobody_and_a_part_without_notes_are_fine(toucher):
    grid = grid_in(4, 4)
    assert toucher.play({}, no_notes(), grid) == ({}, {})
    played, delays = toucher.play({Role.PIANO: no_notes()}, no_notes(), grid)
    assert played[Role.PIANO].shape == (0, 4)
    assert delays[Role.PIANO].shape == (0,)
    cue = cue_of_song(no_notes(), {}, grid, 0, plays=ROLES)
    assert toucher.answer(cue, {}) == {}
