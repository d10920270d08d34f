"""The transport: position and time, one from the other."""

from fractions import Fraction

import pytest

from musegan.live.transport import Transport, within_limits


def test_positions_and_seconds_come_from_the_anchor():
    transport = Transport(10.0, -4.0, 120.0)
    assert transport.seconds_at(0) == 12.0
    assert transport.seconds_at(-4) == 10.0
    assert transport.quarter_at(11.0) == -2.0
    assert transport.quarter_at(9.5) == -5.0  # before the anchor too


@pytest.mark.parametrize("qpm", [20.0, 97.3, 123.456789, 133.33333333, 399.99])
def test_an_hour_of_quarters_does_not_drift(qpm):
    transport = Transport(98765.4321, -4.0, qpm)
    last = int(qpm * 60)
    exactly = Fraction(98765.4321) + Fraction(last + 4) * 60 / Fraction(qpm)
    assert abs(Fraction(transport.seconds_at(last)) - exactly) < Fraction(1, 10**6)
    assert transport.quarter_at(transport.seconds_at(last)) == pytest.approx(last, abs=1e-6)


def test_a_thousand_new_tempi_in_an_hour_do_not_drift():
    transport = Transport(1000.0, 0.0, 120.0)
    exactly, since = Fraction(0), Fraction(1000)
    for change in range(1, 1001):
        now = 1000.0 + 3.6 * change
        exactly += (Fraction(now) - since) * Fraction(transport.qpm) / 60
        since = Fraction(now)
        transport = transport.retimed(now, 90 + change % 77 + 0.1)
    assert transport.quarter_at(4600.0) == pytest.approx(float(exactly), abs=1e-6)


def test_a_new_tempo_keeps_the_position_and_changes_what_follows():
    transport = Transport(0.0, 0.0, 120.0).retimed(4.0, 60.0)
    assert transport == Transport(4.0, 8.0, 60.0)
    assert transport.seconds_at(9) == 5.0


def test_a_move_keeps_the_tempo():
    assert Transport(0.0, 0.0, 90.0).moved(3.0, 16.0) == Transport(3.0, 16.0, 90.0)


@pytest.mark.parametrize(("asked", "played"), [(5, 20), (20, 20), (132.5, 132.5), (1000, 400)])
def test_tempi_stay_within_what_the_band_plays(asked, played):
    assert within_limits(asked) == played
