import numpy as np
import pytest

from musegan.evaluate.features import feature_names, features
from musegan.music.band import Role

ROLES = (Role.BASS, Role.PIANO)
BARS = np.arange(0, 129, 16)
BEATS = np.arange(0, 129, 4)


def notes(*rows):
    """Notes of (start, end, pitch)."""
    return np.array([(*row, 80) for row in rows], np.int64).reshape(-1, 4)


def measured(melody, band, roles=ROLES):
    table = features(melody, band, BARS, BEATS, roles)
    return [dict(zip(feature_names(roles), row, strict=True)) for row in table.tolist()]


def test_a_window_is_four_bars_in_which_the_melody_begins_a_note():
    assert len(measured(notes((0, 4, 60)), {})) == 1
    assert len(measured(notes((0, 4, 60), (127, 128, 60)), {})) == 2
    assert features(notes((0, 200, 60))[:0], {}, BARS, BEATS, ROLES).shape[0] == 0


def test_names_are_distinct_and_about_eighty():
    names = feature_names(ROLES)
    assert len(set(names)) == len(names) == 85
    assert len(set(feature_names(tuple(Role)))) == len(feature_names(tuple(Role)))


def test_the_features_of_a_plain_bass_are_as_counted_by_hand():
    bass = notes(*[(16 * bar, 16 * bar + 8, 36) for bar in range(4)])
    scale = [
        (64 + 4 * i, 68 + 4 * i, 72 + tone) for i, tone in enumerate((0, 2, 4, 5, 7, 9, 11, 0))
    ]
    window = measured(notes((0, 64, 72), *scale), {Role.BASS: bass})[0]
    assert window["bass: notes"] == 1
    assert window["bass: empty bars"] == 0
    assert window["bass: sounding"] == 0.5
    assert window["bass: length"] == 8
    assert window["bass: length 5-8"] == 1
    assert window["bass: on beat"] == 1
    assert window["bass: groove"] == 1
    assert window["bass: same as last bar"] == 1
    assert window["bass: in chord"] == 1
    assert window["piano: empty bars"] == 1
    assert window["piano: pitch"] == 60
    assert window["onsets at 0"] == 1
    assert window["onsets at 8"] == 0
    assert window["degree 0"] == 1
    assert window["with melody"] == 1


def test_a_pattern_that_changes_each_bar_repeats_nothing():
    bass = notes(*[(16 * bar + bar, 16 * bar + 8, 36 + bar) for bar in range(4)])
    assert measured(notes((0, 64, 72)), {Role.BASS: bass})[0]["bass: same as last bar"] == 0


def test_transposing_everything_moves_only_register():
    random = np.random.default_rng(0)
    starts = np.sort(random.integers(0, 120, 60))
    part = np.column_stack([starts, starts + 3, random.integers(50, 60, 60), np.full(60, 80)])
    melody = notes(
        *[(4 * i, 4 * i + 4, p) for i, p in enumerate((60, 62, 64, 65, 67, 69, 71, 72) * 4)]
    )
    up, up_melody = part.copy(), melody.copy()
    up[:, 2] += 5
    up_melody[:, 2] += 5
    before = measured(melody, {Role.PIANO: part})[0]
    after = measured(up_melody, {Role.PIANO: up})[0]
    changed = {name for name in before if before[name] != pytest.approx(after[name])}
    assert changed <= {"piano: pitch", "piano: lowest", "piano: highest"}


def test_drums_have_their_own_features():
    drums = notes((0, 1, 36), (4, 5, 38), (8, 9, 36))
    window = measured(notes((0, 4, 60)), {Role.DRUMS: drums}, (Role.DRUMS,))[0]
    assert window["drums: kick"] == 0.5
    assert window["drums: snare"] == 0.25
    assert window["drums: empty bars"] == 0.75
