"""Answering cues with an untrained band: the frame must hold whatever the weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from bands import small_experiments, small_model, small_song

from musegan import accompanying
from musegan.accompanying import Improviser, best_draft, notes_of
from musegan.data.pianorolls import melody_shift
from musegan.data.windows import LOWEST
from musegan.errors import ConfigError
from musegan.experiments import build
from musegan.models.band import Window
from musegan.models.quick import drafts_of, in_bytes
from musegan.music.arrangement import no_notes
from musegan.music.band import PARTS, ROLES, Role
from musegan.music.cue import Cue, cue_of_song
from musegan.music.expectation import Expectation
from musegan.music.grid import grid_of_metres
from musegan.music.standstill import STILL
from musegan.rehearsing import accompany

METRES = [(4, 4), (3, 4), (6, 8), (7, 8), (5, 4), (2, 4)]


@pytest.fixture(scope="module")
def improviser(tmp_path_factory):
    return Improviser(small_model(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def short_sighted(tmp_path_factory):
    """A band of windows of ten cells."""
    folder = tmp_path_factory.mktemp("live")
    small_model(folder)
    _, band = small_experiments(folder)
    path = folder / "live.safetensors"
    build(replace(band, band=replace(band.band, cells=10, past=8))).release(path)
    return Improviser(path)


def melody_in(grid, seed=0):
    rng = np.random.default_rng(seed)
    steps = range(0, grid.steps - 2, 4)
    return np.array([[s, min(s + 4, grid.steps), 60 + rng.integers(12), 80] for s in steps])


def grid_in(metre, bars):
    return grid_of_metres([(0, *metre)], 1920 * metre[0] // metre[1] * bars, 480)


def cue_in(song, cell, **wanted):
    return cue_of_song(song.melody, song.band, song.grid, cell, **{"plays": ROLES, **wanted})


def same(first, second):
    return first.keys() == second.keys() and all(
        np.array_equal(first[role], second[role]) for role in first
    )


@pytest.mark.parametrize("model", ["improviser", "short_sighted"])
@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("bars", [2, 13])
def test_any_metre_and_length_is_accompanied(model, metre, bars, request):
    grid = grid_in(metre, bars)
    band = accompany(melody_in(grid), grid, request.getfixturevalue(model), roles=ROLES)
    assert set(band) == set(ROLES)
    assert len(band[Role.PIANO]) > 0
    for role, notes in band.items():
        if not len(notes):
            continue
        assert notes[:, 0].min() >= grid.bar_starts[1]
        assert notes[:, 1].max() <= grid.steps
        assert (notes[:, 1] > notes[:, 0]).all()
        if role is not Role.DRUMS:
            assert PARTS[role].lowest <= notes[:, 2].min() <= notes[:, 2].max()
            assert notes[:, 2].max() <= PARTS[role].highest


@pytest.mark.parametrize("unheard", [0, 1, 2])
@pytest.mark.parametrize("cell", [5, 8, 17])
def test_the_melody_to_come_never_changes_what_is_played(improviser, unheard, cell):
    song = small_song(bars=12)
    border = song.grid.cell_starts[cell]
    other = song.melody.copy()
    coming = other[:, 0] >= border - unheard
    other[coming, 2] = 127 - other[coming, 2]
    changed = replace(song, melody=other)
    first, second = (
        improviser.answer(cue_in(one, cell, unheard=unheard)) for one in (song, changed)
    )
    assert same(first, second)
    bands = [
        accompany(one.melody, one.grid, improviser, roles=ROLES, unheard=unheard)
        for one in (song, changed)
    ]
    for role in ROLES:
        parts = [band[role][band[role][:, 0] < border] for band in bands]
        known = [np.minimum(part[:, :3], [border, border, 127]) for part in parts]
        assert np.array_equal(*known)


def test_equal_cues_have_equal_answers_whatever_was_asked_before(improviser):
    song, other = small_song(bars=12), small_song(seed=5, bars=12)
    first = improviser.answer(cue_in(song, 9))
    for cell in range(2, 20):
        improviser.answer(cue_in(other, cell, plays=[Role.BASS, Role.PIANO]))
    assert same(first, improviser.answer(cue_in(song, 9)))
    improviser._known.clear()
    accompanying._normal.cache_clear()
    assert same(first, improviser.answer(cue_in(song, 9)))


def test_another_seed_another_cell_and_another_temperature_are_answered_otherwise(improviser):
    song = small_song(bars=12)
    cue = cue_in(song, 9)
    first = improviser.answer(cue)
    others = [replace(cue, seed=1), replace(cue, number=10), replace(cue, temperature=0.2)]
    assert not any(same(first, improviser.answer(other)) for other in others)


def test_without_temperature_the_seed_makes_no_difference(improviser):
    cue = cue_in(small_song(bars=12), 9, temperature=0.0)
    assert same(improviser.answer(cue), improviser.answer(replace(cue, seed=7)))


def test_roles_that_are_not_asked_for_are_silent(improviser):
    song = small_song()
    assert set(improviser.answer(cue_in(song, 4, plays=[Role.BASS]))) == {Role.BASS}
    assert improviser.answer(cue_in(song, 4, plays=[])) == {}
    drums = improviser.answer(cue_in(song, 4, plays=[Role.DRUMS]))
    assert set(drums) == {Role.DRUMS}
    assert set(accompany(song.melody, song.grid, improviser, roles=[Role.PIANO])) == {Role.PIANO}


def test_what_a_role_that_does_not_play_played_before_changes_nothing(improviser):
    song = small_song()
    silent = replace(song, band={**song.band, Role.PIANO: no_notes()})
    cues = [cue_in(one, 6, plays=[Role.BASS]) for one in (song, silent)]
    assert same(*map(improviser.answer, cues))


def test_the_first_cells_of_a_song_have_a_short_past(improviser):
    song = small_song()
    for cell in range(4):
        assert set(improviser.answer(cue_in(song, cell))) == set(ROLES)
    nothing = Cue(no_notes(), {}, song.grid.cell_table(), ROLES, 0)
    assert set(improviser.answer(nothing)) == set(ROLES)


def test_cells_before_the_song_are_told_to_lie_outside_it(improviser, monkeypatch):
    seen = []
    drafter = improviser._drafters[0]
    draft = drafter.draft
    monkeypatch.setattr(drafter, "draft", lambda w, noise: seen.append(w) or draft(w, noise))
    song = small_song(bars=12)
    improviser.answer(cue_in(song, 5, first=2))
    (window,) = seen
    assert window.place[0, :, 0].tolist() == [0] * 5 + [1] * 11
    assert window.place[0, :5].abs().sum() == 0
    assert window.melody[0, :5].abs().sum() == 0
    assert window.given[0, :, 0].tolist() == [1] * 8 + [0] * 8
    assert torch.equal(window.latents[0, 0], window.latents[0, 4])  # silence


def test_where_the_melody_went_the_same_way_the_generator_is_shown_what_it_did_then(
    improviser, monkeypatch
):
    seen = []
    drafter = improviser._drafters[0]
    draft = drafter.draft
    monkeypatch.setattr(drafter, "draft", lambda w, noise: seen.append(w) or draft(w, noise))
    song = small_song(bars=12)
    phrase = song.melody[:16]  # four bars
    twice = np.concatenate([phrase, phrase])
    twice[16:, :2] += 64
    improviser.answer(cue_of_song(twice, {}, song.grid, 12, plays=ROLES))
    improviser.answer(cue_of_song(phrase, {}, song.grid, 4, plays=ROLES))
    repeated, new = seen
    assert repeated.visible[0].tolist() == [1] * 10 + [0] * 6
    assert torch.equal(repeated.melody[0, 8:10], repeated.melody[0, 0:2])
    assert new.visible[0].tolist() == [1] * 8 + [0] * 8


def test_several_cells_are_answered_at_once(improviser):
    song = small_song(bars=12)
    answer = improviser.answer(cue_in(song, 8, cells=2))
    assert max(part[:, 1].max() for part in answer.values()) == 16
    assert max(part[:, 0].max() for part in answer.values()) >= 8


def test_only_what_reached_the_border_goes_on():
    sounding = np.zeros((2, 8, 84), bool)
    sounding[1, :4, [36, 40, 43]] = True  # C4, E4 and G4 go on for a beat, as the model has them
    sounding[0, 4, 43] = True
    piano = np.array([[-8, 0, 57, 80], [-8, -1, 61, 80]], np.int64)  # A3 and C#4, in A major
    played = notes_of({Role.PIANO: sounding}, {Role.PIANO: piano}, 3)
    assert played[Role.PIANO].tolist() == [[-1, 4, 57, 80], [4, 5, 64, 80]]
    assert notes_of({Role.PIANO: sounding}, {}, 3)[Role.PIANO].tolist() == [[4, 5, 64, 80]]


class Script:
    """Answers cues with parts written beforehand."""

    def __init__(self, *parts):
        self.parts, self.cues = list(parts), []

    def answer(self, cue):
        self.cues.append(cue)
        rows = self.parts.pop(0) if self.parts else []
        return {Role.PIANO: np.array([(*row, 80) for row in rows], np.int64).reshape(-1, 4)}


def test_notes_are_tied_over_the_borders_of_cells():
    grid = grid_in((4, 4), 4)
    script = Script(
        [(0, 8, 60), (4, 6, 64)],
        [(-1, 8, 60), (-1, 8, 64), (0, 8, 67)],
        [(-1, 3, 60), (0, 8, 67)],
    )
    band = accompany(melody_in(grid), grid, script, roles=[Role.PIANO])
    assert band[Role.PIANO][:, :3].tolist() == [
        [16, 35, 60], [20, 22, 64], [24, 32, 67], [32, 40, 67],
    ]  # fmt: skip
    assert script.cues[1].band[Role.PIANO][:, :2].tolist() == [[-8, 0], [-4, -2]]


def test_a_melody_that_ends_with_the_songs_last_step_is_accompanied():
    grid = grid_in((4, 4), 4)
    melody = np.array([[0, 4, 60, 80], [grid.steps - 1, grid.steps, 62, 80]])
    script = Script()
    accompany(melody, grid, script, roles=ROLES)
    assert len(script.cues) == 2 * 3


def test_the_band_is_asked_from_the_bar_after_the_first_note_to_the_last_bar():
    grid = grid_in((4, 4), 12)
    melody = melody_in(grid)
    script = Script()
    accompany(melody[(melody[:, 0] >= 20) & (melody[:, 0] < 130)], grid, script, roles=ROLES)
    assert len(script.cues) == 2 * (9 - 2)
    assert script.cues[0].number == 2
    assert script.cues[0].places[0, 0] == -16
    assert accompany(no_notes(), grid, script, roles=[Role.BASS])[Role.BASS].shape == (0, 4)


def test_an_unknown_style_is_refused_with_those_there_are(improviser):
    with pytest.raises(ConfigError, match="no style 'polka'; this model knows pop, rock"):
        improviser.answer(cue_in(small_song(), 4, style="polka"))


def held_chords(*chords, silent=()):
    """A piano that holds a chord of pitch classes in each draft, and a bass on its first."""
    piano, bass = np.zeros((2, len(chords), 2, 8, 84), bool)
    for draft, chord in enumerate(chords):
        piano[draft, 1, :, [24 + pitch for pitch in chord]] = True
        bass[draft, 1, :, chord[0]] = draft not in silent
    return {Role.BASS: bass, Role.PIANO: piano}


def test_the_draft_is_played_that_agrees_best_of_those_in_which_fewest_are_silent():
    places = np.array([[0, 8, 0, 2, 0]])
    expected = Expectation(np.tile(np.eye(12)[7], (8, 1)), 0, 0.0)  # a G
    chords = ((1, 5, 8), (0, 4, 7), (5, 9, 0), (7, 11, 2))
    assert best_draft(held_chords(*chords), places, expected, 0) == 1
    assert best_draft(held_chords(*chords, silent=[1]), places, expected, 0) == 3
    higher = [[(pitch + 3) % 12 for pitch in chord] for chord in chords]  # as the model has them
    assert best_draft(held_chords(*higher), places, expected, 3) == 1


def test_drums_alone_are_chosen_by_whether_they_play():
    drums = np.zeros((4, 1, 8, 9), bool)
    drums[2, 0, 0, 0] = True
    expected = Expectation(np.full((8, 12), 1 / 12), 0, 0.0)
    assert best_draft({Role.DRUMS: drums}, np.array([[0, 8, 0, 2, 0]]), expected, 0) == 2


def test_remembering_an_answer_encodes_it_and_changes_none(improviser):
    song = small_song(bars=8)
    cue = cue_in(song, 8)
    answer = improviser.answer(cue)
    improviser._known.clear()
    improviser.remember(cue, answer)
    known = len(improviser._known)
    assert known >= 1
    later = cue_in(song, 9)
    first = improviser.answer(later)
    improviser._known.clear()
    assert same(first, improviser.answer(later))


def test_bytes_change_what_a_generator_makes_only_a_little():
    from musegan.experiments.band import load_band
    from musegan.pretrained import find_model

    exact, _, _ = load_band(find_model("band"))
    quick, _, _ = load_band(find_model("band"))
    in_bytes(quick)
    torch.manual_seed(0)
    window = Window(
        torch.zeros(1, 16, 2, 8, 84),
        torch.randn(1, 16, 5, 64),
        torch.cat([torch.ones(1, 8, 5), torch.zeros(1, 8, 5)], 1),
        torch.ones(1, 5),
        torch.ones(1, 16),
        torch.zeros(1, 16, 14),
        torch.zeros(1, 3),
    )
    noise = exact.draw_noise(3)
    wanted = slice(8, 10)
    made, other = (drafts_of(g, window, noise, wanted) for g in (exact, quick))
    assert 0 < (made - other).pow(2).mean().sqrt() < 0.15  # latents have deviation 1


class OneEntry:
    """A codebook of one entry, a chord of one note, that writes down what it was told of habits."""

    def __init__(self):
        self.planes = torch.zeros(1, 2, 8, 84, dtype=torch.uint8)
        self.planes[0, 0, 0, 24] = 1
        self.firm, self.left, self.near = [], [], []

    def nearest(self, latents, style, rhythm, held, firm, lift, left, near, chord):
        self.firm.append(firm)
        self.near += near.unique().tolist()
        self.left.append(torch.nonzero(left).flatten().tolist())
        return torch.zeros(len(latents), dtype=torch.long)


@pytest.mark.parametrize("chords", [(60,), (60, 60, 60, 65, 65, 65)])
def test_live_too_a_band_that_stands_still_is_asked_anew(short_sighted, monkeypatch, chords):
    grid = grid_in((4, 4), 8)
    melody = melody_in(grid)
    starts = range(0, 16 * 8, 8)
    piano = [[at, at + 8, chords[at // 8 % len(chords)], 80] for at in starts]
    drums = [[at, at + 1, 36, 80] for at in starts]
    band = {Role.PIANO: np.array(piano), Role.DRUMS: np.array(drums)}
    seen = []

    def looked(generator, window, *others):
        seen.append(window.given[0].sum(0).tolist())
        return drafts_of(generator, window, *others)

    monkeypatch.setattr(accompanying, "drafts_of", looked)
    monkeypatch.setattr(short_sighted, "_drafters", [])
    book = OneEntry()
    monkeypatch.setattr(short_sighted, "_codebooks", {"piano": book})
    plays = [Role.PIANO, Role.DRUMS]
    heights = []
    for cell in (STILL - 1, STILL, 14):
        cue = cue_of_song(melody, band, grid, cell, plays=plays)
        short_sighted.answer(cue)
        played = chords[(cell - 1) % len(chords)]
        heights.append(played + melody_shift(cue.melody) - LOWEST)
    still = len(chords) == 1
    assert [window[ROLES.index(Role.DRUMS)] for window in seen] == [8, 8, 8]
    assert [window[ROLES.index(Role.PIANO)] for window in seen] == [8, *[0 if still else 8] * 2]
    # It forgets its harmony, and keeps to its rhythm.
    assert book.firm == [False, still, still]
    shift = melody_shift(cue.melody)  # entries are near C major
    assert book.left == [[], [], [(60 + shift) % 12] if still else []]
    # It knows how high it was in the cell before, near C major.
    assert book.near == heights
