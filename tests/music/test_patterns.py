import math
from dataclasses import asdict

import numpy as np
import pytest

from musegan.music.arrangement import no_notes
from musegan.music.patterns import (
    alike_at,
    bar_rhythms,
    first_phrase_bar,
    patterns,
    repeated_rhythms,
    struck_pitches,
)

BAR = 16
ON_BEATS, OFF_BEATS = (0, 4, 8, 12), (2, 6, 10, 14)


def bars(*each, pitch=60):
    """Notes of bars of 16 steps, each given by the steps at which a note begins."""
    rows = [
        (bar * BAR + step, bar * BAR + step + 1, pitch, 80)
        for bar, steps in enumerate(each)
        for step in steps
    ]
    return np.array(rows, np.int64).reshape(-1, 4)


def edges(count):
    return np.arange(count + 1) * BAR


def test_a_bar_repeated_repeats_and_never_changes():
    found = patterns(bars(*[ON_BEATS] * 12), edges(12))
    assert asdict(found) == {
        "repeats": 1, "changes": 0, "fills": 0,
        "alike_1": 1, "alike_2": 1, "alike_4": 1, "alike_8": 1, "stays": 12,
    }  # fmt: skip


def test_a_rhythm_counts_as_repeated_for_four_bars_and_no_longer():
    once = [ON_BEATS, (1,), (2,), (3,), ON_BEATS]
    assert patterns(bars(*once), edges(5)).repeats == 1 / 4
    later = [ON_BEATS, (1,), (2,), (3,), (5,), ON_BEATS]
    assert patterns(bars(*later), edges(6)).repeats == 0


def test_other_pitches_are_the_same_rhythm_and_share_nothing():
    notes = np.concatenate([bars(ON_BEATS), bars((), ON_BEATS, pitch=67)])
    found = patterns(notes, edges(2))
    assert (found.repeats, found.changes, found.alike_1) == (1, 0, 0)


def test_of_drums_another_drum_is_another_rhythm():
    notes = np.concatenate([bars(ON_BEATS, pitch=36), bars((), ON_BEATS, pitch=38)])
    found = patterns(notes, edges(2), drums=True)
    assert (found.repeats, found.changes) == (0, 1)


def test_a_fill_in_each_fourth_bar_is_a_change_at_the_phrases_ends():
    phrase = [ON_BEATS, ON_BEATS, ON_BEATS, OFF_BEATS]
    found = patterns(bars(*phrase * 3), edges(12), drums=True)
    assert found.fills == 1
    assert found.changes == 5 / 11  # into three fills, and out of two
    assert found.repeats == 10 / 11  # all but the first fill
    assert found.alike_4 == found.alike_8 == 1
    assert found.alike_1 == 6 / 11


def test_phrases_are_counted_from_where_the_first_begins():
    pick_up = [OFF_BEATS, ON_BEATS, ON_BEATS, ON_BEATS, OFF_BEATS, ON_BEATS]
    assert patterns(bars(*pick_up), edges(6), first_phrase=1).fills == 1
    assert patterns(bars(*pick_up), edges(6)).fills == 0


def test_half_the_notes_in_common_are_a_third_alike():
    # of two notes a bar one is shared: one of three
    notes = bars((0, 4), (0, 8))
    assert patterns(notes, edges(2)).alike_1 == pytest.approx(1 / 3)


def test_silence_is_neither_a_rhythm_nor_a_change():
    found = patterns(bars(ON_BEATS, (), (), ON_BEATS), edges(4))
    assert found.repeats == 1  # the last bar alone is asked
    assert math.isnan(found.changes)  # no two bars in a row sound
    assert found.alike_1 == 0  # into the silence and out of it; the silent pair does not count
    assert all(math.isnan(value) for value in asdict(patterns(no_notes(), edges(4))).values())


def test_bars_of_different_lengths_are_never_the_same():
    notes = np.array([[0, 1, 60, 80], [16, 17, 60, 80], [28, 29, 60, 80]], np.int64)
    starts = np.array([0, 16, 28, 40])  # 4/4, then twice 3/4
    struck = struck_pitches(notes, 40)
    assert repeated_rhythms(bar_rhythms(struck, starts)) == 1 / 2
    assert alike_at(struck, starts, 1) == 1 / 2
    assert alike_at(struck, starts, 2) == 0


def test_a_song_shorter_than_the_lag_has_no_likeness():
    assert math.isnan(alike_at(struck_pitches(bars(ON_BEATS), BAR), edges(1), 4))


def test_a_phrase_begins_where_the_melody_does_but_for_a_pick_up():
    starts = edges(4)
    assert first_phrase_bar(bars(ON_BEATS), starts) == 0
    assert first_phrase_bar(bars((), (4,)), starts) == 1
    assert first_phrase_bar(bars((), (12,), ON_BEATS), starts) == 2
    assert first_phrase_bar(no_notes(), starts) == 0
