"""Melodies that a synth plays, and what is heard of them."""

import numpy as np
import pytest
import symusic
import torch
from notebanks import small_synth, write_bank

from musegan.errors import CorpusError, MissingExtra
from musegan.evaluate.transcription import open_transcriber
from musegan.experiments.transcribing import (
    BANK,
    BEFORE,
    LONGEST,
    TONES,
    melodies_in,
    transcribed,
)


def write_song(path, keys, quarters=1.0, bpm=60):
    """A melody, a quarter a key, and a bass an octave and more below it."""
    song = symusic.Score(480)
    song.tempos.append(symusic.Tempo(0, qpm=bpm))
    for name, lower in (("Melody", 0), ("Bass", 24)):
        track = symusic.Track(name)
        for index, key in enumerate(keys):
            note = symusic.Note(480 + 480 * index, round(480 * quarters), key - lower, 90)
            track.notes.append(note)
        song.tracks.append(track)
    song.dump_midi(str(path))


def test_a_melody_is_one_voice_in_seconds_from_its_first_note(tmp_path):
    write_song(tmp_path / "a.mid", [60, 62, 64, 65, 67, 69, 71, 72, 74])
    (tune,) = melodies_in(tmp_path, 5)
    assert tune.keys.tolist() == [60, 62, 64, 65, 67, 69, 71, 72]  # of the first 8 seconds
    np.testing.assert_allclose(tune.onsets, BEFORE + np.arange(8))
    np.testing.assert_allclose(tune.lengths, 1)
    assert set(tune.velocities) == {90}


def test_long_notes_are_cut_and_only_so_many_melodies_read(tmp_path):
    for name in "abc":
        write_song(tmp_path / f"{name}.mid", [60, 62, 64, 65, 67], quarters=4, bpm=200)
    tunes = melodies_in(tmp_path, 2)
    assert len(tunes) == 2
    assert tunes[0].lengths.max() <= LONGEST


def test_a_folder_without_melodies_is_told_in_a_line(tmp_path):
    write_song(tmp_path / "short.mid", [60, 62])
    (tmp_path / "damaged.mid").write_bytes(b"MThd")
    with pytest.raises(CorpusError, match="holds no MIDI file with a melody of 5 notes"):
        melodies_in(tmp_path, 5)


def test_a_melody_is_heard_of_the_bank_and_of_plain_tones(tmp_path):
    pytest.importorskip("onnxruntime", reason="pip install 'musegan[transcription]'")
    try:
        transcriber = open_transcriber()
    except MissingExtra as error:
        pytest.skip(str(error))
    torch.manual_seed(0)
    bank = write_bank(tmp_path / "bank")
    write_song(tmp_path / "a.mid", [60, 64, 67, 65, 62, 60], quarters=0.8)
    found = transcribed(small_synth(tmp_path, bank), melodies_in(tmp_path, 1) * 2, transcriber)
    assert list(found) == ["synth", BANK, TONES]
    assert found[BANK].recall > 0.9  # sines
    assert found[TONES].pitch > 0.9
    assert all(0 <= figure <= 1 for each in found.values() for figure in each)
