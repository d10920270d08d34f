from pathlib import Path

import numpy as np
import pytest

from musegan.music.midi import read_midi

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
METRES = {
    "ode-to-joy": (4, 4),
    "greensleeves": (6, 8),
    "amazing-grace": (3, 4),
    "when-the-saints": (4, 4),
    "drunken-sailor": (2, 4),
}


def melody(name):
    score = read_midi(SAMPLES / f"{name}.mid")
    (track,) = [track for track in score.tracks if len(track.notes)]
    return score, track


@pytest.mark.parametrize("name", METRES)
def test_a_sample_is_a_single_line_named_melody_in_its_metre(name):
    score, track = melody(name)
    notes = track.notes.numpy()
    metre = score.time_signatures[0]
    assert track.name == "Melody"
    assert (metre.numerator, metre.denominator) == METRES[name]
    assert (notes["time"][1:] >= (notes["time"] + notes["duration"])[:-1]).all()
    bar = score.ticks_per_quarter * 4 * metre.numerator // metre.denominator
    assert score.end() > 16 * bar
    assert np.ptp(notes["velocity"]) > 15


@pytest.mark.parametrize(
    ("name", "quarters"),
    [
        ("ode-to-joy", 0),
        ("greensleeves", 2.5),
        ("amazing-grace", 2),
        ("when-the-saints", 1),
        ("drunken-sailor", 0),
    ],
)
def test_a_pick_up_stands_at_the_end_of_the_first_bar(name, quarters):
    score, track = melody(name)
    assert track.notes[0].time == quarters * score.ticks_per_quarter


def test_the_saints_swing_in_triplets():
    score, track = melody("when-the-saints")
    quarter = score.ticks_per_quarter
    places = set((track.notes.numpy()["time"] % quarter).tolist())
    assert places == {0, quarter * 2 // 3}


def test_each_sample_is_in_the_readme():
    listed = (SAMPLES / "README.md").read_text("utf-8")
    assert all(path.name in listed for path in SAMPLES.glob("*.mid"))
    assert {path.stem for path in SAMPLES.glob("*.mid")} >= METRES.keys()
