"""Clicks: where they are, which is louder, when they stop."""

from musegan.live.metronome import Metronome
from musegan.music.metre import parse_metre


def begun(messages):
    return [(at, message[2]) for at, message in messages if message[2]]


def test_the_count_in_clicks_each_beat_the_first_louder():
    clicks = begun(Metronome(parse_metre("3/4"), 1, on=False).until(8.0))
    assert [at for at, _ in clicks] == [-3.0, -2.0, -1.0]
    assert clicks[0][1] > clicks[1][1] == clicks[2][1]


def test_it_goes_on_where_it_is_wanted_and_asks_of_each_beat_once():
    metronome = Metronome(parse_metre("6/8"), 0, on=True)
    assert [at for at, _ in begun(metronome.until(3.0))] == [0.0, 1.5, 3.0]
    assert [at for at, _ in begun(metronome.until(4.5))] == [4.5]


def test_every_click_ends():
    messages = list(Metronome(parse_metre("7/8"), 1, on=True).until(10.0))
    assert sum(1 for _, m in messages if m[2]) == sum(1 for _, m in messages if not m[2])


def test_it_moves_to_another_place():
    metronome = Metronome(parse_metre("4/4"), 1, on=True)
    metronome.move(9.2)
    assert [at for at, _ in begun(metronome.until(10.0))] == [9.0, 10.0]
