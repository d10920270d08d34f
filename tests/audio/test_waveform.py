import numpy as np
import pytest
import soundfile

from musegan.audio.waveform import read_sound, write_flac, write_wav
from musegan.errors import FormatError

RATE = 8000


def sine(seconds=0.5):
    time = np.arange(int(seconds * RATE)) / RATE
    return np.stack([0.9 * np.sin(2 * np.pi * 440 * time), 0.2 * np.sin(2 * np.pi * 220 * time)])


@pytest.mark.parametrize(("write", "suffix"), [(write_wav, "wav"), (write_flac, "flac")])
def test_what_is_written_is_read_again_to_sixteen_bits(tmp_path, write, suffix):
    path = tmp_path / f"sound.{suffix}"
    write(path, sine(), RATE, title="A tune", comment="made by a test")
    samples, rate = read_sound(path)
    assert rate == RATE
    assert samples.shape == (2, RATE // 2)
    assert np.abs(samples - sine()).max() < 1 / 32000
    with soundfile.SoundFile(path) as file:
        assert (file.title, file.comment) == ("A tune", "made by a test")
        assert file.subtype == "PCM_16"


def test_long_sounds_are_written_in_blocks_without_a_seam(tmp_path):
    samples = np.linspace(-1, 1, (1 << 19) + 7, dtype=np.float32)[None]
    write_wav(tmp_path / "ramp.wav", samples, RATE)
    read, _ = read_sound(tmp_path / "ramp.wav")
    assert read.shape == samples.shape
    assert np.abs(read - samples).max() < 1 / 32000


def test_the_loudest_sample_keeps_its_sign(tmp_path):
    write_wav(tmp_path / "edge.wav", np.array([1.0, -1.0, 0.0]), RATE)
    raw, _ = soundfile.read(tmp_path / "edge.wav", dtype="int16")
    assert raw.tolist() == [32767, -32768, 0]


@pytest.mark.parametrize("wrong", [1.01, -1.01, float("nan")])
def test_a_sample_that_would_clip_is_refused_and_leaves_no_file(tmp_path, wrong):
    with pytest.raises(ValueError, match="would clip"):
        write_wav(tmp_path / "loud.wav", np.array([0.0, wrong]), RATE)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "sound.wav"
    write_wav(path, sine(), RATE)
    before = path.read_bytes()
    with pytest.raises(soundfile.LibsndfileError):
        write_wav(path, np.zeros((2000, 1)), RATE)  # more channels than a file may have
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_silence_of_no_length_is_a_file(tmp_path):
    write_wav(tmp_path / "none.wav", np.zeros((2, 0), np.float32), RATE)
    assert read_sound(tmp_path / "none.wav")[0].shape == (2, 0)


def test_a_file_that_is_no_sound_is_named(tmp_path):
    (tmp_path / "no.wav").write_bytes(b"nothing")
    with pytest.raises(FormatError, match=r"no\.wav: not a sound file"):
        read_sound(tmp_path / "no.wav")


def test_a_wav_that_is_cut_short_is_named_and_one_of_unknown_size_is_read(tmp_path):
    path = tmp_path / "cut.wav"
    write_wav(path, np.full((1, 1000), 0.5, np.float32), RATE)
    whole = path.read_bytes()
    path.write_bytes(whole[:-600])
    with pytest.raises(FormatError, match=r"cut\.wav: is cut short, 600 bytes are missing"):
        read_sound(path)
    for size in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00"):  # as recorders that stream write it
        path.write_bytes(whole[:4] + size + whole[8:])
        assert read_sound(path)[0].shape == (1, 1000)
