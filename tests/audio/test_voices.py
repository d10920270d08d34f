"""Who plays what in a performance, when, and how loud."""

import mido
import numpy as np
import pytest
from performances import control, named, note, performance, program

from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.voices import factors_of, voices_of


def ends(voice):
    return voice.ends.tolist()


def test_a_voice_is_a_track_a_channel_and_a_program():
    voices = voices_of(
        performance(
            [named("Tune"), program(73), *note(0, 480), program(40, tick=960), *note(960, 480)],
            [named("Kit"), *note(0, 10, pitch=36, channel=9)],
        )
    )
    found = [(voice.name, voice.channel, voice.program, voice.drums) for voice in voices]
    assert found == [("Tune", 0, 73, False), ("Tune", 0, 40, False), ("Kit", 9, 0, True)]
    assert [voice.notes.tolist() for voice in voices] == [[0], [2], [1]]


def test_notes_lie_where_the_tempo_map_has_them():
    (voice,) = voices_of(
        performance(note(480, 480) + note(1440, 240), tempi=[(0, 500_000), (960, 1_000_000)])
    )
    assert voice.onsets.tolist() == [0.5, 2.0]
    assert ends(voice) == [1.0, 2.5]


def test_the_pedal_holds_what_was_let_go():
    (voice,) = voices_of(
        performance([control(0, 64, 127), *note(0, 480), *note(960, 480, 62), control(1920, 64, 0)])
    )
    assert ends(voice) == [2.0, 2.0]


def test_a_key_that_is_struck_again_ends_the_note_before():
    (voice,) = voices_of(
        performance(
            [control(0, 64, 127), *note(0, 480), *note(960, 480), *note(0, 480, 64),
             control(1920, 64, 0)]
        )
    )  # fmt: skip
    by_key = sorted(zip(voice.pitches.tolist(), ends(voice), strict=True))
    assert by_key == [(60, 1.0), (60, 2.0), (64, 2.0)]


def test_a_channel_that_is_silenced_ends_its_notes():
    (voice,) = voices_of(performance([*note(0, 1920), control(480, 123, 0)]))
    assert ends(voice) == [0.5]


def test_a_channel_that_sets_nothing_is_as_loud_as_it_is():
    (voice,) = voices_of(performance(note(0, 480)))
    np.testing.assert_allclose(voice.levels.of(0, 100), 1, atol=1e-6)


@pytest.mark.parametrize("number", [7, 11])
def test_volume_and_expression_are_squared_and_turn_in_a_moment(number):
    (voice,) = voices_of(
        performance([control(0, 7, 100), *note(0, 1920), control(960, number, 50)])
    )
    levels = voice.levels.of(0, 2 * SYNTH_RATE)
    wanted = (50 / (100 if number == 7 else 127)) ** 2
    np.testing.assert_allclose(levels[:, : SYNTH_RATE - 1], 1, atol=1e-6)
    np.testing.assert_allclose(levels[:, SYNTH_RATE + 240 :], wanted, atol=1e-6)
    assert np.abs(np.diff(levels)).max() < 0.005  # no click


def test_what_is_set_before_the_first_note_holds_from_the_beginning():
    (voice,) = voices_of(performance([control(0, 7, 50), *note(480, 480)]))
    np.testing.assert_allclose(voice.levels.of(0, 10), 0.25, atol=1e-6)


def test_pan_has_equal_power():
    for pan in (0, 1, 30, 64, 100, 127):
        left, right = factors_of(100, 127, pan)
        assert left**2 + right**2 == pytest.approx(2)
    assert factors_of(100, 127, 0)[1] == 0
    assert factors_of(100, 127, 127)[0] == pytest.approx(0, abs=1e-9)
    assert factors_of(100, 127, 64) == pytest.approx((1, 1))


def test_a_bent_channel_is_known():
    bend = mido.Message("pitchwheel", pitch=2_000)
    assert voices_of(performance([*note(0, 480), (100, bend)]))[0].bent
    assert not voices_of(performance([*note(0, 480), (100, bend.copy(pitch=0))]))[0].bent


def test_without_notes_a_performance_keeps_its_settings():
    whole = performance([control(0, 7, 50), *note(0, 480), *note(480, 480, 62)])
    left = whole.without(np.array([True, False]))
    assert [event.note for event in left.events] == [-1, 1, 1]
