"""MIDI files in, the same files with a band out."""

import io

import mido
import numpy as np
import pretty_midi
import pytest
import soundfile
import symusic
from bands import small_model
from synthmodels import synth_release

import musegan
from musegan.composing import Composer, Options
from musegan.errors import ConfigError, MidiError
from musegan.music.midi import AddedTrack, add_tracks, read_midi


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return small_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def composer(model):
    return Composer(model)


def midi_file(*tracks, metre=(4, 4), division=480, more=()):
    """A MIDI file: each track a list of (start, end, pitch, velocity) on its own channel."""
    file = mido.MidiFile(ticks_per_beat=division)
    head = mido.MidiTrack(
        [
            mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1]),
            mido.MetaMessage("set_tempo", tempo=400_000),
            *more,
        ]
    )
    file.tracks.append(head)
    buffer = io.BytesIO()
    file.save(file=buffer)
    added = [
        AddedTrack(f"Track {k}", 73, k, np.array(notes, np.int64)) for k, notes in enumerate(tracks)
    ]
    return add_tracks(buffer.getvalue(), added)


def tune(bars=8, bar=1920):
    return [[k * 480, k * 480 + 400, 60 + k * 7 % 12, 90] for k in range(bars * bar // 480)]


def test_the_inputs_own_tracks_are_untouched_to_the_byte(composer):
    source = midi_file(tune(), [[0, 1920, 48, 70]])
    out = composer.compose(source).midi
    assert source[14:] in out
    before, after = read_midi(source), read_midi(out)
    assert after.ticks_per_quarter == before.ticks_per_quarter
    assert [t.qpm for t in after.tempos] == [t.qpm for t in before.tempos]


def test_the_band_is_named_and_on_channels_of_its_own(composer):
    song = composer.compose(midi_file(tune(), tune()))
    file = mido.MidiFile(file=io.BytesIO(song.midi))
    band = {track.name: track for track in file.tracks[3:]}
    assert list(band) == ["Drums", "Bass", "Piano", "Guitar", "Strings"]
    channels = {
        name: {message.channel for message in track if hasattr(message, "channel")}
        for name, track in band.items()
    }
    assert channels["Drums"] == {9}
    used = [channel for name, found in channels.items() if name != "Drums" for channel in found]
    assert len(used) == len(set(used)) == 4
    assert not set(used) & {0, 1, 9}


def test_same_input_and_seed_give_the_same_bytes_and_another_seed_does_not(composer):
    source = midi_file(tune())
    first = composer.compose(source, Options(seed=3)).midi
    assert composer.compose(source, Options(seed=3)).midi == first
    assert composer.compose(source, Options(seed=4)).midi != first


def test_the_band_is_where_the_melody_is(composer):
    late = [[start + 1920 * 4, end + 1920 * 4, pitch, v] for start, end, pitch, v in tune(4)]
    song = composer.compose(midi_file(late))
    band = read_midi(song.midi).tracks[1:]
    for track in band:
        loose = 48 if track.is_drum else 0  # drums are early or late by .4 of a step at most
        assert min(note.time for note in track.notes) >= 1920 * 4 - loose
        assert max(note.end for note in track.notes) <= 1920 * 8 + loose


def test_drums_are_early_and_late_but_on_the_grid_where_that_is_asked_for(composer):
    found = []
    for on_grid in (False, True):
        song = composer.compose(midi_file(tune()), Options(on_grid=on_grid, seed=3))
        found.append({t.name: t.notes.numpy()["time"] for t in read_midi(song.midi).tracks})
    loose, strict = found
    assert not (strict["Drums"] % 120).any()
    apart = np.sort(loose["Drums"]) - np.sort(strict["Drums"])
    assert 0 < np.abs(apart).mean() < 48
    for name in ("Bass", "Piano", "Guitar", "Strings"):
        assert loose[name].tolist() == strict[name].tolist()


def test_a_melody_of_three_notes_gets_a_band(composer):
    song = composer.compose(midi_file([[0, 480, 60, 80], [480, 960, 64, 80], [960, 1440, 67, 80]]))
    assert len(read_midi(song.midi).tracks) == 6


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (7, 8), (5, 4), (12, 8), (3, 16)])
def test_the_band_keeps_to_the_metre(composer, metre):
    bar = 1920 * metre[0] // metre[1]
    song = composer.compose(midi_file(tune(12, bar), metre=metre))
    grid = song.arrangement.grid
    assert np.diff(grid.step_ticks[grid.bar_starts]).tolist() == pytest.approx([bar] * grid.bars)


def test_a_swung_melody_gets_a_swung_band(composer):
    notes = []
    for beat in range(64):
        notes += [[480 * beat, 480 * beat + 300, 60 + beat % 12, 90]]
        notes += [[480 * beat + 320, 480 * beat + 470, 64, 80]]
    song = composer.compose(midi_file(notes))
    assert song.arrangement.grid.feel == "swing"
    starts = [n.time for t in read_midi(song.midi).tracks[1:] for n in t.notes]
    phases = np.array(starts) % 480
    assert ((phases > 230) & (phases < 250)).sum() == 0  # nobody plays straight eighths


def test_a_performance_gets_estimated_beats_and_a_notice(composer):
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.choice([0.31, 0.62], 300) * (1 + 0.02 * rng.standard_normal(300)))
    ticks = (times * 960 * 1.13).astype(int)  # nothing to do with the file's own beats
    notes = [[a, a + 200, 60 + k % 12, 80] for k, a in enumerate(ticks)]
    song = composer.compose(midi_file(notes))
    assert len(song.notices) == 1
    assert "a performance" in song.notices[0]
    assert "--beats FILE" in song.notices[0]


def test_beats_can_be_given_from_a_file(model, tmp_path):
    (tmp_path / "beats.txt").write_text("".join(f"{0.3 * k:.2f}\n" for k in range(40)))
    source = midi_file(tune())
    song = musegan.compose(source, model=model, tracks=["bass"], beats=tmp_path / "beats.txt")
    assert song.arrangement.grid.bars == 10
    assert song.notices == ["outside the beats lie 2 of the melody's 32 notes"]
    (tmp_path / "beats.txt").write_text("900\n901\n902\n903\n904\n")
    with pytest.raises(MidiError, match="between the first beat and the last"):
        musegan.compose(source, model=model, beats=tmp_path / "beats.txt")


def test_a_file_of_drums_alone_is_refused_in_one_line(composer):
    drums = AddedTrack("Drums", 0, 9, np.array([[0, 100, 36, 90], [480, 580, 38, 90]]))
    with pytest.raises(MidiError, match="only drums"):
        composer.compose(add_tracks(midi_file(), [drums]))


@pytest.mark.parametrize("division", [480, 1])
def test_a_stray_note_hours_later_is_refused_in_one_line_that_names_the_file(composer, division):
    stray = [[division * 4 * 50_000, division * 4 * 50_000 + 1, 60, 90]]
    source = midi_file([[0, division, 60, 90], *stray], division=division)
    with pytest.raises(MidiError, match=r"^song.mid: the melody ends after 22\.\d hours"):
        composer.compose(source, name="song.mid")


def test_the_band_comes_in_after_a_pick_up_and_leaves_with_the_melody(composer):
    notes = [[480 * k, 480 * k + 400, 60 + k % 5, 90] for k in range(3, 34)]
    song = composer.compose(midi_file(notes))
    band = np.concatenate([part for part in song.arrangement.band.values() if len(part)])
    assert band[:, 0].min() >= 16
    assert band[:, 0].max() < 34 * 4


def test_in_a_full_file_the_band_shares_channels_and_says_so(composer):
    tracks = [tune(2) for _ in range(15)]
    file = midi_file(*tracks[:9], [[0, 100, 36, 90]], *tracks[9:])
    song = composer.compose(file)
    *_, notice = song.notices
    assert notice == (
        "all channels are in use: Bass, Piano, Guitar, Strings share 13, 14, 15, 16 with tracks "
        "of the file"
    )
    assert file[14:] in song.midi
    drums = next(t for t in mido.MidiFile(file=io.BytesIO(song.midi)).tracks if t.name == "Drums")
    assert not [message for message in drums if message.type == "program_change"]


def test_a_composition_tells_how_the_band_agrees_with_the_melody(composer):
    song = composer.compose(midi_file(tune()), Options(tracks=("bass", "drums")))
    assert set(song.measures) == {"MCTD", "PCS", "NiC", "notes"}
    assert set(song.measures["notes"]) == {"bass", "drums"}


def test_a_track_that_does_not_exist_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match="kazoo: choose from drums, bass"):
        Options(tracks=("kazoo",))


def test_the_melody_track_can_be_chosen(composer):
    low = [[0, 1920 * 8, 40, 90]]
    song = composer.compose(midi_file(tune(), low), Options(melody_track="2"))
    assert set(song.arrangement.melody[:, 2].tolist()) == {40}


def test_python_takes_and_gives_what_people_have(model, tmp_path):
    path = tmp_path / "my song é.mid"
    path.write_bytes(midi_file(tune()))
    sources = [path, str(path), path.read_bytes(), symusic.Score(str(path))]
    sources.append(pretty_midi.PrettyMIDI(str(path)))
    for source in sources:
        song = musegan.compose(source, model=model, seed=7, tracks=["bass", "drums"])
        assert len(song.score.tracks) == 3
        assert len(song.to_pretty_midi().instruments) == 3
    song.save(tmp_path / "out.mid")
    assert (tmp_path / "out.mid").read_bytes() == song.midi


def test_a_synth_plays_a_composition_that_asks_for_it(composer, tmp_path):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    synth = synth_release(tmp_path / "small.safetensors")
    options = {"tracks": ["bass", "drums"], "synth_model": str(synth), "timbres": ["Bass=piano"]}
    song = composer.compose(midi_file(tune(bars=2)), Options(synth="gan", **options))
    plain = composer.compose(midi_file(tune(bars=2)), Options(tracks=["bass", "drums"]))
    assert song.midi == plain.midi
    sounds = [song.sound(), plain.sound()]
    length = min(sound.shape[1] for sound in sounds)
    assert not np.allclose(sounds[0][:, :length], sounds[1][:, :length], atol=1e-3)
    song.save_sound(tmp_path / "song.flac")
    with soundfile.SoundFile(tmp_path / "song.flac") as file:
        assert file.format == "FLAC"
        assert "seed 0, played by small.safetensors (sha256 " in file.comment
        assert file.frames == sounds[0].shape[1]


def test_a_synth_that_does_not_exist_is_refused():
    with pytest.raises(ConfigError, match="synth=theremin: choose from soundfont, gan"):
        Options(synth="theremin")
