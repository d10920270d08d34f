"""Filling in a whole song with an untrained band: the frame must hold whatever the weights."""

from collections import defaultdict

import numpy as np
import pytest
import torch
from bands import small_model, small_song

from musegan.arranging import Arranger, Wishes
from musegan.errors import ConfigError
from musegan.music.band import PARTS, ROLES, Role
from musegan.music.grid import grid_of_metres
from musegan.music.sections import played_cells
from musegan.music.standstill import ENOUGH, STILL
from musegan.pretrained import find_model


@pytest.fixture(scope="module")
def arranger(tmp_path_factory):
    return Arranger(small_model(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def bundled():
    return Arranger(find_model("band"))


def melody_in(grid, first=0, last=None):
    steps = range(first, last or grid.steps - 4, 4)
    return np.array([[s, s + 4, 60 + s % 12, 80] for s in steps], np.int64)


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (7, 8), (5, 4), (2, 4)])
@pytest.mark.parametrize("bars", [1, 3, 21])
def test_any_metre_and_length_is_filled(arranger, metre, bars):
    bar = 1920 * metre[0] // metre[1]
    grid = grid_of_metres([(0, *metre)], bar * bars, 480)
    band = arranger.arrange(melody_in(grid), grid, Wishes())
    assert set(band) == set(ROLES)
    for role, notes in band.items():
        assert len(notes) > 0
        assert notes[:, 0].min() >= 0
        assert notes[:, 1].max() <= grid.steps
        if role is not Role.DRUMS:
            assert PARTS[role].lowest <= notes[:, 2].min() <= notes[:, 2].max()
            assert notes[:, 2].max() <= PARTS[role].highest


def test_the_band_starts_and_ends_with_the_bars_of_the_melody(arranger):
    grid = grid_of_metres([(0, 4, 4)], 1920 * 12, 480)
    melody = melody_in(grid, 36, 100)
    band = arranger.arrange(melody, grid, Wishes())
    assert played_cells(melody, grid) == (4, 14)
    assert min(part[:, 0].min() for part in band.values() if len(part)) >= 32
    assert max(part[:, 1].max() for part in band.values() if len(part)) <= 112


def test_same_seed_same_notes_other_seed_other_notes(arranger):
    song = small_song(bars=12)
    first = arranger.arrange(song.melody, song.grid, Wishes(seed=1))
    again = arranger.arrange(song.melody, song.grid, Wishes(seed=1))
    other = arranger.arrange(song.melody, song.grid, Wishes(seed=2))
    assert all(np.array_equal(first[role], again[role]) for role in ROLES)
    assert not all(np.array_equal(first[role], other[role]) for role in ROLES)


def test_only_the_wished_roles_play(arranger):
    song = small_song()
    band = arranger.arrange(song.melody, song.grid, Wishes([Role.BASS]))
    assert set(band) == {Role.BASS}


def test_a_given_part_is_not_written_again(arranger):
    song = small_song()
    given = {Role.PIANO: song.band[Role.PIANO]}
    band = arranger.arrange(song.melody, song.grid, Wishes([Role.BASS, Role.PIANO]), given)
    assert set(band) == {Role.BASS}


def test_an_unknown_style_is_refused_with_those_there_are(arranger):
    song = small_song()
    with pytest.raises(ConfigError, match="no style 'polka'; this model knows pop, rock"):
        arranger.arrange(song.melody, song.grid, Wishes(style="polka"))


def test_the_band_does_not_depend_on_what_was_arranged_before(arranger):
    song, other = small_song(), small_song(seed=5)
    first = arranger.arrange(song.melody, song.grid, Wishes())
    arranger.arrange(other.melody, other.grid, Wishes())
    again = arranger.arrange(song.melody, song.grid, Wishes())
    assert all(np.array_equal(first[role], again[role]) for role in ROLES)


def test_another_draft_is_taken_where_somebody_is_silent(arranger, monkeypatch):
    song = small_song(bars=4)
    decode, calls = arranger.cells.decode, []

    def shy_bass(role, latents):
        planes = decode(role, latents)
        if role == "bass":
            calls.append(role)
            if len(calls) <= arranger.commit:
                return planes - 1000  # the first draft has no bass
        return planes

    monkeypatch.setattr(arranger.cells, "decode", shy_bass)
    band = arranger.arrange(song.melody, song.grid, Wishes([Role.BASS, Role.DRUMS]))
    cells = 2 * 4  # each is decoded by itself, those of the first window in two drafts
    assert len(calls) == cells + arranger.commit
    assert band[Role.BASS][0, 0] < 32


def test_a_band_that_is_silent_in_every_draft_is_taken_as_it_is(arranger, monkeypatch):
    song = small_song(bars=2)
    decode = arranger.cells.decode
    monkeypatch.setattr(arranger.cells, "decode", lambda role, z: decode(role, z) - 1000)
    band = arranger.arrange(song.melody, song.grid, Wishes())
    assert all(len(part) == 0 for part in band.values())


def test_a_verse_that_comes_again_is_played_as_it_was(bundled):
    verse = np.random.default_rng(0).integers(60, 72, 16)
    grid = grid_of_metres([(0, 4, 4)], 1920 * 12, 480)
    other = np.arange(16) + 48
    pitches = np.concatenate([verse, other, verse])
    melody = np.array([[4 * at, 4 * at + 4, pitch, 80] for at, pitch in enumerate(pitches)])
    struck = []
    for recalled in (1.0, 0.0):
        wishes = Wishes([Role.PIANO], temperature=8.0, recalled=recalled)
        notes = bundled.arrange(melody, grid, wishes)[Role.PIANO]
        first, again = (
            {(start - at, pitch) for start, _, pitch, _ in notes.tolist() if at <= start < at + 64}
            for at in (0, 128)
        )
        struck.append(len(first & again) / len(first | again))
    assert struck[0] > 0.8
    assert struck[1] < 0.6


@pytest.mark.parametrize("move", [-3, 1, 2, 4])
def test_a_verse_that_comes_in_another_key_has_its_band_there(bundled, move):
    tune = [60, 62, 64, 65, 67, 67, 69, 65, 64, 62, 60, 59, 60, 64, 62, 60] * 2
    grid = grid_of_metres([(0, 4, 4)], 1920 * 24, 480)
    pitches = np.concatenate([np.array(tune), np.array(tune), np.array(tune) + move])
    melody = np.array([[4 * at, 4 * at + 4, pitch, 80] for at, pitch in enumerate(pitches)])
    wishes = Wishes([Role.PIANO, Role.DRUMS], recalled=1.0)
    band = bundled.arrange(melody, grid, wishes)
    level = bundled.arrange(
        np.array([[*n[:2], n[2] - move * (n[0] >= 256), 80] for n in melody.tolist()]), grid, wishes
    )
    assert np.array_equal(band[Role.DRUMS], level[Role.DRUMS])
    ours, wanted = band[Role.PIANO], level[Role.PIANO]
    late = wanted[:, 0] >= 256
    assert np.array_equal(ours[:, 0], wanted[:, 0])
    assert np.array_equal(ours[~late, 2], wanted[~late, 2])
    assert np.array_equal(ours[late, 2] % 12, (wanted[late, 2] + move) % 12)
    assert late.sum() > 16
    assert (ours[~late, 1] <= 256).all()


def test_a_modulating_song_keeps_what_is_given(bundled):
    tune = [60, 62, 64, 65, 67, 67, 69, 65, 64, 62, 60, 59, 60, 64, 62, 60] * 2
    grid = grid_of_metres([(0, 4, 4)], 1920 * 16, 480)
    pitches = np.concatenate([np.array(tune), np.array(tune) + 2])
    melody = np.array([[4 * at, 4 * at + 4, pitch, 80] for at, pitch in enumerate(pitches)])
    bass = np.array([[16 * bar, 16 * bar + 16, 36 + 2 * (bar > 7), 80] for bar in range(16)])
    gap = np.zeros(32, bool)
    gap[20:24] = True
    made = bundled.arrange(melody, grid, Wishes(()), {Role.BASS: bass}, {Role.BASS: gap})[Role.BASS]
    inside = (made[:, 0] >= 160) & (made[:, 0] < 192)
    kept = made[~inside]
    expected = bass[(bass[:, 0] < 160) | (bass[:, 0] >= 192)]
    assert kept[:, [0, 2]].tolist() == expected[:, [0, 2]].tolist()
    assert inside.any()


def test_a_bass_keeps_to_the_chords_of_a_given_piano(bundled):
    grid = grid_of_metres([(0, 4, 4)], 1920 * 16, 480)
    chords = [(60, 64, 67), (65, 69, 72), (62, 65, 69), (67, 71, 74)] * 4
    piano = np.array([[16 * b, 16 * b + 16, p, 80] for b, c in enumerate(chords) for p in c])
    melody = np.array([[4 * at, 4 * at + 4, chords[at // 4][at % 3], 80] for at in range(64)])
    for seed in range(3):
        wishes = Wishes([Role.BASS], seed=seed)
        bass = bundled.arrange(melody, grid, wishes, {Role.PIANO: piano})[Role.BASS]
        inside = sum(
            pitch % 12 in {p % 12 for p in chords[min(step // 16, 15)]}
            for start, end, pitch, _ in bass.tolist()
            for step in range(start, end)
        )
        assert inside / (bass[:, 1] - bass[:, 0]).sum() > 0.9


def seen_by(arranger, monkeypatch, pitches, role=Role.BASS, given=None, firm=None, left=None):
    """How many cells of the past each window saw of a role that plays some pitches, and of drums.

    `firm` takes, by role, whether each cell was played by firm habits, `left` which pitch classes it was to
    leave.
    """
    firm = defaultdict(list) if firm is None else firm
    left = defaultdict(list) if left is None else left
    song = small_song(bars=16)
    windows, cells = [], iter(range(1000))
    play = arranger.cells.play

    def played(name, latents, style, rhythm, held, is_firm, lift, to_leave, near, chord):
        made = play(name, latents, style, rhythm, held, is_firm, lift, to_leave, near, chord)
        firm[name].append(is_firm)
        left[name].append(to_leave)
        if name == role.value:
            made[:] = False
            made[0, 0, 0, pitches[next(cells) % len(pitches)]] = True
        return made

    def look(network, inputs):
        past = inputs[0].given[0, : arranger.past].sum(0).tolist()
        windows.append((past[ROLES.index(role)], past[ROLES.index(Role.DRUMS)]))

    monkeypatch.setattr(arranger.cells, "play", played)
    hook = arranger.generator.register_forward_pre_hook(look)
    try:
        wishes = Wishes([role, Role.DRUMS], recalled=0.0)
        arranger.arrange(song.melody, song.grid, wishes, given)
    finally:
        hook.remove()
    return windows


def test_a_band_that_stands_still_is_asked_anew_and_its_drums_go_on(arranger, monkeypatch):
    firm = defaultdict(list)
    windows = seen_by(arranger, monkeypatch, [20], firm=firm)
    until = STILL // arranger.commit  # windows are written until it has stood still for so long
    assert set(windows[:until]) == {(arranger.past, arranger.past)}
    assert set(windows[until:]) == {(0, arranger.past)}
    # It forgets its harmony and keeps to its rhythm; drums have none to forget.
    assert firm["bass"] == [False] * STILL + [True] * (len(firm["bass"]) - STILL)
    assert not any(firm["drums"])


def test_a_band_that_stays_for_four_bars_is_to_leave_that_harmony(arranger, monkeypatch):
    left = defaultdict(list)
    seen_by(arranger, monkeypatch, [20, 32], left=left)
    until = -(-ENOUGH // arranger.commit) * arranger.commit  # windows know what was before them
    found = [torch.nonzero(classes).flatten().tolist() for classes in left["bass"]]
    assert found[:until] == [[]] * until
    assert found[until:] == [[8]] * (len(found) - until)
    assert left["drums"] == [None] * len(found)


def test_a_band_whose_harmony_moves_knows_its_past(arranger, monkeypatch):
    windows = seen_by(arranger, monkeypatch, [20, 20, 20, 25, 25, 25])
    assert set(windows) == {(arranger.past, arranger.past)}


def test_a_given_part_may_stand_still(arranger, monkeypatch):
    pedal = {Role.BASS: np.array([[0, 256, 36, 80]])}
    windows = seen_by(arranger, monkeypatch, [20, 20, 25, 25], Role.PIANO, pedal)
    assert set(windows) == {(arranger.past, arranger.past)}
