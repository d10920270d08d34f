"""A file's melody, played in as if by a keyboard."""

import pytest
from symusic.core import NoteTick, ScoreTick, TempoTick, TimeSignatureTick, TrackTick

from musegan.errors import MidiError
from musegan.live.script import read_script
from musegan.music.metre import Metre, parse_metre
from musegan.music.midi import standard_bytes


def write(path, *, first=0, notes=4, metres=((0, 4, 4),), tempi=((0, 96.0),), name="Melody"):
    """A file of quarter notes from quarter `first` on."""
    score = ScoreTick(480)
    for tick, numerator, denominator in metres:
        score.time_signatures.append(TimeSignatureTick(tick, numerator, denominator))
    for tick, qpm in tempi:
        score.tempos.append(TempoTick(tick, qpm))
    track = TrackTick(name, 0, False)
    for index in range(notes):
        track.notes.append(NoteTick((first + index) * 480, 240, 60 + index, 70))
    score.tracks.append(track)
    path.write_bytes(standard_bytes(score))
    return path


def test_notes_begin_and_end_where_they_are_written(tmp_path):
    script = read_script(write(tmp_path / "a.mid", notes=2))
    assert list(script.messages) == [
        (0.0, bytes([0x90, 60, 70])),
        (0.5, bytes([0x90, 60, 0])),
        (1.0, bytes([0x90, 61, 70])),
        (1.5, bytes([0x90, 61, 0])),
    ]
    assert script.quarters == 1.5


def test_metre_and_tempo_are_the_files_own(tmp_path):
    script = read_script(write(tmp_path / "a.mid", metres=[(0, 3, 4)], tempi=[(0, 88.0)]))
    assert script.metre == Metre(3, 4)
    assert script.qpm == pytest.approx(88, abs=1e-3)
    assert list(script.notices) == []


def test_another_metre_can_be_asked_for(tmp_path):
    path = write(tmp_path / "a.mid", metres=[(0, 3, 4)])
    assert read_script(path, metre=parse_metre("6/8")).metre == Metre(6, 8)


def test_empty_bars_before_the_melody_are_left_out_and_a_pick_up_stays_one(tmp_path):
    script = read_script(write(tmp_path / "a.mid", first=11, notes=5))
    assert script.messages[0][0] == 3.0


def test_changes_of_metre_and_tempo_are_told_and_not_followed(tmp_path):
    path = write(
        tmp_path / "a.mid",
        notes=12,
        metres=[(0, 4, 4), (1920, 3, 4)],
        tempi=[(0, 96.0), (1920, 150.0)],
    )
    script = read_script(path)
    assert script.metre == Metre(4, 4)
    assert script.qpm == pytest.approx(96, abs=1e-3)
    assert ["metre" in line or "tempo" in line for line in script.notices] == [True, True]


@pytest.mark.parametrize("qpm", [8.0, 900.0])
def test_an_impossible_tempo_is_brought_within_limits(tmp_path, qpm):
    script = read_script(write(tmp_path / "a.mid", tempi=[(0, qpm)]))
    assert 20 <= script.qpm <= 400


def test_what_is_no_melody_is_refused_in_a_line(tmp_path):
    (tmp_path / "text.mid").write_text("hello")
    for path in (
        tmp_path / "text.mid",
        tmp_path / "absent.mid",
        write(tmp_path / "no.mid", notes=0),
    ):
        with pytest.raises(MidiError, match=path.name) as error:
            read_script(path)
        assert "\n" not in str(error.value)
