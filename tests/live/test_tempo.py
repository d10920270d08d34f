"""Taps, and another machine's clock with all that cables and drivers do to it."""

from itertools import pairwise

import numpy as np
import pytest

from musegan.live.tempo import ClockFollower, TapTempo, clock_messages, song_position

TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"


# Taps


def tapped(*times):
    taps = TapTempo()
    return [taps.tap(time) for time in times][-1]


def test_one_tap_is_no_tempo_and_two_are():
    assert tapped(5.0) is None
    assert tapped(5.0, 5.5) == 120.0


def test_a_pause_begins_anew():
    taps = TapTempo()
    for time in (0.0, 0.5, 1.0):
        taps.tap(time)
    assert taps.taps == 3
    assert taps.tap(3.1) is None
    assert taps.taps == 1
    assert taps.tap(4.1) == pytest.approx(60)


def test_a_missed_tap_does_not_count():
    assert tapped(0.0, 0.5, 1.0, 2.0, 2.5) == 120.0


def test_a_bouncing_key_does_not_count():
    assert tapped(0.0, 0.03, 0.5, 0.52, 1.0, 1.03) == 120.0


def test_a_new_tempo_has_taken_over_after_seven_intervals():
    assert tapped(*np.arange(10) * 0.5, *(4.5 + np.arange(1, 8) * 0.6)) == pytest.approx(100.0)


def test_uneven_taps_are_evened_out():
    random = np.random.default_rng(1)
    times = np.arange(8) * 0.5 + random.normal(0, 0.01, 8)
    assert tapped(*times) == pytest.approx(120, rel=0.02)


def test_all_taps_of_a_row_are_counted():
    taps = TapTempo()
    for number in range(12):
        taps.tap(number * 0.5)
    assert taps.taps == 12


# Following a clock


def steady(qpm, quarters, first=100.0):
    return first + np.arange(quarters * 24) * 60 / qpm / 24


def changing(*tempi, first=100.0):
    """When each tick comes: (qpm, qpm at the end, quarters) each."""
    qpm = np.concatenate([np.linspace(a, b, quarters * 24) for a, b, quarters in tempi])
    return first + np.concatenate([[0], np.cumsum(60 / qpm / 24)])


def heard(times, jitter=0.0, seed=0, lost=(), twice=(), follower=None):
    """Follow a clock; the errors of its phase in seconds and its tempi, tick by tick."""
    follower = follower or ClockFollower()
    late = np.random.default_rng(seed).normal(0, jitter, len(times))
    phase, tempo = [], []
    follower.hear(START, times[0] - 0.001)
    for number, (due, time) in enumerate(zip(times, times + late, strict=True)):
        if number not in lost:
            follower.hear(TICK, time)
        if number in twice:
            follower.hear(TICK, time + 0.0005)
        transport = follower.transport
        phase.append(np.nan if transport is None else transport.seconds_at(number / 24) - due)
        tempo.append(np.nan if transport is None else transport.qpm)
    return np.array(phase), np.array(tempo)


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


@pytest.mark.parametrize("qpm", [60.0, 97.3, 120.0, 200.0])
def test_a_steady_clock_is_followed_exactly(qpm):
    phase, tempo = heard(steady(qpm, 8))
    assert np.isnan(phase[:5]).all()  # six ticks tell a tempo
    assert np.abs(phase[5:]).max() < 1e-9
    assert tempo[5:] == pytest.approx(np.full(len(tempo) - 5, qpm))


@pytest.mark.parametrize("qpm", [60.0, 97.3, 120.0, 180.0])
def test_jitter_of_three_milliseconds_is_smoothed(qpm):
    phase, tempo = heard(steady(qpm, 100), jitter=0.003, seed=int(qpm))
    settled = slice(4 * 24, None)
    assert rms(phase[settled]) < 0.001
    assert np.abs(phase[settled]).max() < 0.0026
    assert rms(tempo[settled] / qpm - 1) < 0.001
    assert np.abs(tempo[settled] / qpm - 1).max() < 0.003


def test_with_jitter_the_line_moves_little_from_tick_to_tick():
    phase, _ = heard(steady(120, 60), jitter=0.003, seed=3)
    assert rms(np.diff(phase[96:])) < 0.0003
    assert np.abs(np.diff(phase[96:])).max() < 0.001


@pytest.mark.parametrize(("jitter", "allowed"), [(0.0, 0.003), (0.003, 0.006)])
def test_a_gradual_change_of_tempo_is_followed(jitter, allowed):
    times = changing((120, 120, 8), (120, 132, 32), (132, 132, 8))
    phase, tempo = heard(times, jitter)
    assert np.abs(phase[96:]).max() < allowed  # asked for: 0.015
    assert tempo[-1] == pytest.approx(132, rel=0.003)


@pytest.mark.parametrize("jitter", [0.0, 0.001, 0.003])
@pytest.mark.parametrize(("before", "after"), [(120, 60), (60, 120), (120, 100), (120, 180)])
def test_a_sudden_change_of_tempo_is_followed_within_two_quarters(before, after, jitter):
    phase, tempo = heard(changing((before, before, 8), (after, after, 8)), jitter, seed=5)
    two_quarters_on = slice((8 + 2) * 24, None)
    assert np.abs(phase[two_quarters_on]).max() < 0.0003 + jitter
    assert np.abs(tempo[two_quarters_on] / after - 1).max() < 0.001 + 3 * jitter


def test_ticks_held_up_and_then_delivered_at_once_move_nothing():
    times = steady(120, 12)
    arrived = times.copy()
    arrived[200:203] = times[202] + np.array([0.0, 0.0002, 0.0004])
    follower = ClockFollower()
    follower.hear(START, 99.9)
    worst = 0.0
    for number, time in enumerate(arrived):
        follower.hear(TICK, time)
        if follower.transport is not None:
            worst = max(worst, abs(follower.transport.seconds_at(number / 24) - times[number]))
    assert worst < 0.001


@pytest.mark.parametrize("jitter", [0.0, 0.0005, 0.001])
@pytest.mark.parametrize(
    ("lost", "twice"),
    [((150,), ()), ((), (150,)), ((150, 151, 152), ()), ((150, 180), (210,))],
)
def test_lost_and_doubled_ticks_are_noticed_and_made_up_for(lost, twice, jitter):
    phase, _ = heard(steady(120, 12), jitter, seed=2, lost=lost, twice=twice)
    assert np.abs(phase[-24:]).max() < 0.001
    off = np.flatnonzero(np.abs(phase[96:]) > 0.003)
    assert len(off) <= 6 * (len(lost) + len(twice))


def test_a_change_of_tempo_is_not_taken_for_lost_ticks():
    for seed in range(8):
        for before, after in ((120, 60), (60, 120), (120, 132), (132, 120)):
            follower = ClockFollower()
            times = changing((before, before, 8), (after, after, 6))
            heard(times, 0.002, seed, follower=follower)
            assert follower.next_quarter == len(times) / 24


def test_the_tick_after_start_is_the_first_downbeat():
    follower = ClockFollower()
    times = steady(120, 4)
    for time in times[:48]:
        follower.hear(TICK, time)
    assert follower.transport is None
    assert follower.qpm == pytest.approx(120)
    follower.hear(START, times[47] + 0.005)
    assert follower.running
    assert follower.transport is None  # until the tick
    assert follower.next_quarter == 0
    follower.hear(TICK, times[48])
    assert follower.transport.seconds_at(0) == pytest.approx(times[48])
    assert follower.transport.qpm == pytest.approx(120)


def test_a_machine_whose_ticks_begin_anew_at_the_start_is_believed():
    follower = ClockFollower()
    for time in steady(120, 4):
        follower.hear(TICK, time)
    heard_at = steady(120, 4, first=102.51)  # half a tick off the old line
    phase, _ = heard(heard_at, follower=follower)
    assert np.abs(phase).max() < 1e-6


def test_stop_holds_the_position_and_continue_goes_on_from_it():
    follower = ClockFollower()
    times = steady(120, 8)
    follower.hear(START, 99.9)
    for time in times[:36]:
        follower.hear(TICK, time)
    follower.hear(STOP, times[35] + 0.002)
    assert (follower.running, follower.transport) == (False, None)
    for time in times[36:60]:
        follower.hear(TICK, time)
    assert follower.next_quarter == 1.5
    follower.hear(CONTINUE, times[59] + 0.002)
    follower.hear(TICK, times[60])
    assert follower.transport.quarter_at(times[60]) == pytest.approx(1.5)


def test_a_machine_that_is_silent_while_it_is_stopped_goes_on_where_it_was():
    follower = ClockFollower()
    heard(steady(120, 4), follower=follower)
    follower.hear(STOP, 102.0)
    follower.hear(CONTINUE, 110.0)
    follower.hear(TICK, 110.001)
    assert follower.transport.quarter_at(110.001) == pytest.approx(4)
    assert follower.transport.qpm == pytest.approx(120)  # what it was, until more ticks have come


def test_the_song_position_counts_sixteenths():
    follower = ClockFollower()
    for time in steady(120, 2):
        follower.hear(TICK, time)
    follower.hear(bytes([0xF2, 0x04, 0x01]), 101.0)  # 4 + 128 sixteenths
    follower.hear(CONTINUE, 101.0)
    follower.hear(TICK, 101.0)
    assert follower.transport.quarter_at(101.0) == pytest.approx(33)
    follower.hear(bytes([0xF2, 0x08, 0x00]), 101.01)  # also while it runs
    follower.hear(TICK, 101 + 0.5 / 24)
    assert follower.transport.quarter_at(101 + 0.5 / 24) == pytest.approx(2)


def test_a_pulled_cable_is_noticed_after_half_a_second():
    follower = ClockFollower()
    assert not follower.lost(50.0)  # nothing has come yet
    follower.hear(TICK, 100.0)
    assert not follower.lost(100.49)
    assert follower.lost(100.51)
    follower.hear(TICK, 103.0)
    assert not follower.lost(103.1)


def test_after_a_pulled_cable_the_count_goes_on():
    follower = ClockFollower()
    heard(steady(120, 4), follower=follower)
    for number, time in enumerate(steady(100, 2, first=105.0)):
        follower.hear(TICK, time)
        assert follower.transport.quarter_at(time) == pytest.approx(4 + number / 24, abs=0.03)
    assert follower.transport.qpm == pytest.approx(100)


def test_other_messages_and_broken_ones_are_ignored():
    follower = ClockFollower()
    for message in (b"", b"\xfe", b"\x90\x40\x40", b"\xf2\x01", b"\xff"):
        follower.hear(message, 1.0)
    assert not follower.running
    assert not follower.lost(9.0)


def test_a_clock_out_of_all_bounds_is_held_to_the_limits():
    _, tempo = heard(steady(2000, 4))
    assert np.nanmax(tempo) == pytest.approx(400)
    _, tempo = heard(steady(8, 4))
    assert np.nanmin(tempo) == pytest.approx(20)


# Sending a clock


def test_ticks_are_exact_twentyfourths():
    assert list(clock_messages(0, 1 / 6)) == [(number / 24, TICK) for number in range(4)]
    assert [quarter for quarter, _ in clock_messages(-4, -3.9)] == [-4, -95 / 24, -94 / 24]


def test_spans_that_meet_share_no_tick_and_miss_none():
    edges = np.sort(np.concatenate([np.random.default_rng(0).uniform(0, 4, 200), [0, 1, 2, 3, 4]]))
    ticks = [quarter for a, b in pairwise(edges.tolist()) for quarter, _ in clock_messages(a, b)]
    assert ticks == [number / 24 for number in range(96)]


@pytest.mark.parametrize(
    ("quarter", "message"),
    [(0, "f2 00 00"), (1, "f2 04 00"), (0.3, "f2 01 00"), (32, "f2 00 01"), (-1, "f2 00 00"),
     (5000, "f2 7f 7f")],
)  # fmt: skip
def test_song_positions_are_written_as_sixteenths(quarter, message):
    assert song_position(quarter).hex(" ") == message
