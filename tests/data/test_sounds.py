"""Sounds read from files: their rate, their length, their classes, and what is left out."""

import logging

import numpy as np
import pytest
import soundfile
import torch
from soundfiles import PITCHES, RATE, SAMPLES, tone, tones_folder

from musegan.audio.waveform import write_flac, write_wav
from musegan.config import SoundData
from musegan.data import keeping, sounds
from musegan.data.sounds import (
    LOUDEST,
    SoundSet,
    SoundSource,
    open_sounds,
    own_sounds,
    pieces_of,
    read_files,
)
from musegan.data.spoken import DIGITS
from musegan.errors import ConfigError, CorpusError, FormatError


def data(source="x", **settings):
    return SoundData(**({"source": str(source), "rate": RATE, "samples": SAMPLES} | settings))


def pitch_of(sound, rate=RATE):
    """Where the spectrum is loudest, Hz."""
    return np.fft.rfft(sound).__abs__().argmax() * rate / len(sound)


def test_silence_around_a_sound_is_cut_off_and_what_is_missing_is_silence_at_the_end():
    quiet = np.zeros((1, 300), np.float32)
    (piece,) = pieces_of(np.concatenate([quiet, tone(500, 400)[None], quiet], 1), RATE, data())
    assert len(piece) == SAMPLES
    assert abs(piece[0]) > 0.8  # the tone begins at its crest
    assert not piece[400:].any()


def test_every_file_is_as_loud_as_every_other():
    for loudness in (0.01, 0.9):
        (piece,) = pieces_of(tone(500, 800, loudness=loudness)[None], RATE, data())
        assert np.abs(piece).max() == pytest.approx(LOUDEST, abs=1e-3)


@pytest.mark.parametrize("rate", [4_000, 11_025, 44_100, 48_000])
def test_a_sound_of_another_rate_keeps_its_pitch(rate):
    (piece, *_) = pieces_of(tone(800, rate, rate)[None], rate, data())
    assert pitch_of(piece) == pytest.approx(800, abs=RATE / SAMPLES)


def test_both_channels_of_a_stereo_sound_are_heard():
    both = np.stack([tone(500, 1024), tone(1500, 1024)])
    (piece,) = pieces_of(both, RATE, data())
    spectrum = np.abs(np.fft.rfft(piece))
    assert spectrum[64] > 100
    assert spectrum[64] == pytest.approx(spectrum[192], rel=0.05)


def test_a_long_sound_is_cut_into_pieces_and_a_short_rest_is_left_out():
    assert len(pieces_of(tone(500, 2 * SAMPLES + 400)[None], RATE, data())) == 2
    assert len(pieces_of(tone(500, 2 * SAMPLES + 700)[None], RATE, data())) == 3
    assert len(pieces_of(tone(500, 9 * SAMPLES)[None], RATE, data(), whole=True)) == 1


def test_a_piece_ends_without_a_click():
    for piece in pieces_of(tone(500, 3 * SAMPLES)[None], RATE, data()):
        assert piece[-1] == 0
        assert np.abs(piece[-3:]).max() < 0.1


def test_a_later_piece_of_a_long_sound_begins_without_a_click():
    for piece in pieces_of(tone(500, 3 * SAMPLES)[None], RATE, data())[1:]:
        assert piece[0] == 0
        assert np.abs(piece[:3]).max() < 0.1


def test_silence_is_no_sound_nor_is_what_rounding_leaves_of_it():
    left = tone(500, 800, loudness=0.5)
    for silent in (np.zeros((1, 500)), np.stack([left, 1e-5 - left]), np.full((1, 500), 0.3)):
        assert pieces_of(silent.astype(np.float32), RATE, data()) == []


def test_an_offset_is_taken_out():
    plain, shifted = (pieces_of(tone(500, 800)[None] / 2 + by, RATE, data())[0] for by in (0, 0.3))
    assert np.abs(plain - shifted).max() < 0.02


def test_a_file_that_is_not_of_numbers_is_refused_by_name(tmp_path):
    soundfile.write(tmp_path / "bad.wav", np.full(500, np.nan, np.float32), RATE, "FLOAT")
    with pytest.raises(FormatError, match=r"bad\.wav: holds samples that are not numbers"):
        read_files([tmp_path / "bad.wav"], data())


def test_a_folder_for_a_known_set_that_holds_others_is_a_set_of_its_own(tmp_path):
    folder = tones_folder(tmp_path / "tones", 2)
    assert own_sounds(data("drums", folder=str(folder))) == data(folder)
    (tmp_path / "kick").mkdir()
    known = data("drums", folder=str(tmp_path))
    assert own_sounds(known) == known
    absent = data("spoken-digits", folder=str(tmp_path / "absent"))
    assert own_sounds(absent) == absent


def test_folders_are_classes_and_a_tenth_of_the_files_are_for_testing(tmp_path):
    folder = tones_folder(tmp_path / "tones", 20)
    train, test = (open_sounds(data(folder), split) for split in ("train", "test"))
    assert train.classes == test.classes == ("high", "low")
    assert len(train.sounds) + len(test.sounds) == 40
    assert 1 <= len(test.sounds) <= 8
    for sound, label in zip(train.sounds, train.labels, strict=True):
        assert pitch_of(sound) == pytest.approx(PITCHES[train.classes[label]], rel=0.12)


def test_a_folder_without_class_folders_has_no_classes(tmp_path):
    for number in range(10):
        write_flac(tmp_path / f"{number}.flac", tone(300 + 50 * number), RATE)
    found = open_sounds(data(tmp_path))
    assert found.classes == ()
    assert not found.labels.any()


@pytest.mark.parametrize(
    ("kind", "coding"), [("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III"), ("WAV", "PCM_24")]
)
def test_files_of_many_kinds_are_read(tmp_path, kind, coding):
    for number in range(2):
        both = np.stack([tone(700, 20_000, 44_100)] * 2, 1)
        soundfile.write(tmp_path / f"{number}.{kind.lower()}", both, 44_100, coding, format=kind)
    sound = open_sounds(data(tmp_path, samples=2_048)).sounds[0]
    assert pitch_of(sound) == pytest.approx(700, abs=8)


def test_a_damaged_file_is_named_and_left_out(tmp_path, caplog):
    folder = tones_folder(tmp_path / "tones", 6)
    (folder / "low" / "broken.wav").write_bytes(b"RIFF....WAVEfmt nonsense")
    with caplog.at_level(logging.WARNING):
        found = [open_sounds(data(folder), split) for split in ("train", "test")]
    assert sum(len(part.sounds) for part in found) == 12
    assert "skipped" in caplog.text
    assert "broken.wav" in caplog.text


def test_a_silent_file_is_named_and_left_out(tmp_path, caplog):
    folder = tones_folder(tmp_path / "tones", 6)
    write_wav(folder / "low" / "rest.wav", np.zeros(500), RATE)
    with caplog.at_level(logging.WARNING):
        assert len(open_sounds(data(folder)).sounds) < 12
    assert "rest.wav: holds silence alone" in caplog.text


def test_what_takes_long_to_read_is_kept_until_a_file_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keeping, "PATIENCE", 0.0)
    folder = tones_folder(tmp_path / "tones", 6)
    first = open_sounds(data(folder))
    assert len(list(keeping.FOLDER.iterdir())) == 1
    with monkeypatch.context() as blind:
        blind.setattr(sounds, "read_sound", lambda path: pytest.fail(f"{path} was read again"))
        again = open_sounds(data(folder))
    assert np.array_equal(first.sounds, again.sounds)
    assert np.array_equal(first.labels, again.labels)
    write_wav(folder / "low" / "new.wav", tone(350), RATE)
    both = [open_sounds(data(folder), split) for split in ("train", "test")]
    assert sum(len(part.sounds) for part in both) == 13
    assert len(open_sounds(data(folder, samples=512)).sounds) >= len(first.sounds)


def test_a_folder_without_sounds_says_so(tmp_path):
    with pytest.raises(CorpusError, match="holds no sound file that can be read"):
        open_sounds(data(tmp_path))
    with pytest.raises(
        CorpusError, match=r"no folder, and no known set \(spoken-digits, drums, notes\)"
    ):
        open_sounds(data(tmp_path / "nowhere"))


def test_only_the_classes_and_as_many_as_are_asked_for(tmp_path):
    folder = tones_folder(tmp_path / "tones", 20)
    low = open_sounds(data(folder, classes=(1,)))
    assert set(low.labels) == {1}
    few = open_sounds(data(folder, limit=5))
    assert len(few.sounds) == 5
    assert np.array_equal(few.sounds, open_sounds(data(folder, limit=5)).sounds)
    with pytest.raises(CorpusError, match="no sound is of these; there are 0 high, 1 low"):
        open_sounds(data(folder, classes=(7,)))


def test_spoken_digits_are_split_by_the_number_of_the_recording(tmp_path):
    for digit in (0, 7):
        for number in range(8):
            write_wav(tmp_path / f"{digit}_jackson_{number}.wav", tone(400 + 100 * digit), RATE)
    settings = data("spoken-digits", folder=str(tmp_path))
    train, test = open_sounds(settings), open_sounds(settings, "test")
    assert train.classes == DIGITS
    assert sorted(train.labels) == [0, 0, 0, 7, 7, 7]  # the numbers 5, 6 and 7
    assert sorted(test.labels) == [0] * 5 + [7] * 5
    with pytest.raises(CorpusError, match="run `musegan prepare spoken-digits`"):
        open_sounds(data("spoken-digits", folder=str(tmp_path / "nowhere")))


def test_a_batch_is_a_function_of_its_chances():
    known = SoundSet(np.arange(-4, 4, dtype=np.int16)[:, None] * 8192, np.arange(8), ())
    source = SoundSource(known, data(), 5, torch.device("cpu"))
    one, other = (source.draw(np.random.default_rng(3)) for _ in range(2))
    assert torch.equal(one.sounds, other.sounds)
    assert torch.equal(one.sounds[:, 0], (one.labels - 4) / 4)


@pytest.mark.parametrize("settings", [{"rate": 10}, {"samples": 1}, {"limit": -1}])
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ConfigError, match="must be at least"):
        data(**settings)
