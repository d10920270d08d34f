"""Pieces of sound joined and played: every sample where it belongs, and no clicks."""

import numpy as np
import pytest

from musegan.audio.stream import FADE, RING, SoundPiece, Stream

BLOCK = 144
RATE = 48_000


def wave(first, last):
    """A sine that goes on for ever, (frame,)."""
    return np.sin(2 * np.pi * 220 * np.arange(first, last) / RATE).astype(np.float32)


STEEPEST = float(np.abs(np.diff(wave(0, RATE))).max()) + 1.5 / FADE  # of it while it fades


def piece(first, last, telling=1, notes=(), sound=wave):
    return SoundPiece(1, telling, first, sound(first, last), list(notes))


def play(stream, first, last):
    """What is heard from one frame to another, in blocks."""
    blocks = []
    for at in range(first, last, BLOCK):
        sound = stream.read(at, BLOCK)
        blocks.append(np.zeros(BLOCK, np.float32) if sound is None else sound)
    return np.concatenate(blocks)[: last - first]


def steepest(sound):
    return float(np.abs(np.diff(sound)).max())


def test_pieces_that_overlap_are_one_sound():
    stream = Stream()
    stream.put(piece(4800, 9600), 0)
    stream.put(piece(9600 - FADE, 24_000), 0)
    heard = play(stream, 0, 24_000)
    assert not heard[:4800].any()
    np.testing.assert_allclose(
        heard[4800 + FADE : -FADE], wave(4800 + FADE, 24_000 - FADE), atol=1e-6
    )
    assert steepest(heard) < STEEPEST


def test_a_sound_fades_in_and_fades_out_where_it_ends():
    stream = Stream()
    stream.put(piece(1000, 6000, sound=lambda a, b: np.ones(b - a, np.float32)), 0)
    heard = play(stream, 0, 9600)
    assert np.abs(np.diff(heard)).max() <= 1.01 / FADE
    assert heard[1000 + FADE : 6000 - FADE].min() == 1
    assert not heard[:1000].any() and not heard[6000:].any()


def test_what_comes_while_a_sound_fades_out_takes_over_without_a_click():
    stream = Stream()
    stream.put(piece(0, 4800), 0)
    heard = [play(stream, 0, 31 * BLOCK)]
    stream.put(piece(4800 - FADE, 12_000), 31 * BLOCK)  # late: it is fading already
    heard.append(play(stream, 31 * BLOCK, 9600))
    whole = np.concatenate(heard)
    assert steepest(whole) < STEEPEST
    np.testing.assert_allclose(whole[4800 + FADE :], wave(4800 + FADE, 9600), atol=1e-6)


def test_a_hole_between_pieces_is_silent_and_does_not_click():
    stream = Stream()
    stream.put(piece(0, 4800), 0)
    stream.put(piece(9600, 14_400), 0)
    heard = play(stream, 0, 14_400)
    assert not heard[4800:9600].any()
    assert steepest(heard) < STEEPEST
    np.testing.assert_allclose(
        heard[9600 + FADE : -FADE], wave(9600 + FADE, 14_400 - FADE), atol=1e-6
    )


def test_a_late_piece_begins_where_the_playing_is():
    stream = Stream()
    stream.put(piece(0, 9600), 4800)
    heard = play(stream, 4800, 9600)
    assert steepest(np.concatenate([[0], heard])) < STEEPEST
    np.testing.assert_allclose(heard[FADE:-FADE], wave(4800 + FADE, 9600 - FADE), atol=1e-6)


def test_a_piece_that_is_over_is_not_heard():
    stream = Stream()
    stream.put(piece(0, 4800), 9600)
    assert stream.read(9600, BLOCK) is None


def test_another_sound_of_the_same_time_replaces_what_was_there():
    stream = Stream()
    stream.put(piece(0, 24_000), 0)
    stream.put(piece(9600, 12_000, sound=lambda a, b: np.zeros(b - a, np.float32)), 0)
    heard = play(stream, 0, 24_000)
    assert steepest(heard) < STEEPEST
    assert heard[9600 : 9600 + 200].any() and not heard[9600 + FADE :].any()


def test_an_earlier_piece_is_played_before_one_that_was_there():
    stream = Stream()
    stream.put(piece(9600, 14_400), 0)
    stream.put(piece(4800, 9600 + FADE), 0)
    heard = play(stream, 0, 9600)
    np.testing.assert_allclose(heard[4800 + FADE :], wave(4800 + FADE, 9600), atol=1e-6)


def test_what_is_taken_back_falls_silent_in_a_fade():
    stream = Stream()
    stream.put(piece(0, 48_000), 0)
    heard = [play(stream, 0, 9600)]
    stream.take_back(0, 2, 9600)
    stream.put(piece(9600, 48_000), 9600)  # was on its way
    heard.append(play(stream, 9600, 24_000))
    whole = np.concatenate(heard)
    assert steepest(whole) < STEEPEST
    assert not whole[9600 + FADE :].any()


def test_what_was_rendered_after_a_taking_back_is_played():
    stream = Stream()
    stream.take_back(0, 2, 9600)
    stream.put(piece(14_400, 24_000, telling=2), 9600)
    assert np.abs(play(stream, 9600, 24_000)).max() > 0.9


def test_what_sounds_before_what_was_taken_back_stays():
    stream = Stream()
    stream.put(piece(0, 48_000), 0)
    stream.take_back(24_000, 2, 0)
    heard = play(stream, 0, 48_000)
    np.testing.assert_allclose(heard[FADE : 24_000 - FADE], wave(FADE, 24_000 - FADE), atol=1e-6)
    assert not heard[24_000:].any()


def test_a_note_is_there_where_a_piece_that_has_it_sounds():
    stream = Stream()
    stream.put(piece(4800 - FADE, 9600, notes=[(60, 4800)]), 0)
    stream.put(piece(9600 - FADE, 14_400, notes=[(64, 9600)]), 0)
    assert stream.has(60, 4800, 4800) and stream.has(60, 4795, 4795)
    assert not stream.has(61, 4800, 4800)
    assert not stream.has(60, 4800, 9600)  # over
    assert not stream.has(60, 9600, 4800)  # another time
    assert stream.has(64, 9600, 9600) and not stream.has(64, 9600, 14_400)
    assert stream.covers(14_399) and not stream.covers(14_400)


def test_hours_of_pieces_are_exact_and_take_no_more_room():
    stream = Stream()
    first = 3 * 3600 * RATE
    stream.put(piece(first, first + 20_000), first)
    at = first
    for begin in range(first + 20_000, first + 2 * RING, 10_000):
        stream.put(piece(begin - FADE, begin + 10_000), at)
        heard = play(stream, at, begin - 10_000)
        np.testing.assert_allclose(heard[FADE:], wave(at, begin - 10_000)[FADE:], atol=1e-6)
        at += len(heard) // BLOCK * BLOCK
    assert len(stream._ring) == RING and len(stream._pieces) < 5


@pytest.mark.parametrize("late", [0, 100, 700, 3000])
def test_however_late_pieces_are_nothing_clicks(late):
    stream, heard = Stream(), []
    due = {number: number * 2400 for number in range(10)}
    for at in range(0, 24_000 + 4800, BLOCK):
        for number in [n for n, first in due.items() if at >= first - 1500 + late]:
            first = due.pop(number)
            stream.put(piece(first - FADE, first + 2400), at)
        sound = stream.read(at, BLOCK)
        heard.append(np.zeros(BLOCK, np.float32) if sound is None else sound)
    whole = np.concatenate(heard)
    assert np.abs(whole).max() > 0.5
    assert steepest(whole) < STEEPEST
