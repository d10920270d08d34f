"""Performances noticed, beats estimated from notes, and read from files."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import symusic
from symusic.core import ScoreTick

from musegan.errors import FormatError
from musegan.music.beats import (
    Beats,
    estimate_beats,
    is_performance,
    read_beats,
    written_period,
)

SONG = np.array([0, 1, 1.5, 2, 3, 3.5, 3.75, 4, 5, 6, 6.5, 7] * 8) + np.repeat(
    8 * np.arange(8), 12
)  # onsets in quarters: on beats, eighths and sixteenths


def score(quarters: npt.NDArray[np.float64], *metre: tuple[int, int, int]) -> ScoreTick:
    """A one-track score with onsets at the given quarters, 480 ticks each."""
    made = symusic.Score(480)
    track = symusic.Track("x", 0, False)
    for quarter in quarters:
        track.notes.append(symusic.Note(round(quarter * 480), 100, 60, 80))
    made.tracks.append(track)
    for time, numerator, denominator in metre:
        made.time_signatures.append(symusic.TimeSignature(time, numerator, denominator))
    return made


def played(beats_per_bar: int, period: float, bars: int = 16) -> list[npt.NDArray[np.float64]]:
    """Seconds, pitches, velocities of a bass on each downbeat and changing chords on each beat."""
    random = np.random.default_rng(1)
    notes = []
    for beat in range(bars * beats_per_bar):
        second = 0.4 + beat * period + random.normal(0, 0.008)
        bar, place = divmod(beat, beats_per_bar)
        root = (0, 5, 7, 9)[bar % 4]
        if place == 0:
            notes.append((second, 36 + root, 100))
        notes += [(second, 60 + root + step, 90 if place == 0 else 70) for step in (0, 4, 7)]
        if beat % 3 == 0:
            notes.append((second + period / 2, 72 + root, 60))
    return list(np.array(sorted(notes)).T)


def test_onsets_on_the_grid_are_no_performance() -> None:
    assert not is_performance(score(SONG))
    assert not is_performance(score(np.arange(200) / 3))  # triplets


def test_human_timing_around_a_click_is_no_performance() -> None:
    late = np.random.default_rng(0).normal(0.02, 0.03, len(SONG))
    assert not is_performance(score(SONG + np.abs(late)))


def test_onsets_that_ignore_the_beat_are_a_performance() -> None:
    assert is_performance(score(np.sort(np.random.default_rng(0).uniform(0, 64, 300))))
    assert is_performance(score(SONG * 1.0731))


@pytest.mark.parametrize("shift", [0.1, 0.15, 0.25, 0.6])
def test_a_song_beside_its_beat_is_a_performance(shift: float) -> None:
    late = np.random.default_rng(0).normal(0, 0.01, len(SONG))
    assert is_performance(score(np.abs(SONG + shift + late)))


def test_bars_of_one_quarter_are_no_bars() -> None:
    assert is_performance(score(SONG, (0, 1, 4)))
    assert is_performance(score(SONG, (0, 4, 4), (0, 1, 4)))
    assert not is_performance(score(SONG, (0, 1, 4), (480, 4, 4)))  # a pick-up
    assert not is_performance(score(SONG, (0, 4, 4)))


def test_a_few_notes_tell_nothing() -> None:
    assert not is_performance(score(np.array([0.13, 1.29, 2.41])))
    assert not is_performance(symusic.Score(480))


@pytest.mark.parametrize(("beats_per_bar", "period"), [(4, 0.6), (4, 0.8), (3, 0.6), (3, 0.75)])
def test_beats_and_bars_of_a_steady_song_are_found(beats_per_bar: int, period: float) -> None:
    seconds, pitches, velocities = played(beats_per_bar, period)
    beats = estimate_beats(seconds, pitches, velocities, float(seconds[-1]) + period)
    assert beats.qpm == pytest.approx(60 / period, rel=0.02)
    assert beats.beats_per_bar == beats_per_bar
    truth = 0.4 + period * np.arange(16 * beats_per_bar)
    away = np.abs(truth[:, None] - beats.seconds).min(axis=1)
    assert away.max() < 0.04
    downbeats = beats.seconds[beats.downbeats]
    away = np.abs(truth[::beats_per_bar, None] - downbeats).min(axis=1)
    assert away.max() < 0.04


def test_a_known_period_is_kept() -> None:
    seconds, pitches, velocities = played(4, 0.6)
    for period in (0.3, 0.6, 1.2):
        beats = estimate_beats(seconds, pitches, velocities, float(seconds[-1]), period)
        assert beats.qpm == pytest.approx(60 / period, rel=0.03)


def test_notes_beside_the_bars_keep_to_the_written_tempo() -> None:
    beside = score(SONG + 0.13)
    beside.tempos.append(symusic.Tempo(0, 80.0))
    assert written_period(beside) == pytest.approx(0.75)
    beside.tempos.append(symusic.Tempo(480 * 30, 150.0))
    assert written_period(beside) is None  # two tempos
    assert written_period(score(SONG)) == pytest.approx(0.5)  # none is written: 120
    assert written_period(score(SONG * 1.0731)) is None
    assert written_period(symusic.Score(480)) is None


def test_beats_follow_a_drifting_tempo() -> None:
    seconds, pitches, velocities = played(4, 0.6, bars=24)
    bent = seconds + 0.002 * seconds**2
    beats = estimate_beats(bent, pitches, velocities, float(bent[-1]) + 0.7)
    truth = 0.4 + 0.6 * np.arange(96)
    truth = truth + 0.002 * truth**2
    assert (np.abs(truth[:, None] - beats.seconds).min(axis=1) < 0.07).mean() > 0.9


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_few_notes_get_beats_that_cover_them(count: int) -> None:
    seconds = 2.0 + 0.7 * np.arange(count)
    beats = estimate_beats(seconds, [60] * count, [80] * count, float(seconds[-1]) + 1)
    assert len(beats.seconds) >= 2
    assert (np.diff(beats.seconds) > 0).all()
    assert beats.seconds[0] <= 2.05
    assert beats.seconds[-1] >= seconds[-1] + 1
    assert 0 <= beats.first_downbeat < beats.beats_per_bar


def test_notes_at_one_moment_get_beats() -> None:
    beats = estimate_beats([0.0, 0.0, 0.004], [60, 64, 67], [1, 1, 1], 0.1)
    assert len(beats.seconds) >= 2


def test_no_notes_have_no_beats() -> None:
    with pytest.raises(FormatError, match="without notes"):
        estimate_beats([], [], [], 3.0)


@pytest.mark.parametrize(
    ("text", "beats_per_bar", "first"),
    [
        ("0.5\n1.0\n1.5\n", 4, 0),
        ("# a comment\n0.5 3\n1.0 1\n\n1.5 2\n2.0 3\n2.5 1\n", 3, 1),
        ("0.5,1\n1.0,2\n1.5,3\n2.0,4\n2.5,1\n3.0,2", 4, 0),
        ("0 0 0\n1 1 0\n2 0 0\n3 1 1\n4 0 0\n5 1 0\n6 0 0\n7 1 1\n", 4, 3),
    ],
)
def test_beats_are_read_from_a_file(
    tmp_path: Path, text: str, beats_per_bar: int, first: int
) -> None:
    (tmp_path / "beats.txt").write_text(text)
    beats = read_beats(tmp_path / "beats.txt")
    assert (beats.beats_per_bar, beats.first_downbeat) == (beats_per_bar, first)
    assert beats.downbeats[first]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5\nhello\n", "line 2: 'hello' is not"),
        ("0.5\n1 2 3 4\n", "line 2"),
        ("nan\n1\n", "line 1"),
        ("1\n\n0.5\n", r"line 3: 0.5 s is not after .* 1 s"),
        ("1\n", "holds 1 beats"),
        ("", "holds 0 beats"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "beats.txt").write_text(text)
    with pytest.raises(FormatError, match=message) as error:
        read_beats(tmp_path / "beats.txt")
    assert "\n" not in str(error.value)


def test_a_missing_or_binary_file_of_beats_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none\.txt: cannot read beats"):
        read_beats(tmp_path / "none.txt")
    (tmp_path / "x.mid").write_bytes(b"\xff\xfe\x80MThd")
    with pytest.raises(FormatError, match=r"x\.mid: cannot read beats"):
        read_beats(tmp_path / "x.mid")


def test_beats_know_their_tempo() -> None:
    assert Beats(np.array([0, 0.5, 1.0, 1.5]), 4, 0).qpm == 120


def test_real_files_are_told_apart(shared_data: Path) -> None:
    shares = {}
    for folder in ("pop909", "lieder", "deepcomposer-jsb", "simutrans"):
        files = sorted((shared_data / folder).rglob("*.mid"))
        files = files[:: max(len(files) // 36, 1)]
        shares[folder] = np.mean([is_performance(symusic.Score(file)) for file in files])
    assert shares["pop909"] > 0.85
    assert max(shares["lieder"], shares["deepcomposer-jsb"], shares["simutrans"]) < 0.06


def test_beats_of_pop909_are_read_and_found(shared_data: Path) -> None:
    song = shared_data / "pop909" / "003"
    written = read_beats(song / "beat_midi.txt")
    assert written.beats_per_bar == 4
    notes = [note for track in symusic.Score(song / "003.mid").to("second").tracks
             for note in track.notes]  # fmt: skip
    notes.sort(key=lambda note: note.time)
    found = estimate_beats(
        [note.time for note in notes],
        [note.pitch for note in notes],
        [note.velocity for note in notes],
        max(note.end for note in notes),
    )
    inside = found.seconds[(found.seconds > 3) & (found.seconds < written.seconds[-1])]
    away = np.abs(inside[:, None] - written.seconds).min(axis=1)
    assert (away < 0.07).mean() > 0.9
