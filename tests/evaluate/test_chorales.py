"""The notebook's measures, on rolls whose figures can be counted."""

import io

import numpy as np
import pytest
from rich.console import Console

from musegan.evaluate.chorales import chorale_figures, print_chorales


def rolls():
    """Two clips of one track and two bars: C and E for a bar, a C sharp for two steps of another."""
    made = np.zeros((2, 1, 2, 16, 128), bool)
    made[0, 0, 0, :, [60, 64]] = True
    made[1, 0, 1, :2, 61] = True
    return made


def test_figures_are_what_can_be_counted():
    found = chorale_figures("clips", rolls())
    assert found.empty_bars == 0.5
    assert found.pitches == 1.5  # 2 and 1
    assert found.polyphony == 0.5  # all steps of one bar of two
    assert found.in_scale == pytest.approx(32 / 34)  # of C major


def test_the_published_ones_count_full_bars_and_bands_of_ten_semitones():
    found = chorale_figures("clips", rolls())
    assert found.published_empty_bars == 0.5
    assert found.published_in_scale == 0  # all in band 6, "F sharp"
    low = np.zeros((1, 1, 1, 1, 128), bool)
    low[..., [0, 10]] = True  # bands 0 and 1, "C" and "C sharp": truly C and B flat
    assert chorale_figures("low", low).published_in_scale == 0.5
    assert chorale_figures("low", low).in_scale == 1


def test_of_silence_nothing_is_known_but_that_it_is():
    found = chorale_figures("silence", np.zeros((1, 4, 2, 16, 128), bool))
    assert found.empty_bars == 1
    assert all(np.isnan(v) for v in (found.pitches, found.in_scale, found.published_in_scale))


def test_the_table_has_a_row_for_each():
    text = io.StringIO()
    print_chorales([chorale_figures("ours", rolls())], Console(file=text, width=120))
    assert "ours" in text.getvalue()
    assert "0.941" in text.getvalue()
