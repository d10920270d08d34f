import symusic
from symusic.core import ScoreTick, TrackTick
from symusic.core import TimeSignatureTick as TimeSignature

from musegan.images.systems import Bar, System, bars_of, fill_systems, lay_out


def score(*metres, end=1920):
    song = ScoreTick(480)
    for tick, numerator, denominator in metres:
        song.time_signatures.append(TimeSignature(tick, numerator, denominator))
    track = TrackTick()
    track.notes.append(symusic.core.NoteTick(0, end, 60, 90))
    song.tracks.append(track)
    return song


def same_bars(count, length=1920):
    return [Bar(i * length, (i + 1) * length, 480.0) for i in range(count)]


def test_bars_are_of_four_quarters_where_no_metre_is_written():
    assert bars_of(score(end=4000)) == [
        Bar(0, 1920, 480.0, "4/4"),
        Bar(1920, 3840, 480.0),
        Bar(3840, 5760, 480.0),
    ]


def test_a_metre_that_changes_inside_a_bar_cuts_it_short():
    bars = bars_of(score((0, 3, 4), (1920, 6, 8), end=3000))
    assert [(bar.start, bar.end, bar.metre) for bar in bars] == [
        (0, 1440, "3/4"),
        (1440, 1920, ""),
        (1920, 3360, "6/8"),
    ]
    assert bars[2].beat == 720  # a dotted quarter


def test_a_metre_that_is_written_again_is_not_shown_again():
    bars = bars_of(score((0, 4, 4), (1920, 4, 4), end=3840))
    assert [bar.metre for bar in bars] == ["4/4", ""]


def test_systems_hold_whole_bars_in_fours():
    assert fill_systems(same_bars(20), 7 * 1920) == [
        System(0, 3),
        System(4, 7),
        System(8, 11),
        System(12, 15),
        System(16, 19),
    ]


def test_the_last_bar_does_not_stand_alone_where_it_fits():
    assert fill_systems(same_bars(9), 9 * 1920) == [System(0, 8)]


def test_a_bar_longer_than_a_system_has_its_own():
    assert fill_systems(same_bars(2), 1000) == [System(0, 0), System(1, 1)]


def test_a_short_song_is_one_system():
    layout = lay_out(same_bars(2), 480, 10)
    assert layout.systems == [System(0, 1)]
    assert layout.quarter == 72


def test_a_system_of_a_longer_song_fills_the_page():
    layout = lay_out(same_bars(40), 480, 10)
    fullest = max(s.last - s.first + 1 for s in layout.systems)
    assert layout.quarter * 4 * fullest == layout.width == 1600


def test_a_long_song_gets_a_wider_picture_and_no_more_systems():
    layout = lay_out(same_bars(5000), 480, 12)
    assert len(layout.systems) <= 12
    assert 1600 < layout.width <= 6000
    assert layout.systems[0].first == 0
    assert layout.systems[-1].last == 4999


def test_a_note_that_rings_over_a_bar_line_by_a_moment_makes_no_bar():
    assert len(bars_of(score(end=1920 + 60))) == 1
    assert len(bars_of(score(end=1920 + 61))) == 2
    late = score()
    late.tracks[0].notes.append(symusic.core.NoteTick(1925, 5, 60, 90))
    assert len(bars_of(late)) == 2
