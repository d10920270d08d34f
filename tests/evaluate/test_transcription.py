"""Notes heard in sounds: the model is Basic Pitch's own, where it is installed."""

import numpy as np
import pytest

from musegan.errors import FormatError, MissingExtra
from musegan.evaluate.transcription import (
    FRAMES,
    HELD,
    HOP,
    LAPPED,
    RATE,
    WINDOW,
    HeardNotes,
    agreement,
    notes_of,
    open_transcriber,
    windows_of,
)


def notes(*pairs: tuple[float, int]) -> HeardNotes:
    return HeardNotes(
        np.array([onset for onset, _ in pairs]), np.array([key for _, key in pairs], np.int64)
    )


def likelihoods(*heard: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Onsets and sounding of keys (frame, column, frames held)."""
    begins, sounds = np.zeros((100, 88)), np.zeros((100, 88))
    for frame, column, held in heard:
        begins[frame - 1 : frame + 2, column] = 0.4, 0.9, 0.4
        sounds[frame : frame + held, column] = 1.0
    return begins, sounds


def test_a_note_begins_where_its_onset_is_likeliest():
    found = notes_of(*likelihoods((20, 39, 30), (60, 43, 30)))
    assert found.keys.tolist() == [60, 64]
    assert found.onsets == pytest.approx([20 * HOP / RATE, 60 * HOP / RATE])


def test_what_does_not_sound_on_is_no_note():
    assert len(notes_of(*likelihoods((20, 39, 1))).keys) == 0
    assert len(notes_of(*likelihoods((20, 39, 1 + HELD))).keys) == 1


def test_windows_give_each_frame_of_a_sound_once():
    sound = np.arange(3 * WINDOW, dtype=np.float32)
    windows = windows_of(sound)
    assert {len(window) for window in windows} == {WINDOW}
    kept = [w[LAPPED // 2 * HOP :][: (FRAMES - LAPPED) * HOP] for w in windows]
    step = WINDOW - LAPPED * HOP
    assert step // HOP + 1 == FRAMES - LAPPED  # as many frames as the middle of a window has
    for number, part in enumerate(kept[:2]):
        np.testing.assert_array_equal(part[:step], sound[number * step : (number + 1) * step])


def test_notes_agree_within_a_twentieth_of_a_second_and_by_key():
    played = notes((0.5, 60), (1.0, 62), (1.5, 64), (2.0, 65))
    heard = notes((0.54, 60), (1.0, 63), (1.5, 64), (1.5, 76))
    found = agreement(played, heard)
    assert found.precision == pytest.approx(2 / 4)
    assert found.recall == pytest.approx(2 / 4)
    assert found.f1 == pytest.approx(0.5)
    assert found.pitch == pytest.approx(2 / 3)  # of the three near which anything was heard
    assert agreement(played, notes((0.56, 60))).f1 == 0
    assert agreement(played, notes()) == (0, 0, 0, 0)


def test_a_file_without_the_model_is_told_in_a_line(tmp_path):
    pytest.importorskip("onnxruntime", reason="pip install 'musegan[transcription]'")
    (tmp_path / "other.onnx").write_bytes(b"no model")
    with pytest.raises(FormatError, match=r"other\.onnx: no model of Basic Pitch"):
        open_transcriber(tmp_path / "other.onnx")


def test_the_notes_of_plain_tones_are_heard():
    pytest.importorskip("onnxruntime", reason="pip install 'musegan[transcription]'")
    try:
        transcriber = open_transcriber()
    except MissingExtra as error:
        pytest.skip(str(error))
    rate, played = 24_000, notes((0.2, 60), (0.7, 64), (1.2, 67), (1.7, 72), (2.4, 55))
    sound = np.zeros(4 * rate)
    for onset, key in zip(played.onsets, played.keys, strict=True):
        time = np.arange(rate) / rate
        hertz = 440 * 2 ** ((key - 69) / 12)
        tone = sum(np.sin(2 * np.pi * hertz * h * time) / h**1.5 for h in range(1, 8))
        fading = np.exp(-4 * time) * np.minimum(1, (1 - time) / 0.1)
        begin = round(onset * rate)
        sound[begin : begin + rate] += 0.2 * tone * fading
    found = agreement(played, transcriber(sound, rate))
    assert found.recall == found.pitch == 1
    assert found.precision > 0.5  # a key that sounds on is heard again where another begins
