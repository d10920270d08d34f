"""The WAV file of a session that sounded elsewhere: what was recorded, by the synth that was asked for."""

import numpy as np
import pytest
import soundfile
from synthmodels import synth_release

from musegan.audio.performance import read_performance
from musegan.audio.voices import voices_of
from musegan.live.lineup import PLAYER, TITLES
from musegan.live.recording import Recording
from musegan.music.metre import Metre
from musegan_cli.playback import player_of, write_playback
from musegan_cli.results import Instruments


@pytest.fixture
def recorded():
    """A second of everybody's."""
    recording = Recording(Metre(), TITLES)
    recording.set_tempo(0.0, 120.0)
    for channel in TITLES:
        recording.add(0.0, bytes([0x90 | channel, 48, 90]))
        recording.add(2.0, bytes([0x80 | channel, 48, 0]))
    return recording.midi()


@pytest.fixture
def synth(tmp_path):
    return str(synth_release(tmp_path / "small.safetensors"))  # piano and flute


def test_a_part_has_the_timbre_that_it_has_live_and_who_played_along_none(recorded, synth):
    voices = voices_of(read_performance(recorded))
    assert [voice.name for voice in voices] == [title for title, _ in TITLES.values()]
    cast = player_of(Instruments(synth="gan", synth_model=synth), 0).casting(voices)
    assert dict(zip(TITLES, cast, strict=True)) == dict.fromkeys(TITLES) | {2: "piano"}
    asked = Instruments(synth="gan", synth_model=synth, timbres=("piano=flute", "2=piano"))
    cast = player_of(asked, 0).casting(voices)  # 2 is the bass: the second part, the third track
    assert dict(zip(TITLES, cast, strict=True)) == dict.fromkeys(TITLES) | {1: "piano", 2: "flute"}


def test_the_recording_is_played_by_the_synth_and_the_file_says_so(recorded, synth, tmp_path):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    wav, sounds = tmp_path / "heard.wav", []
    for instruments in (Instruments(), Instruments(synth="gan", synth_model=synth)):
        write_playback(wav, recorded, instruments, None, 5)
        sounds.append(soundfile.read(wav)[0])
    with soundfile.SoundFile(wav) as file:
        assert "played by small.safetensors (sha256 " in file.comment
        assert file.comment.endswith("seed 5")
    plain, gan = (sound[:48_000] for sound in sounds)
    # Of six that play one is another, and about as loud.
    assert 0.1 < np.corrcoef(plain[:, 0], gan[:, 0])[0, 1] < 0.999
    assert np.square(gan).mean() == pytest.approx(np.square(plain).mean(), rel=0.5)


def test_nobody_who_is_silent_need_be_there(synth):
    recording = Recording(Metre(), TITLES)
    recording.add(0.0, bytes([0x90 | PLAYER, 60, 90]))
    player = player_of(Instruments(synth="gan", synth_model=synth, timbres=("bass=flute",)), 0)
    assert player.casting(voices_of(read_performance(recording.midi()))) == [None]
